"""How irregular the positive patterns of each case are, beside the model's accuracy (paper, section 5)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cypher.queries.named_reports import Align
from cypher.store.records import CaseRecord, SiteRecord
from service import figures
from service.experiments.findings import Findings, NamedFigure, Sheet
from service.experiments.material import Material
from service.experiments.superposition import by_place, sites_of
from service.statistics.entropy import pattern_entropy
from service.tables.rows import table_of

TITLE = "Pattern entropy and accuracy"
ABOUT = (
    "A node is a place at one of the layers between the first and the last; p is the share of a case's sentences whose "
    "positive patterns visit it. Pattern entropy is the binary entropy of p, in bits, averaged over the nodes: 0 "
    "if every sentence visits the same nodes. The paper finds that the more irregular the patterns of a case are, "
    "the lower its accuracy."
)
CHOICES = ()
NOTE = (
    "case: empty for all cases of a task. nodes: how many there are. align: how sentences are aligned. "
    "accuracy: of the whole model."
)
CORRELATION = "Spearman's rank correlation of entropy and accuracy over the cases of one model; none under three cases."


@dataclass(frozen=True, slots=True)
class CaseEntropy:
    """One case, or a whole task."""

    task: str
    case: str | None
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
    rows = [row for task in material.results for row in _task(material, task)]
    by_model: defaultdict[str, list[CaseEntropy]] = defaultdict(list)
    for row in rows:
        if row.case is not None:
            by_model[material.results[row.task][0].model[:12]].append(row)
    correlations = [_correlation(model, some) for model, some in by_model.items()]
    sheets = [
        Sheet.from_rows("entropy", "Pattern entropy by case", NOTE, CaseEntropy, rows),
        Sheet.from_rows("correlation", "Entropy against accuracy", CORRELATION, Correlation, correlations),
    ]
    return Findings(sheets, [_figure(correlation, by_model[correlation.model]) for correlation in correlations])


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None under three pairs, or where either is the same in all (to 12 decimals)."""
    ranks = [_ranks(np.round(values, 12)) for values in (one, other)]
    if len(one) < 3 or any(np.ptp(some) == 0 for some in ranks):
        return None
    return float(np.corrcoef(ranks)[0, 1])


def _correlation(model: str, rows: Sequence[CaseEntropy]) -> Correlation:
    return Correlation(model, len(rows), spearman([row.entropy for row in rows], [row.accuracy for row in rows]))


def _figure(correlation: Correlation, rows: Sequence[CaseEntropy]) -> NamedFigure:
    """The scatter of one model's cases."""
    title = figures.entropy_title(correlation.spearman)
    sentences = sum(row.instances for row in rows)
    facts = [f"model {correlation.model}", f"cases: {correlation.cases}", f"sentences: {sentences:,}"]
    figure = figures.draw_entropy(table_of(CaseEntropy, rows), title, facts)
    return NamedFigure(f"entropy-{correlation.model}", title, figure)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, order, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[order]


def _task(material: Material, task: str) -> Iterator[CaseEntropy]:
    """Every case of a task, and where it has several the task; none for a model of one layer: no nodes are between."""
    cases = [case for case in material.cases if case.task == task]
    for name, group in [(case.name, [case]) for case in cases] + ([(None, cases)] if len(cases) > 1 else []):
        instances = sum(case.instances for case in group)
        shares = [
            sum(site.positive for site in sites) / instances
            for layer in range(1, material.layers[task])
            for sites in _nodes(material, group, layer)
        ]
        if shares:
            accuracy = sum(case.correct for case in group) / instances
            entropy = float(pattern_entropy(np.array(shares)))
            yield CaseEntropy(task, name, instances, len(shares), entropy, accuracy, material.align(task))


def _nodes(material: Material, cases: Sequence[CaseRecord], layer: int) -> Iterable[list[SiteRecord]]:
    """The sites of several cases in one layer by their place."""
    sites = [site for case in cases for site in sites_of(material, case, layer)]
    return by_place(sites, material.align(cases[0].task)).values()
