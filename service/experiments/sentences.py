"""Which sentences of which tasks: generated, or drawn from a file of the user's.

Marvin and Linzen's data set names its constructions otherwise than the paper does; `NAMES` says which is which task.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cypher.errors import did_you_mean
from workers.datasets import TASKS, Instance, generate, read_instances
from workers.errors import BadInput

NAMES: Mapping[str, str] = {name: name for name in TASKS} | {
    "obj_rel_across_anim": "sva-obj",
    "subj_rel": "sva-subj",
    "sent_comp": "sva-wsc",
    "prep_anim": "sva-app",
    "reflexives_across": "ra-na",
}
"""Tasks by the names that files have for them; sentences of other constructions are left out."""


def check_tasks(tasks: Sequence[str]) -> None:
    """Are there tasks of these names?

    Raises:
        BadInput: there is none; the message names the nearest.
    """
    for task in tasks:
        if task not in TASKS:
            fix = f"{did_you_mean(task, TASKS)}There are {', '.join(TASKS)}."
            raise BadInput("--tasks", f"there is no task {task!r}", fix)


def generated(task: str, count: int, seed: int) -> list[Instance]:
    """`count` sentences of every case.

    Raises:
        BadInput: a case has fewer.
    """
    return [instance for case in TASKS[task].cases for instance in generate(task, case, count, seed)]


def drawn(
    path: Path, tasks: Sequence[str] | None, count: int, seed: int, on_bad: Callable[[BadInput], None] | None
) -> dict[str, list[Instance]]:
    """At most `count` sentences of every case in a file, by task; drawn at random where it has more, in its order.

    Args:
        tasks: None for all that the file has.

    Raises:
        BadInput: as `read_instances`; no sentences of a task, or not of all its cases.
    """
    found: defaultdict[str, defaultdict[str, list[Instance]]] = defaultdict(lambda: defaultdict(list))
    for instance in read_instances(path, skip_bad=on_bad is not None, on_bad=on_bad):
        task = NAMES.get(instance.task)
        if task is not None and (tasks is None or task in tasks) and _of_a_case(task, instance):
            found[task][instance.case].append(replace(instance, task=task))
    wanted = [task for task in TASKS if task in found] if tasks is None else tasks
    if not wanted:
        problem = "it has no sentences of the tasks that there are"
        raise BadInput("--data", problem, f"Name them in its task column: {', '.join(NAMES)}.", str(path))
    for task in wanted:
        _check_cases(path, task, found[task])
    return {
        task: [
            instance
            for case, all_of_it in found[task].items()
            for instance in _some(task, case, all_of_it, count, seed)
        ]
        for task in wanted
    }


def _of_a_case(task: str, instance: Instance) -> bool:
    """Agreement has its cases, and sentiment any."""
    return bool(TASKS[task].labels) or instance.case in TASKS[task].cases


def _check_cases(path: Path, task: str, cases: Mapping[str, Sequence[Instance]]) -> None:
    labels = TASKS[task].labels
    needed = labels or TASKS[task].cases
    there = {instance.label for some in cases.values() for instance in some} if labels else set(cases)
    missing = [name for name in needed if name not in there]
    if missing:
        what = "class" if labels else "case"
        problem = f"{task} has no sentences of the {what} {', '.join(missing)}"
        raise BadInput("--data", problem, f"Give some, or name other tasks with --tasks than {task}.", str(path))


def _some(task: str, case: str, instances: Sequence[Instance], count: int, seed: int) -> list[Instance]:
    if len(instances) <= count:
        return list(instances)
    chosen = random.Random(f"{seed}/{task}/{case}").sample(range(len(instances)), count)
    return [instances[index] for index in sorted(chosen)]
