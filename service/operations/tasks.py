"""The tasks, and sentences of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.datasets import TASKS, Instance, generate


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


def generate_sentences(task: str, case: str | None, count: int, seed: int) -> list[Instance]:
    """Distinct sentences of a task; the same ones for the same seed.

    Args:
        case: one case; None for every one.
        count: sentences of each case.

    Raises:
        InvalidInput: an unknown task or case, or another number than the case can give.
    """
    cases = TASKS[task].cases if case is None and task in TASKS else (case or "",)
    return [instance for name in cases for instance in generate(task, name, count, seed)]
