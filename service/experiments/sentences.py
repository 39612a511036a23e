"""Which sentences of which tasks: generated, or drawn from a file of the user's.

1. The candidates of every task, from the generators or a file. Marvin and Linzen's data set names its constructions
   otherwise than the paper does; `NAMES` says which is which task.
2. Those that the task's model can read, and of them so many of every case.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from workers.datasets import TASKS, Instance, generate, read_instances

if TYPE_CHECKING:
    from workers.models import Encoded, Model

OnSkipped = Callable[[str], None]
"""Called with the problem of a sentence that is left out; None in its place where a bad one is an error."""

NAMES: Mapping[str, str] = {name: name for name in TASKS} | {
    "obj_rel_across_anim": "sva-obj",
    "subj_rel": "sva-subj",
    "sent_comp": "sva-wsc",
    "prep_anim": "sva-app",
    "reflexives_across": "ra-na",
    "refl_across_gender": "ra-ga",  # of the paper's authors: the public data set has none
}
"""Tasks by the names that files have for them; sentences of other constructions are left out."""


def check_tasks(tasks: Sequence[str]) -> None:
    """Are there tasks of these names?

    Raises:
        InvalidInput: there is none; the message names the nearest.
    """
    for task in tasks:
        if task not in TASKS:
            fix = f"{did_you_mean(task, TASKS)}There are {', '.join(TASKS)}."
            raise InvalidInput("tasks", f"there is no task {task!r}", fix)


def has_case(task: str, case: str) -> bool:
    """Does the task have this case? Agreement has its own cases, and sentiment any."""
    return bool(TASKS[task].labels) or case in TASKS[task].cases


def generated(task: str, count: int, seed: int) -> list[Instance]:
    """`count` sentences of every case.

    Raises:
        InvalidInput: a case has fewer.
    """
    return [instance for case in TASKS[task].cases for instance in generate(task, case, count, seed)]


def read_tasks(path: Path, on_skipped: OnSkipped | None, on_notice: Callable[[str], None]) -> dict[str, list[Instance]]:
    """The sentences of a file, by task in the order of the paper; without those of other tasks and cases.

    Raises:
        InvalidInput: as `read_instances`; no sentences of any task.
    """
    found: defaultdict[str, list[Instance]] = defaultdict(list)
    on_bad = None if on_skipped is None else lambda error: on_skipped(str(error))
    for instance in read_instances(path, skip_bad=on_skipped is not None, on_bad=on_bad, on_notice=on_notice):
        task = NAMES.get(instance.task)
        if task is not None and has_case(task, instance.case):
            found[task].append(replace(instance, task=task))
    if not found:
        problem = "it has no sentences of a known task"
        raise InvalidInput("data", problem, f"Name them in its task column: {', '.join(NAMES)}.", str(path))
    return {task: found[task] for task in TASKS if task in found}


def sample_cases(
    task: str,
    candidates: Sequence[Instance],
    model: "Model",
    count: int,
    seed: int,
    on_skipped: OnSkipped | None,
    where: str | None = None,
) -> list[Instance]:
    """At most `count` sentences of every case that the model can read: at random where there are more, in their order.

    A sentence whose class is known and its case not has its class as its case.

    Args:
        where: the candidates come from.

    Raises:
        InvalidInput: a sentence that the model cannot read, unless it is left out; not all the task's cases, or of
            sentiment one class alone.
    """
    readable = _readable(task, candidates, model, on_skipped)
    _check_cases(task, readable, model, where)
    cases: defaultdict[str, list[Instance]] = defaultdict(list)
    for each in readable:
        case = each.instance.case or model.objective.correct_answer(each)
        cases[case].append(replace(each.instance, case=case))
    return [instance for case, some in cases.items() for instance in _some(task, case, some, count, seed)]


def _readable(
    task: str, candidates: Sequence[Instance], model: "Model", on_skipped: OnSkipped | None
) -> list["Encoded"]:
    readable: list[Encoded] = []
    bad: list[InvalidInput] = []
    for instance in candidates:
        try:
            readable.append(model.encode(instance))
        except InvalidInput as error:
            if on_skipped is None:
                raise
            bad.append(error)
    if on_skipped is not None and bad:
        on_skipped(str(bad[0]))
        if len(bad) > 1:
            on_skipped(f"{len(bad) - 1} more sentences of {task} that {model.name} cannot read")
    return readable


def _check_cases(task: str, sentences: Sequence["Encoded"], model: "Model", where: str | None) -> None:
    fix = f"Give some, or choose other tasks than {task}."
    if TASKS[task].labels:
        classes = sorted({model.objective.correct_answer(sentence) for sentence in sentences})
        if len(classes) < 2:
            of = f"of the class {classes[0]} alone" if classes else f"that {model.name} can read"
            problem = f"{task} has {'' if classes else 'no '}sentences {of}"
            raise InvalidInput("data", problem, fix, where)
        return
    there = {sentence.instance.case for sentence in sentences}
    if missing := [case for case in TASKS[task].cases if case not in there]:
        problem = f"{task} has no sentences of the case {', '.join(missing)} that {model.name} can read"
        raise InvalidInput("data", problem, fix, where)


def _some(task: str, case: str, instances: Sequence[Instance], count: int, seed: int) -> list[Instance]:
    if len(instances) <= count:
        return list(instances)
    chosen = random.Random(f"{seed}/{task}/{case}").sample(range(len(instances)), count)
    return [instances[index] for index in sorted(chosen)]
