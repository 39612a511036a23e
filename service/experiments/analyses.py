"""The results that the experiments draw on: computed once and kept in the folder, or taken from files or the graph."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.experiments.folder import Folder, Origin
from service.experiments.material import Progress
from service.experiments.options import Options, of_results
from service.experiments.sentences import NAMES, LeaveOut, check_tasks, drawn, generated, of_a_case, read_tasks
from service.export.results import read_run
from service.results_file import ResultsWriter, read_checked, read_kept, read_results
from workers.analysis.analysis import compute, prepare, provenance
from workers.analysis.results import InstanceResult
from workers.datasets import MASKED, TASKS, Instance
from workers.models import load_model

if TYPE_CHECKING:
    from workers.models import Model

BUNDLED = dict.fromkeys(MASKED, "bundled")
"""By task; any other is sentiment."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The sentences of one task, and what their results will come from."""

    instances: Sequence[Instance]
    origin: Origin


Load = Callable[[str, str], "Model"]
"""A model by its name and dtype, each loaded once."""


def loader(device: str) -> Load:
    """Loads models onto a device."""

    @cache
    def load(name: str, dtype: str) -> "Model":
        return load_model(name, device, dtype)

    return load


def model_of(task: str, options: Options) -> str:
    """What the model of a task is loaded by, as the options have it."""
    return options.model or BUNDLED.get(task, "bundled-sentiment")


def plan(options: Options, load: Load, leave_out: LeaveOut | None) -> dict[str, Planned]:
    """The sentences of every task, each with what their results will come from.

    Raises:
        InvalidInput: an unknown task, one that the model cannot do, or as `read_tasks` and `drawn`.
    """
    check_tasks(options.tasks or ())
    able = _able(options, load)
    for task in options.tasks or ():
        if task not in able:
            raise _unable(task, options)
    if options.data is None:
        where, source = None, "generated"
        candidates = {task: generated(task, options.count, options.seed) for task in options.tasks or able}
    else:
        where, source = str(options.data), f"of {options.data.name} ({_digest(options.data)})"
        candidates = _candidates(options, able, read_tasks(options.data, leave_out))
    words = f"{source}, up to {options.count} a case, seed {options.seed}"
    planned = {}
    for task, some in candidates.items():
        model = load(model_of(task, options), options.dtype)
        instances = drawn(task, some, model, options.count, options.seed, leave_out, where)
        origin = Origin(
            model=model.name,
            fingerprint=model.fingerprint,
            sentences=words,
            settings=provenance(model, options.settings),
            source=model_of(task, options),
            arguments=of_results(options),
        )
        planned[task] = Planned(instances, origin)
    return planned


def _candidates(
    options: Options, able: Sequence[str], found: Mapping[str, Sequence[Instance]]
) -> dict[str, Sequence[Instance]]:
    """Of the tasks in a file those that are named, or else that the model can do."""
    wanted = options.tasks or [task for task in found if task in able]
    if not wanted:
        raise _unable(next(iter(found)), options)
    return {task: found.get(task, ()) for task in wanted}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def _able(options: Options, load: Load) -> list[str]:
    """The tasks that can be put to the model."""
    if options.model is None:
        return list(TASKS)
    objective = load(options.model, options.dtype).objective
    return [task for task in TASKS if objective.suits(TASKS[task])]


def _unable(task: str, options: Options) -> InvalidInput:
    needed, other = (
        ("a classifier", "a masked-language model")
        if TASKS[task].labels
        else ("a masked-language model", "a classifier")
    )
    fix = f"Name {needed} with --model, or with --tasks those that {options.model} can do."
    return InvalidInput("--model", f"{task} needs {needed}, and {options.model} is {other}", fix)


def analyse(
    folder: Folder,
    planned: Mapping[str, Planned],
    load: Load,
    options: Options,
    progress: Progress,
    leave_out: LeaveOut | None,
) -> None:
    """Every task's results into the folder; what it holds already is kept.

    Raises:
        InvalidInput: a sentence that does not fit into memory; before anything of its task is computed.
    """
    on_bad = None if leave_out is None else lambda error: leave_out(str(error))
    for task, each in planned.items():
        model, path = load(each.origin.source, options.dtype), folder.results(task)
        kept = read_kept(path, model.fingerprint, each.origin.settings, each.instances)
        rest = [instance for instance in each.instances if instance.id not in kept.ids]
        work = prepare(model, rest, options.settings, memory=options.memory, on_bad=on_bad)
        if not work.batches and not kept.ids:
            raise InvalidInput("--data", f"no sentence of {task} can be analysed", "Mend those named above.")
        with ResultsWriter(path, kept.size) as writer, progress(work.sentences, f"{task}: analysing") as advance:
            for result in compute(model, work, options.settings):
                writer.write(result)
                advance()
        folder.complete(task)


@dataclass(frozen=True, slots=True)
class Given:
    """Results that there are already."""

    option: str  # that names them
    name: str  # in words
    model: str | None  # name, where it is known
    results: Iterable[InstanceResult]


def given(options: Options, store: Store | None) -> Iterator[Given]:
    """The runs and files of results that the options name.

    Args:
        store: where the runs are; there is one if any is named.

    Raises:
        InvalidInput: no such file, or it cannot be read.
        RequestError: no such run.
    """
    for wanted in options.runs:
        assert store is not None
        run = store.find(wanted)
        yield Given("--run", f"run {run.name} ({run.id})", run.model_name, read_run(store, run))
    for path in options.results:
        results = read_checked(path)
        yield Given("--results", str(path), None, results)


def take(folder: Folder, sources: Iterable[Given], options: Options) -> None:
    """Results that there are already into the folder, by task.

    Raises:
        InvalidInput: a task of which there are none, or which are of several sources; or as `Folder.check`.
    """
    check_tasks(options.tasks or ())
    found: dict[str, tuple[Given, list[InstanceResult]]] = {}
    options_named: list[str] = []
    for source in sources:
        options_named.append(source.option)
        for result in source.results:
            task = NAMES.get(result.task)
            if task is None or not of_a_case(task, result.case) or task not in (options.tasks or TASKS):
                continue
            holder, results = found.setdefault(task, (source, []))
            if holder is not source:
                problem = f"both {holder.name} and {source.name} have {task}"
                raise InvalidInput(source.option, problem, "Name one of them, or choose with --tasks.")
            results.append(replace(result, task=task))
    where = " or ".join(dict.fromkeys(options_named))
    wanted = [task for task in TASKS if task in found] if options.tasks is None else options.tasks
    for task in wanted:
        if task not in found:
            raise InvalidInput(
                where, f"nothing that is named has sentences of {task}", "Name others, or other --tasks."
            )
    if not wanted:
        raise InvalidInput(where, "nothing that is named has sentences of a task", f"There are {', '.join(TASKS)}.")
    folder.claim({task: _origin_of(task, *found[task], options) for task in wanted})
    for task in wanted:
        with ResultsWriter(folder.results(task), 0) as writer:
            for result in found[task][1]:
                writer.write(result)
        folder.complete(task)


def _origin_of(task: str, source: Given, results: Sequence[InstanceResult], options: Options) -> Origin:
    first = results[0]
    return Origin(
        model=source.model or first.model[:12],
        fingerprint=first.model,
        sentences=f"of {source.name}, {len(results)}",
        settings=first.settings,
        source=model_of(task, options),
        arguments=of_results(options),
    )


def held(folder: Folder, tasks: Sequence[str]) -> dict[str, list[InstanceResult]]:
    """The results of tasks, those of the folder."""
    return {task: list(read_results(folder.results(task))) for task in tasks}
