"""The tasks, sentences of them, and those of files."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cypher.errors import InvalidInput
from service.operations.progress import OnNotice, untold
from workers.datasets import TASKS, Instance, generate, read_instances
from workers.datasets.counterfactuals import with_counterfactuals
from workers.datasets.tasks import Flipped


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """A task as people and programs are told of it."""

    name: str
    title: str
    cases: Mapping[str, int]  # with the number of distinct sentences that each has
    roles: tuple[str, ...]
    example: str


def list_tasks() -> list[TaskDescription]:
    """Every task, in the order of the paper."""
    return [
        TaskDescription(
            each.name, each.title, {case: each.count(case) for case in each.cases}, each.roles, each.example
        )
        for each in TASKS.values()
    ]


def generate_sentences(
    task: str, case: str | None, count: int, seed: int, counterfactual: Flipped | None = None
) -> list[Instance]:
    """Distinct sentences of a task; the same ones for the same seed.

    Args:
        case: one case; None for every one.
        count: sentences of each case.
        counterfactual: the noun that has the other number or gender in each sentence's other text; None: there is none.

    Raises:
        InvalidInput: an unknown task or case, or another number than the case can give.
    """
    cases = TASKS[task].cases if case is None and task in TASKS else (case or "",)
    return [instance for name in cases for instance in generate(task, name, count, seed, counterfactual)]


def convert_sentences(
    source: Path,
    *,
    counterfactual: Flipped | None = None,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: OnNotice = untold,
) -> list[Instance]:
    """The sentences of a file in any form that can be read, as they are written in our own form.

    Args:
        counterfactual: the noun that has the other number or gender in each sentence's other text, which is a sentence
            of the same file; those without one are left out. None: they keep what they have.
        on_bad: is told of each bad row, which is left out; None to raise the first.
        on_notice: is told, once for each reason, of rows that cannot be asked about.

    Raises:
        InvalidInput: as `read_instances`, or no sentence has a counterpart.
    """
    instances = read_instances(source, skip_bad=on_bad is not None, on_bad=on_bad, on_notice=on_notice)
    if counterfactual is None:
        return instances
    found = with_counterfactuals(instances, counterfactual)
    if not found:
        problem = f"no sentence of {source} differs from another in the number or gender of its {counterfactual} alone"
        fix = "It takes sentences with roles, of cases such as SP and PP, from the same file."
        raise InvalidInput("counterfactual", problem, fix)
    kept = {instance.id for instance in found}
    without = Counter(instance.task or "no task" for instance in instances if instance.id not in kept)
    if without:
        tasks = ", ".join(f"{count:,} of {task}" for task, count in without.most_common())
        on_notice(f"left out: sentences without a counterpart in the file: {without.total():,} ({tasks})")
    return found
