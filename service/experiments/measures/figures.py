"""How often patterns take each step, for every task, and one sentence of each (paper, Figures 1, 14 and 15)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service import figures
from service.experiments.findings import Findings, NamedFigure, Sheet
from service.experiments.material import Material
from service.experiments.superposition import PlaceRow, StepRow, places, steps
from service.tables.rows import table_of
from workers.analysis.results import InstanceResult
from workers.datasets import TASKS

TITLE = "Patterns in figures"
ABOUT = (
    "For every task, one figure aggregates the sentences of each case: the width of a line is the share of "
    "sentences with a pattern there. Another figure shows one sentence, with the patterns of its four words of largest "
    "influence."
)
CHOICES = ()
NOTE = (
    "The sentence of each task that is drawn: the first one of the task's typical case that the model gets right, else "
    "the first one. Of your own tasks, the typical case is the first."
)
WORDS = 4
"""Of a sentence, that are drawn."""

IN_A_ROW = 4
"""Cases, in a figure."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that is drawn."""

    task: str
    case: str
    id: str
    text: str
    correct: str
    wrong: str
    qoi: float


def make(material: Material) -> Findings:
    """The figures of every task, and the table of the sentences."""
    drawn: list[NamedFigure] = []
    rows = []
    for task, results in material.results.items():
        drawn += _aggregated(material, task)
        one = typical(task, results)
        rows.append(Shown(task, one.case, one.id, one.text, one.correct, one.wrong, one.qoi))
        drawn.append(
            NamedFigure(f"sentence-{task}", f"{task}: {one.text}", figures.draw(one, figures.strongest(one, WORDS)))
        )
    return Findings([Sheet.from_rows("sentences", "Sentences that are drawn", NOTE, Shown, rows)], drawn)


def typical(task: str, results: Sequence[InstanceResult]) -> InstanceResult:
    """The sentence that is drawn."""
    case = TASKS[task].typical if task in TASKS else results[0].case
    return min(results, key=lambda result: (result.case != case, result.qoi <= 0))


def _aggregated(material: Material, task: str) -> Iterator[NamedFigure]:
    """All cases of a task, some in a row."""
    union, by_component = (
        table_of(StepRow, list(steps(material, task, level))) for level in ("embedding", "attention")
    )
    cases = figures.superpositions(table_of(PlaceRow, places(material, task)), union, by_component)
    facts = ["attention-level patterns", f"aligned by {material.align(task)}"]
    for first in range(0, len(cases), IN_A_ROW):
        some = cases[first : first + IN_A_ROW]
        title = f"{task}, {', '.join(traffic.case for traffic in some)}: how often patterns take each step"
        figure = figures.draw_aggregated(some, title, facts)
        yield NamedFigure(f"aggregated-{task}-{1 + first // IN_A_ROW}", title, figure)
