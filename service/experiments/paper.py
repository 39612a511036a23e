"""The paper's numbers (Lu et al. 2021, Tables 2 and 3, appendix B.2), to stand beside ours.

Agreement is of BERT uncased with 6 layers of 8 heads, width 512 ("small"), and in Table 3 alone of BERT-base too;
sentiment is of BERT-base.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CITATION = (
    "Kaiji Lu, Zifan Wang, Piotr Mardziel, Anupam Datta. Influence Patterns for Explaining Information Flow in BERT. "
    "NeurIPS 2021, arXiv 2011.00740."
)
AGREEMENT_MODEL, SENTIMENT_MODEL = "BERT uncased L6 H512 A8", "BERT-base"
PRINTED = 0.005
"""What rounding to two decimals leaves open."""


@dataclass(frozen=True, slots=True)
class Published:
    """A number as it is printed, and how far it may be off: its ±, else what rounding leaves open."""

    value: float
    spread: float | None = None

    def meets(self, low: float, high: float) -> bool:
        """Does its range meet the interval from low to high?"""
        spread = max(self.spread or 0.0, PRINTED)
        return self.value - spread <= high and low <= self.value + spread


TASKS = ("sva-obj", "sva-subj", "sva-wsc", "sva-app", "ra-na", "ra-ga", "sa")

Pattern = tuple[str, str | None]
"""Method and level, as an ablation names them."""

_SHARES: Mapping[Pattern, str] = {
    ("gpr", "embedding"): ".96 .99 1.0 .96 .98 .99 .97",
    ("random", "embedding"): ".55±.017 .60±.014 .55±.016 .55±.015 .55±.016 .56±.014 .52±.030",
    ("attention", "embedding"): ".61 .55 .49 .63 .56 .65 .47",
    ("conductance", "embedding"): ".93 .91 .88 .90 .71 .95 .94",
    ("internal", "embedding"): ".66 .71 .50 .56 .68 .50 .49",
    ("gpr", "attention"): ".70 .62 .56 .65 .78 .89 .86",
    ("random", "attention"): ".50±.010 .50±.008 .50±.009 .50±.011 .50±.011 .50±.008 .49±.022",
    ("repl_skip", "attention"): ".50 .58 .54 .52 .55 .50 .48",
    ("original", None): ".96 1.0 1.0 1.0 .83 .73 .92",
}


def _published(text: str) -> Published:
    value, _, spread = text.partition("±")
    return Published(float(value), float(spread) if spread else None)


ABLATED: Mapping[Pattern, Mapping[str, Published]] = {
    pattern: dict(zip(TASKS, map(_published, row.split()), strict=True)) for pattern, row in _SHARES.items()
}
"""Ablated accuracy by pattern and task, in the order of Table 2."""

_BY_CASE = {
    "sva-obj": {"SS": "1 1", "SP": ".92 .96", "PS": ".90 .98", "PP": "1 1"},
    "sva-subj": {"SS": "1 1", "SP": "1 .96", "PS": "1 .98", "PP": "1 1"},
    "sva-wsc": {"SS": "1 1", "SP": "1 1", "PS": "1 1", "PP": "1 1"},
    "sva-app": {"SS": "1 .99", "SP": "1 .99", "PS": ".98 .98", "PP": "1 1"},
    "ra-na": {"SS": ".66 .60", "SP": ".66 .74", "PS": ".83 .83", "PP": "1 .96"},
    "ra-ga": {"MM": ".78 1", "MF": ".32 .96", "FF": "1 .90", "FM": ".80 .66"},
}

ACCURACY: Mapping[tuple[str, str], tuple[Published, Published]] = {
    (task, case): (_published(row.split()[0]), _published(row.split()[1]))
    for task, cases in _BY_CASE.items()
    for case, row in cases.items()
}
"""Accuracy by task and case, of the small model and of BERT-base (Table 3)."""

BASE_LAYERS = 12
"""Of BERT-base; a model that deep is compared with it where the paper has it."""


def model_of(task: str, layers: int) -> str | None:
    """Which of the paper's models a task's numbers are put beside, where ours has so many layers; None: it lacks it."""
    if task not in TASKS:
        return None
    if task == "sa":
        return SENTIMENT_MODEL
    if layers == BASE_LAYERS:
        return f"{SENTIMENT_MODEL} in Table 3 (accuracy), which alone has it; else {AGREEMENT_MODEL}"
    return AGREEMENT_MODEL


BEATEN: Mapping[tuple[str, str], Published] = {
    ("sva-obj", "embedding"): Published(999.96, 0.04),
    ("sva-obj", "attention"): Published(1000.0),
    ("sa", "embedding"): Published(1000.0),
    ("sa", "attention"): Published(1000.0),
}
"""Of 1,000 random patterns, how many a word's own beats on average, by task and level (appendix B.2).

Over its 100 words 999.96 has a standard error of at least .02 (four words that lose to one pattern each): twice that is
its spread.
"""

P_VALUES: Mapping[tuple[str, str], float] = {("sva-obj", "embedding"): 2e-10, ("sva-obj", "attention"): 0.0}
"""By task and level, under a normal (appendix B.2)."""
