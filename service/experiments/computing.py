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
from service.experiments.sentences import OnSkipped, check_tasks, generated, read_tasks, sample_cases
from service.results_file import ResultsWriter, read_kept
from workers.analysis.analysis import compute, prepare, provenance
from workers.analysis.notices import notices
from workers.datasets import MASKED, TASKS, Instance
from workers.models import load_model

if TYPE_CHECKING:
    from workers.models import Model

BUNDLED = dict.fromkeys(MASKED, "bundled")
"""By task; any other is sentiment."""

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


def model_of(task: str, options: ExperimentOptions) -> str:
    """The name of a task's model, as the options have it."""
    return options.model or BUNDLED.get(task, "bundled-sentiment")


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
        on_notice: is told of pairs of sentences in the file that ask nothing, and of words unknown to the model.

    Raises:
        InvalidInput: an unknown task, one that the model cannot do, or as `read_tasks` and `sample_cases`.
    """
    check_tasks(options.tasks or ())
    supported = _supported_tasks(options, load)
    for task in options.tasks or ():
        if task not in supported:
            raise _unsupported(task, options)
    if options.data is None:
        where, source = None, "generated"
        candidates = {task: generated(task, options.count, options.seed) for task in options.tasks or supported}
    else:
        where, source = str(options.data), f"of {options.data.name} ({_digest(options.data)})"
        candidates = _candidates(options, supported, read_tasks(options.data, on_skipped, on_notice))
    description = f"{source}, up to {options.count} a case, seed {options.seed}"
    planned = {}
    for task, some in candidates.items():
        model = load(model_of(task, options), options.dtype)
        instances = sample_cases(task, some, model, options.count, options.seed, on_skipped, where)
        for notice in notices(model, [model.encode(instance) for instance in instances]):
            on_notice(f"{task}: {notice}")
        origin = Origin(
            model=model.name,
            fingerprint=model.fingerprint,
            sentences=description,
            settings=provenance(model, options.settings),
            source=model_of(task, options),
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


def _candidates(
    options: ExperimentOptions, supported: Sequence[str], found: Mapping[str, Sequence[Instance]]
) -> dict[str, Sequence[Instance]]:
    """Of the tasks in a file those that are named, or else that the model can do."""
    wanted = options.tasks or [task for task in found if task in supported]
    if not wanted:
        raise _unsupported(next(iter(found)), options)
    return {task: found.get(task, ()) for task in wanted}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def _supported_tasks(options: ExperimentOptions, load: Load) -> list[str]:
    """The tasks that the model can do."""
    if options.model is None:
        return list(TASKS)
    objective = load(options.model, options.dtype).objective
    return [task for task in TASKS if objective.suits(TASKS[task])]


def _unsupported(task: str, options: ExperimentOptions) -> InvalidInput:
    needed, other = (
        ("a classifier", "a masked-language model")
        if TASKS[task].labels
        else ("a masked-language model", "a classifier")
    )
    fix = f"Name {needed}, or tasks that {options.model} can do."
    return InvalidInput("model", f"{task} needs {needed}, and {options.model} is {other}", fix)
