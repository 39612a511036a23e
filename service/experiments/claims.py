"""What the paper concludes, and whether it holds here: from the tables of the experiments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.experiments.findings import ExperimentReport, Sheet
from workers.datasets import MASKED

NAME = "claims"
TITLE = "What the paper concludes"
ABOUT = (
    "Each conclusion of the paper, for each task of which the experiments are finished. Where one does not hold, that "
    "says something about the model or its language; docs/experiments.md explains it for the bundled ones."
)
NOTE = "Πe+ and Πa+: the patterns of positive words, at embedding and attention level. holds: do the numbers say so?"

KEPT = 0.9
"""Of the whole model's accuracy."""

MARGIN = 0.2
"""What one accuracy must have over another to be clearly above it."""

BEATEN = 999
"""Of 1,000 random patterns, on average."""

OTHERS = ("random", "attention", "attention_raw", "internal")
VARIED = "sa"
"""The task whose sentences differ in words, length and construction; those of agreement have one frame a task."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """One conclusion for one task."""

    claim: str
    task: str
    numbers: str
    holds: bool


def claims(reports: Sequence[ExperimentReport]) -> list[Claim]:
    """Every conclusion that the finished experiments say something of."""
    sheets = {(report.experiment, sheet.name): sheet.dicts() for report in reports for sheet in report.sheets}
    return [
        *_ablation(sheets.get(("ablation", "cases"), [])),
        *_significance(sheets.get(("significance", "significance"), [])),
        *_attractors(sheets.get(("attractors", "attractors"), [])),
        *_entropy(sheets.get(("entropy", "entropy"), [])),
    ]


def report_of(reports: Sequence[ExperimentReport]) -> ExperimentReport:
    """The claims as a report, made from the others."""
    return ExperimentReport(
        experiment=NAME,
        title=TITLE,
        about=ABOUT,
        made_from=" ".join(report.made_from for report in reports),
        command="\n".join(dict.fromkeys(line for report in reports for line in report.command.splitlines())),
        seconds=0.0,
        sheets=(Sheet.from_rows(NAME, "Conclusions by task", NOTE, Claim, claims(reports)),),
        figures=(),
    )


def _ablation(rows: Sequence[Row]) -> Iterator[Claim]:
    whole_last = sorted(rows, key=lambda row: row["case"] is None)  # a single case is the whole task
    accuracy = {(row["task"], row["method"], row["level"]): row["accuracy"] for row in whole_last}
    for task in dict.fromkeys(row["task"] for row in rows):
        whole, kept = accuracy[task, "original", None], accuracy[task, "gpr", "embedding"]
        numbers = f"{kept:.3f} of {whole:.3f}"
        yield Claim(f"Πe+ keeps at least {KEPT} of the accuracy", task, numbers, kept >= KEPT * whole)
        for method in OTHERS:
            if (other := accuracy.get((task, method, "embedding"))) is not None:
                numbers = f"{kept:.3f} and {other:.3f}"
                yield Claim(f"Πe+ beats {method} by at least {MARGIN}", task, numbers, kept >= other + MARGIN)
        kept = accuracy[task, "gpr", "attention"]
        for method in ("random", "repl_skip"):
            other = accuracy[task, method, "attention"]
            yield Claim(f"Πa+ beats {method}", task, f"{kept:.3f} and {other:.3f}", kept > other)


def _significance(rows: Sequence[Row]) -> Iterator[Claim]:
    for row in rows:
        claim = f"patterns beat at least {BEATEN} of 1,000 random ones at {row['level']} level"
        yield Claim(claim, row["task"], f"{row['beaten']:.2f}", row["beaten"] >= BEATEN)


def _attractors(rows: Sequence[Row]) -> Iterator[Claim]:
    """Of sentences that have roles."""
    for row in rows:
        mismatched = len(set(row["case"])) > 1
        if row["task"] in MASKED and row["role"] == "attractor" and mismatched:
            influence = row["influence"]
            yield Claim(
                f"the attractor's influence is negative in {row['case']}",
                row["task"],
                f"{influence:.3f}",
                influence < 0,
            )


def _entropy(rows: Sequence[Row]) -> Iterator[Claim]:
    """Where there is a task of varied sentences, beside each of the others."""
    entropies = {row["task"]: row["entropy"] for row in rows if row["case"] is None}
    for task, entropy in entropies.items():
        if task in MASKED and VARIED in entropies:
            numbers = f"{entropies[VARIED]:.3f} and {entropy:.3f}"
            yield Claim(
                f"{VARIED}, whose sentences vary, has the larger entropy", task, numbers, entropies[VARIED] > entropy
            )
