"""How irregular the positive patterns of each case are, beside the model's accuracy (paper, section 5)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np

from cypher.records import CaseRecord
from service import figures
from service.experiments.material import Align, Material
from service.experiments.report import Drawing, Findings, Sheet, as_table
from service.experiments.superposed import by_place, sites_of

TITLE = "Pattern entropy and accuracy"
ABOUT = (
    "A node is a place at one of the layers between the first and the last; p is the share of a case's sentences whose "
    "positive patterns visit it. Pattern entropy is the binary entropy of p, in bits, as a mean over the nodes: 0 "
    "where every sentence has the same nodes. Messier patterns go with a model that is less sure of the construction."
)
CHOICES = ()
NOTE = "nodes: that the case has. align: what sentences are laid over each other by. accuracy: of the whole model."
CORRELATION = "Spearman's rank correlation of entropy and accuracy over the cases of one model; none under three cases."


@dataclass(frozen=True, slots=True)
class CaseEntropy:
    """One case."""

    task: str
    case: str
    instances: int
    nodes: int
    entropy: float
    accuracy: float
    align: Align


@dataclass(frozen=True, slots=True)
class Correlation:
    """The cases of one model."""

    model: str  # fingerprint's beginning
    cases: int
    spearman: float | None


def make(material: Material) -> Findings:
    """Entropies, their correlation with accuracy by model, and the scatter of both."""
    rows = [row for case in material.cases if (row := _case(material, case)) is not None]
    by_model: defaultdict[str, list[CaseEntropy]] = defaultdict(list)
    for row in rows:
        by_model[material.results[row.task][0].model[:12]].append(row)
    correlations = [_correlation(model, some) for model, some in by_model.items()]
    sheets = [
        Sheet.of("entropy", "Pattern entropy by case", NOTE, CaseEntropy, rows),
        Sheet.of("correlation", "Entropy against accuracy", CORRELATION, Correlation, correlations),
    ]
    return Findings(sheets, [_drawing(correlation, by_model[correlation.model]) for correlation in correlations])


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None under three pairs, or where either is the same in all (to 12 decimals)."""
    ranks = [_ranks(np.round(values, 12)) for values in (one, other)]
    if len(one) < 3 or any(np.ptp(some) == 0 for some in ranks):
        return None
    return float(np.corrcoef(ranks)[0, 1])


def binary(share: float) -> float:
    """Binary entropy, in bits."""
    return -sum(part * log2(part) for part in (share, 1 - share) if part > 0)


def _correlation(model: str, rows: Sequence[CaseEntropy]) -> Correlation:
    return Correlation(model, len(rows), spearman([row.entropy for row in rows], [row.accuracy for row in rows]))


def _drawing(correlation: Correlation, rows: Sequence[CaseEntropy]) -> Drawing:
    """The scatter of one model's cases."""
    title = (
        TITLE if correlation.spearman is None else f"{TITLE} (Spearman {correlation.spearman:.2f})".replace("-", "−")
    )
    sentences = sum(row.instances for row in rows)
    facts = [f"model {correlation.model}", f"cases: {correlation.cases}", f"sentences: {sentences:,}"]
    figure = figures.draw_entropy(as_table(CaseEntropy, rows), title, facts)
    return Drawing(f"entropy-{correlation.model}", title, figure)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, order, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[order]


def _case(material: Material, case: CaseRecord) -> CaseEntropy | None:
    """None for a model of one layer, which has no nodes between."""
    align = material.align(case.task)
    entropies = [
        binary(sum(site.positive for site in sites) / case.instances)
        for layer in range(1, material.layers[case.task])
        for sites in by_place(sites_of(material, case, layer), align).values()
    ]
    if not entropies:
        return None
    accuracy = case.correct / case.instances
    mean = sum(entropies) / len(entropies)
    return CaseEntropy(case.task, case.name, case.instances, len(entropies), mean, accuracy, align)
