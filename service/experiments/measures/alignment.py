"""How far the patterns of baselines and those of guided refinement run through the same nodes (Jaccard index)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material
from workers.analysis.found_patterns import METHOD, patterns_of
from workers.analysis.results import InstanceResult

TITLE = "Alignment with the baselines"
ABOUT = (
    "This compares the nodes, between the first layer and the last, that the patterns of a sentence's positive words "
    "visit under guided refinement and under a baseline method, at embedding level. The Jaccard index is the share of "
    "the nodes of either that both have: 1 if they are the same, 0 if they have none in common. The row random shows "
    "what chance gives."
)
CHOICES = ()
NOTE = (
    "case: empty for all cases of a task. instances: those with a positive word. jaccard: mean over them, sd: their "
    "spread."
)

Nodes = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Aligned:
    """One case, or a whole task, and one baseline."""

    task: str
    case: str | None
    method: str
    instances: int
    jaccard: float
    sd: float | None


def make(material: Material) -> Findings:
    """The table of all cases, tasks and baselines."""
    rows = [row for task, results in material.results.items() for row in _task(task, results)]
    return Findings([Sheet.from_rows("alignment", "Alignment by case", NOTE, Aligned, rows)])


def visited(result: InstanceResult) -> dict[str, Nodes]:
    """The (layer, position) that the patterns of positive words visit at layers 1 to L - 1, by method."""
    nodes: dict[str, set[tuple[int, int]]] = {}
    for found in patterns_of(result):
        if found.level == "embedding" and found.word.influence > 0:
            nodes.setdefault(found.method, set()).update(enumerate(found.path[1:-1], start=1))
    return {method: frozenset(some) for method, some in nodes.items()}


def _task(task: str, results: Sequence[InstanceResult]) -> Iterator[Aligned]:
    shares: dict[tuple[str | None, str], list[float]] = {}
    cases = sorted({result.case for result in results})
    for result in results:
        nodes = visited(result)
        for method in nodes.keys() - {METHOD}:
            both, either = nodes[method] & nodes[METHOD], nodes[method] | nodes[METHOD]
            if either:
                for case in (result.case, None):
                    shares.setdefault((case, method), []).append(len(both) / len(either))
    methods = list(dict.fromkeys(pattern.method for result in results for pattern in result.patterns))
    for case in [*cases, *([None] if len(cases) > 1 else [])]:
        for method in methods:
            if values := shares.get((case, method)):
                sd = stdev(values) if len(values) > 1 else None
                yield Aligned(task, case, method, len(values), fmean(values), sd)
