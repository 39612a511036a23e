"""Which sentences of which tasks: generated, or drawn from a file of the user's.

1. The candidates of every task, from the generators or a file.
2. Those that the task's model can read, and of them so many of every case.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.errors import InvalidInput
from service.experiments.tasks import ALL_CASES, cases_of, choose, in_order, task_of
from workers.datasets import TASKS, Instance, generate, read_instances

if TYPE_CHECKING:
    from workers.models import Encoded, Model

OnSkipped = Callable[[str], None]
"""Called with the problem of a sentence that is left out; None in its place where a bad one is an error."""


def generated(task: str, count: int, seed: int) -> list[Instance]:
    """`count` sentences of every case.

    Raises:
        InvalidInput: a case has fewer.
    """
    return [instance for case in TASKS[task].cases for instance in generate(task, case, count, seed)]


def read_tasks(
    path: Path, wanted: Sequence[str] | None, on_skipped: OnSkipped | None, on_notice: Callable[[str], None]
) -> dict[str, Sequence[Instance]]:
    """The sentences of a file, by task: of those that are wanted, or else as `tasks.choose` has it.

    Raises:
        InvalidInput: as `read_instances`, or as `tasks.choose`.
    """
    found: defaultdict[str, list[Instance]] = defaultdict(list)
    on_bad = None if on_skipped is None else lambda error: on_skipped(str(error))
    for instance in read_instances(path, skip_bad=on_skipped is not None, on_bad=on_bad, on_notice=on_notice):
        task = task_of(instance.task, instance.case)
        found[task].append(replace(instance, task=task))
    return choose({task: found[task] for task in in_order(found)}, wanted, str(path), on_notice)


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

    The case of a sentence that names none is its class; of a masked word, `tasks.ALL_CASES`.

    Args:
        where: the candidates come from.

    Raises:
        InvalidInput: a sentence that the model cannot read, unless it is left out; none that it can; not all cases of
            a task of the paper, or of sentiment one class alone.
    """
    readable = _readable(task, candidates, model, on_skipped)
    _check_cases(task, readable, model, where)
    cases: defaultdict[str, list[Instance]] = defaultdict(list)
    for each in readable:
        answer = ALL_CASES if model.objective.names_both else model.objective.correct_answer(each)
        case = each.instance.case or answer
        cases[case].append(replace(each.instance, case=case))
    return [instance for case, some in cases.items() for instance in _some(task, case, some, count, seed)]


def _readable(
    task: str, candidates: Sequence[Instance], model: "Model", on_skipped: OnSkipped | None
) -> list["Encoded"]:
    readable: list[Encoded] = []
    bad: list[InvalidInput] = []
    for sentence in model.encode_all(candidates):
        if not isinstance(sentence, InvalidInput):
            readable.append(sentence)
        elif on_skipped is None:
            raise sentence
        else:
            bad.append(sentence)
    if on_skipped is not None and bad:
        on_skipped(str(bad[0]))
        if len(bad) > 1:
            on_skipped(f"{len(bad) - 1} more sentences of {task} that {model.name} cannot read")
    return readable


def _check_cases(task: str, sentences: Sequence["Encoded"], model: "Model", where: str | None) -> None:
    fix = f"Give some, or choose other tasks than {task}."
    if not sentences:
        raise InvalidInput("data", f"{task} has no sentences that {model.name} can read", fix, where)
    if task in TASKS and TASKS[task].labels:
        classes = {model.objective.correct_answer(sentence) for sentence in sentences}
        if len(classes) < 2:
            raise InvalidInput("data", f"{task} has sentences of the class {classes.pop()} alone", fix, where)
    there = {sentence.instance.case for sentence in sentences}
    if missing := [case for case in cases_of(task) if case not in there]:
        problem = f"{task} has no sentences of the case {', '.join(missing)} that {model.name} can read"
        raise InvalidInput("data", problem, fix, where)


def _some(task: str, case: str, instances: Sequence[Instance], count: int, seed: int) -> list[Instance]:
    if len(instances) <= count:
        return list(instances)
    chosen = random.Random(f"{seed}/{task}/{case}").sample(range(len(instances)), count)
    return [instances[index] for index in sorted(chosen)]
