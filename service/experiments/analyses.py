"""The results that the experiments draw on: computed once, kept in the folder, or taken out of the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.store import Store
from cypher.stored import StoredRun
from service.experiments.folder import Folder, Origin
from service.experiments.material import Progress
from service.experiments.options import Options
from service.experiments.sentences import LeaveOut, check_tasks, drawn, generated, read_tasks
from service.export.results import read_run
from service.results_file import ResultsWriter, read_kept, read_results
from workers.analysis import compute, prepare, provenance
from workers.datasets import MASKED, TASKS, Instance
from workers.errors import BadInput
from workers.models import load_model
from workers.results import InstanceResult

if TYPE_CHECKING:
    from workers.models import Model

BUNDLED = dict.fromkeys(MASKED, "bundled")
"""By task; any other is sentiment."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The sentences of one task, and what their results will come from."""

    instances: Sequence[Instance]
    origin: Origin


def loader(options: Options) -> "Callable[[str], Model]":
    """Loads the model of a task, each once."""

    @cache
    def load(name: str) -> "Model":
        return load_model(name, options.device, options.dtype)

    return lambda task: load(options.model or BUNDLED.get(task, "bundled-sentiment"))


def plan(options: Options, load: "Callable[[str], Model]", leave_out: LeaveOut | None) -> dict[str, Planned]:
    """The sentences of every task, each with what their results will come from.

    Raises:
        BadInput: an unknown task, one that the model cannot do, or as `read_tasks` and `drawn`.
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
        model = load(task)
        instances = drawn(task, some, model, options.count, options.seed, leave_out, where)
        planned[task] = Planned(instances, _origin(model, options, words))
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


def _able(options: Options, load: "Callable[[str], Model]") -> list[str]:
    """The tasks that can be put to the model."""
    if options.model is None:
        return list(TASKS)
    classes = load("").labels is not None
    return [task for task in TASKS if bool(TASKS[task].labels) == classes]


def _unable(task: str, options: Options) -> BadInput:
    needed, other = (
        ("a classifier", "a masked-language model")
        if TASKS[task].labels
        else ("a masked-language model", "a classifier")
    )
    fix = f"Name {needed} with --model, or with --tasks those that {options.model} can do."
    return BadInput("--model", f"{task} needs {needed}, and {options.model} is {other}", fix)


def _origin(model: "Model", options: Options, sentences: str) -> Origin:
    return Origin(model.name, model.fingerprint, sentences, provenance(model, options.settings))


def analyse(
    folder: Folder,
    planned: Mapping[str, Planned],
    load: "Callable[[str], Model]",
    options: Options,
    progress: Progress,
    leave_out: LeaveOut | None,
) -> None:
    """Every task's results into the folder; what it holds already is kept.

    Raises:
        BadInput: a sentence that does not fit into memory; before anything of its task is computed.
    """
    on_bad = None if leave_out is None else lambda error: leave_out(str(error))
    for task, each in planned.items():
        model, path = load(task), folder.results(task)
        kept = read_kept(path, model.fingerprint, each.origin.settings, each.instances)
        rest = [instance for instance in each.instances if instance.id not in kept.ids]
        work = prepare(model, rest, options.settings, memory=options.memory, on_bad=on_bad)
        if not work.batches and not kept.ids:
            raise BadInput("--data", f"no sentence of {task} can be analysed", "Mend those named above.")
        with ResultsWriter(path, kept.size) as writer, progress(work.sentences, f"{task}: analysing") as advance:
            for result in compute(model, work, options.settings):
                writer.write(result)
                advance()


def take(folder: Folder, store: Store, runs: Sequence[StoredRun], tasks: Sequence[str] | None) -> tuple[str, ...]:
    """The results of stored runs into the folder, by task; the tasks.

    Raises:
        BadInput: a task of which there are none, or which several runs have; or as `Folder.check`.
    """
    check_tasks(tasks or ())
    found: dict[str, tuple[StoredRun, list[InstanceResult]]] = {}
    for run in runs:
        for result in read_run(store, run):
            if result.task not in TASKS or (tasks is not None and result.task not in tasks):
                continue
            holder, results = found.setdefault(result.task, (run, []))
            if holder is not run:
                problem = f"both {holder.name!r} and {run.name!r} have {result.task}"
                raise BadInput("--run", problem, "Name one of them, or choose with --tasks.")
            results.append(result)
    wanted = tuple(task for task in TASKS if task in found) if tasks is None else tuple(tasks)
    for task in wanted:
        if task not in found:
            raise BadInput("--run", f"no run that is named has sentences of {task}", "Name others, or other --tasks.")
    if not wanted:
        raise BadInput("--run", "no run that is named has sentences of a task", f"There are {', '.join(TASKS)}.")
    folder.claim({task: _stored_origin(*found[task]) for task in wanted})
    for task in wanted:
        with ResultsWriter(folder.results(task), 0) as writer:
            for result in found[task][1]:
                writer.write(result)
    return wanted


def _stored_origin(run: StoredRun, results: Sequence[InstanceResult]) -> Origin:
    words = f"of run {run.name} ({run.id}), {len(results)}"
    return Origin(run.model_name or run.model[:12], run.model, words, run.settings)


def held(folder: Folder, tasks: Sequence[str]) -> dict[str, list[InstanceResult]]:
    """The results of tasks, those of the folder."""
    return {task: list(read_results(folder.results(task))) for task in tasks}
