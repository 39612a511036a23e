"""Which share of the positive words' influence flows through their patterns (paper, section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cypher.store.records import CaseRecord, Level
from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material

TITLE = "Concentration"
ABOUT = (
    "The influence through the patterns of a sentence's positive words, over their total influence: how much of what "
    "speaks for the right answer takes one path per word. It can exceed 1, because paths of opposite signs cancel each "
    "other."
)
CHOICES = ()
NOTE = "case: empty for all cases of a task. instances: those with a positive word. sd: over instances."


@dataclass(frozen=True, slots=True)
class Concentrated:
    """One case, or a whole task, at one level."""

    task: str
    case: str | None
    level: Level
    instances: int
    mean: float | None
    sd: float | None


def make(material: Material) -> Findings:
    """The table of all cases and tasks."""
    rows = [row for task in material.results for row in _task(task, [c for c in material.cases if c.task == task])]
    return Findings([Sheet.from_rows("concentration", "Concentration by case", NOTE, Concentrated, rows)])


def _task(task: str, cases: Sequence[CaseRecord]) -> Iterator[Concentrated]:
    groups = [(case.name, [case]) for case in cases] + ([(None, cases)] if len(cases) > 1 else [])
    for name, group in groups:
        count = sum(case.concentrated for case in group)
        yield _row(
            task,
            name,
            "embedding",
            count,
            sum(case.embedding_concentration for case in group),
            sum(case.embedding_concentration_squared for case in group),
        )
        yield _row(
            task,
            name,
            "attention",
            count,
            sum(case.attention_concentration for case in group),
            sum(case.attention_concentration_squared for case in group),
        )


def _row(task: str, case: str | None, level: Level, count: int, total: float, squares: float) -> Concentrated:
    """Mean and standard deviation (of a sample) from sums."""
    mean = total / count if count else None
    sd = max((squares - total * total / count) / (count - 1), 0.0) ** 0.5 if count > 1 else None
    return Concentrated(task, case, level, count, mean, sd)
