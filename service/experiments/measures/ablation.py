"""How often the model is still right on patterns alone, at both levels (paper, Table 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material
from service.experiments.paper import ABLATED, Published
from workers.evaluation.ablation.accuracy import AccuracyRow, Tally
from workers.evaluation.ablation.running import compute, prepare
from workers.evaluation.ablation.settings import Level

TITLE = "Ablated accuracy"
ABOUT = (
    "In every sentence only the nodes on the patterns of its positive words are kept (at attention level only their "
    "heads and skip connections), and everything else is replaced. Ablated accuracy is the share of sentences whose "
    "quantity of interest stays above 0. Good patterns keep the accuracy of the whole model; random ones leave it "
    "guessing, at one half."
)
CHOICES = ("ablation",)
TABLE_2 = (
    "Each task's number with our model (above), and the paper's beside it, which for agreement is always that of BERT "
    "uncased L6 H512 A8. Method and level: whose patterns are kept; original: everything is."
)
NOTE = (
    "case: empty for all cases of a task. of_original: accuracy over that of the whole model. low and high: Wilson "
    "interval of 95 %. sd: over random draws. inside: our interval, or of random patterns ours ± sd, meets the paper's "
    "number with its ±."
)


@dataclass(frozen=True, slots=True)
class Ablated:
    """One case, or a whole task, under one ablation."""

    task: str
    case: str | None
    method: str
    level: Level | None
    instances: int
    accuracy: float
    low: float
    high: float
    sd: float | None
    of_original: float | None
    paper: float | None
    paper_sd: float | None
    inside: bool | None


def make(material: Material) -> Findings:
    """Table 2 with the paper's numbers in it, and the accuracy of every case."""
    rows: list[Ablated] = []
    for task in material.results:
        rows += material.cached("ablation", task, Ablated, partial(_task, material, task))
    return Findings(
        [
            _table_2(list(material.results), rows),
            Sheet.from_rows("cases", "Ablated accuracy by case", NOTE, Ablated, rows),
        ]
    )


def _task(material: Material, task: str) -> list[Ablated]:
    options, model = material.options, material.model(task)
    prepared = prepare(model, material.results[task], options.ablation)
    tally = Tally()
    for done, ablated in enumerate(compute(model, prepared, options.ablation, memory=options.memory), start=1):
        tally.add(ablated)
        material.progress(f"{task}: ablating", done, len(prepared.subjects))
    rows = tally.rows()
    whole = {row.case: row.accuracy for row in rows if row.method == "original"}
    return [beside(row, whole[row.case], row.case is None or len(whole) == 1) for row in rows]


def beside(row: AccuracyRow, original: float, of_task: bool) -> Ablated:
    """A row beside the paper's number, which is of a whole task.

    The paper's ± of random patterns is over draws, and so is ours; of the others the choice of sentences leaves open.
    """
    paper: Published | None = ABLATED.get((row.method, row.level), {}).get(row.task) if of_task else None
    ours = (row.low, row.high) if row.sd is None else (row.accuracy - row.sd, row.accuracy + row.sd)
    return Ablated(
        task=row.task,
        case=row.case,
        method=row.method,
        level=row.level,
        instances=row.instances,
        accuracy=row.accuracy,
        low=row.low,
        high=row.high,
        sd=row.sd,
        of_original=row.accuracy / original if original else None,
        paper=None if paper is None else paper.value,
        paper_sd=None if paper is None else paper.spread,
        inside=None if paper is None else paper.meets(*ours),
    )


def _table_2(tasks: Sequence[str], rows: Sequence[Ablated]) -> Sheet:
    """The paper's Table 2 with our column before each of the paper's; below, what it does not have."""
    whole_last = sorted(rows, key=lambda row: row.case is None)  # a single case is the whole task
    ours = {(row.method, row.level, row.task): row for row in whole_last}
    patterns = dict.fromkeys([*ABLATED, *((method, level) for method, level, _ in ours)])
    columns = [name for task in tasks for name in (task, f"{task}, paper")]
    table = []
    for method, level in patterns:
        numbers = []
        for task in tasks:
            row, published = ours.get((method, level, task)), ABLATED.get((method, level), {}).get(task)
            numbers += [None if row is None else row.accuracy, None if published is None else published.value]
        table.append((method, level, *numbers))
    return Sheet("table-2", "The paper's Table 2 and ours", TABLE_2, ("method", "level", *columns), tuple(table))
