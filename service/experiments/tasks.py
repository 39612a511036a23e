"""The tasks of experiments: the paper's, by all names that files have for them, and the user's own.

Sentences that name a task of the paper are of that task. Where there are none, all tasks are the user's own, and keep
their names and cases; a task of one's own beside those of the paper is asked for by name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from workers.datasets import TASKS

Some = TypeVar("Some")

NAMES: Mapping[str, str] = {name: name for name in TASKS} | {
    "obj_rel_across_anim": "sva-obj",
    "subj_rel": "sva-subj",
    "sent_comp": "sva-wsc",
    "prep_anim": "sva-app",
    "reflexives_across": "ra-na",
    "refl_across_gender": "ra-ga",  # of the paper's authors: the public data set has none
}
"""The paper's tasks by the names that files have for them."""

UNNAMED = "sentences"
"""What sentences that name no task are the task of."""

ALL_CASES = "all"
"""The case of sentences that name none, where they have no class to be told apart by."""

SHOWN = 6
"""Of the tasks that are left out, that a notice names."""


def check_generated(tasks: Iterable[str]) -> None:
    """Are there sentences to generate of all these tasks?

    Raises:
        InvalidInput: there are none of one; the message names the nearest.
    """
    for task in tasks:
        if task not in TASKS:
            fix = f"{did_you_mean(task, TASKS)}There are {', '.join(TASKS)}; for your own, give sentences or results."
            raise InvalidInput("tasks", f"there is no task {task!r}", fix)


def task_of(name: str, case: str) -> str:
    """The task of a sentence, from the name and the case that it has in a file or a run.

    A case that the paper's task does not have is of a task of the user's own.
    """
    task = NAMES.get(name)
    if task is None:
        return name or UNNAMED
    return task if not cases_of(task) or case in cases_of(task) else f"{name} (other cases)"


def cases_of(task: str) -> tuple[str, ...]:
    """The cases that a task must have, in their order; none of the user's own and of sentiment."""
    return () if task not in TASKS or TASKS[task].labels else TASKS[task].cases


def in_order(tasks: Iterable[str]) -> list[str]:
    """The paper's tasks as the paper has them, and others after these, as they come."""
    given = list(dict.fromkeys(tasks))
    return [task for task in TASKS if task in given] + [task for task in given if task not in TASKS]


def choose(
    found: Mapping[str, Sequence[Some]], wanted: Sequence[str] | None, where: str, on_notice: Callable[[str], None]
) -> dict[str, Sequence[Some]]:
    """The tasks that are wanted; without a wish those of the paper, or all where there are none of these.

    Args:
        found: the sentences or results that there are, by task.
        where: they are from, in words.
        on_notice: is told of the tasks that are left out without having been asked for.

    Raises:
        InvalidInput: there is nothing of a task; the message names those that there are.
    """
    if not found:
        raise InvalidInput("tasks", f"{where} has no sentences", "Give others.")
    if wanted is not None:
        for task in wanted:
            if task not in found:
                fix = f"{did_you_mean(task, found)}It has those of {_listed(list(found))}."
                raise InvalidInput("tasks", f"{where} has no sentences of {task!r}", fix)
        return {task: found[task] for task in wanted}
    chosen = [task for task in TASKS if task in found] or list(found)
    if left_out := [task for task in found if task not in chosen]:
        count = sum(len(found[task]) for task in left_out)
        on_notice(
            f"left out: {count:,} sentences of other tasks ({_listed(left_out)}); they are taken where tasks name them"
        )
    return {task: found[task] for task in chosen}


def _listed(tasks: Sequence[str]) -> str:
    more = f" and {len(tasks) - SHOWN:,} more" if len(tasks) > SHOWN else ""
    return f"{', '.join(tasks[:SHOWN])}{more}"
