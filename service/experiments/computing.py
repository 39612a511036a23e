"""Every task's results, computed and kept in the folder, where the experiments find them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.errors import InvalidInput
from service.experiments.folder import Folder, Origin
from service.experiments.material import OnPhase
from service.experiments.options import ExperimentOptions
from service.experiments.sentences import OnSkipped, generated, read_tasks, sample_cases
from service.experiments.tasks import check_generated
from service.results_file import ResultsWriter, read_kept
from workers.analysis.analysis import compute, prepare, provenance
from workers.analysis.notices import notices
from workers.datasets import TASKS, Instance
from workers.models import load_model

if TYPE_CHECKING:
    from workers.models import Model

Load = Callable[[str, str], "Model"]
"""A model by its name and dtype, each loaded once."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """The sentences of one task, and what their results will come from."""

    instances: Sequence[Instance]
    origin: Origin


def loader(device: str) -> Load:
    """Loads models onto a device."""

    @cache
    def load(name: str, dtype: str) -> "Model":
        return load_model(name, device, dtype)

    return load


def model_of(classes: bool, options: ExperimentOptions) -> str:
    """The name of a task's model, as the options have it.

    Args:
        classes: does the task ask for the class of a sentence, and not for a masked word?
    """
    return options.model or ("bundled-sentiment" if classes else "bundled")


def plan_tasks(
    options: ExperimentOptions,
    arguments: tuple[str, ...],
    load: Load,
    on_skipped: OnSkipped | None,
    on_notice: Callable[[str], None],
) -> dict[str, PlannedTask]:
    """The sentences of every task, each with what their results will come from.

    Args:
        arguments: by which whoever calls was told the options that results depend on.
        on_notice: is told of pairs of sentences in the file that ask nothing, of its tasks that are left out, and of
            words unknown to the model.

    Raises:
        InvalidInput: an unknown task, one that the model cannot do, or as `read_tasks` and `sample_cases`.
    """
    if options.data is None:
        check_generated(options.tasks or ())
        where, source = None, "generated"
        supported = _supported({task: bool(TASKS[task].labels) for task in options.tasks or TASKS}, options, load)
        candidates = {task: generated(task, options.count, options.seed) for task in supported}
    else:
        where, source = str(options.data), f"of {options.data.name} ({_digest(options.data)})"
        found = read_tasks(options.data, options.tasks, on_skipped, on_notice)
        supported = _supported({task: _ask_for_classes(some) for task, some in found.items()}, options, load)
        candidates = {task: found[task] for task in supported}
    description = f"{source}, up to {options.count} a case, seed {options.seed}"
    planned = {}
    for task, some in candidates.items():
        name = model_of(supported[task], options)
        model = load(name, options.dtype)
        instances = sample_cases(task, some, model, options.count, options.seed, on_skipped, where)
        for notice in notices(model, [model.encode(instance) for instance in instances]):
            on_notice(f"{task}: {notice}")
        origin = Origin(
            model=model.name,
            fingerprint=model.fingerprint,
            sentences=description,
            settings=provenance(model, options.settings),
            source=name,
            arguments=arguments,
        )
        planned[task] = PlannedTask(instances, origin)
    return planned


def compute_results(
    folder: Folder,
    planned: Mapping[str, PlannedTask],
    load: Load,
    options: ExperimentOptions,
    progress: OnPhase,
    on_skipped: OnSkipped | None,
) -> None:
    """Every task's results into the folder; what it holds already is kept.

    Raises:
        InvalidInput: a sentence that does not fit into memory; before anything of its task is computed.
    """
    on_bad = None if on_skipped is None else lambda error: on_skipped(str(error))
    for task, each in planned.items():
        model, path = load(each.origin.source, options.dtype), folder.results(task)
        kept = read_kept(path, model.fingerprint, each.origin.settings, each.instances)
        rest = [instance for instance in each.instances if instance.id not in kept.ids]
        plan = prepare(model, rest, options.settings, memory=options.memory, on_bad=on_bad)
        if not plan.batches and not kept.ids:
            raise InvalidInput("data", f"no sentence of {task} can be analysed", "Correct those named above.")
        with ResultsWriter(path, kept.size) as writer:
            for done, result in enumerate(compute(model, plan, options.settings), start=1):
                writer.write(result)
                progress(f"{task}: analysing", done, plan.sentences)
        folder.complete(task)


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def _ask_for_classes(instances: Sequence[Instance]) -> bool:
    """Do these ask for the class of a sentence, and not for a masked word?"""
    return all(instance.label is not None and instance.correct is None for instance in instances)


def _supported(tasks: Mapping[str, bool], options: ExperimentOptions, load: Load) -> dict[str, bool]:
    """The tasks that the model can do; where they are named, all of them.

    Args:
        tasks: does each ask for classes?

    Raises:
        InvalidInput: one that is named and that the model cannot do, or none that it can.
    """
    if options.model is None:
        return dict(tasks)
    objective = load(options.model, options.dtype).objective
    supported = {task: classes for task, classes in tasks.items() if objective.suits(classes)}
    for task in options.tasks or list(tasks)[: 0 if supported else 1]:
        if task not in supported:
            raise _unsupported(task, tasks[task], options)
    return supported


def _unsupported(task: str, classes: bool, options: ExperimentOptions) -> InvalidInput:
    kinds = "a classifier", "a masked-language model"
    needed, other = kinds if classes else reversed(kinds)
    fix = f"Name {needed}, or tasks that {options.model} can do."
    return InvalidInput("model", f"{task} needs {needed}, and {options.model} is {other}", fix)
