"""Results that there are already, out of files or the graph, into the folder where the experiments find them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.experiments.computing import model_of
from service.experiments.folder import Folder, Origin
from service.experiments.options import ExperimentOptions
from service.experiments.sentences import NAMES, check_tasks, has_case
from service.export.results import read_run
from service.results_file import ResultsWriter, read_checked
from workers.analysis.results import InstanceResult
from workers.datasets import TASKS


@dataclass(frozen=True, slots=True)
class ResultsSource:
    """A run or a file that has results."""

    field: str  # that names it
    name: str  # in words
    model: str | None  # name, where it is known
    results: Iterable[InstanceResult]


def results_sources(options: ExperimentOptions, store: Store | None) -> Iterator[ResultsSource]:
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
        yield ResultsSource("run", f"run {run.name} ({run.id})", run.model_name, read_run(store, run))
    for path in options.results:
        yield ResultsSource("results", str(path), None, read_checked(path))


def import_results(
    folder: Folder, sources: Iterable[ResultsSource], options: ExperimentOptions, arguments: tuple[str, ...]
) -> None:
    """The results of sources into the folder, by task.

    Args:
        arguments: by which whoever calls was told the options that results depend on.

    Raises:
        InvalidInput: a task of which there are none, or which several sources have; or as `Folder.check`.
    """
    check_tasks(options.tasks or ())
    found: dict[str, tuple[ResultsSource, list[InstanceResult]]] = {}
    field = ""
    for source in sources:
        field = field or source.field
        for result in source.results:
            task = NAMES.get(result.task)
            if task is None or not has_case(task, result.case) or task not in (options.tasks or TASKS):
                continue
            holder, results = found.setdefault(task, (source, []))
            if holder is not source:
                problem = f"both {holder.name} and {source.name} have {task}"
                raise InvalidInput(source.field, problem, "Name one of them, or choose other tasks.")
            results.append(replace(result, task=task))
    wanted = [task for task in TASKS if task in found] if options.tasks is None else options.tasks
    for task in wanted:
        if task not in found:
            problem = f"none of the named sources has sentences of {task}"
            raise InvalidInput(field, problem, "Name other results, or other tasks.")
    if not wanted:
        raise InvalidInput(field, "none of the named sources has sentences of a task", f"There are {', '.join(TASKS)}.")
    folder.claim({task: _origin_of(task, *found[task], options, arguments) for task in wanted})
    for task in wanted:
        with ResultsWriter(folder.results(task), 0) as writer:
            for result in found[task][1]:
                writer.write(result)
        folder.complete(task)


def _origin_of(
    task: str,
    source: ResultsSource,
    results: Sequence[InstanceResult],
    options: ExperimentOptions,
    arguments: tuple[str, ...],
) -> Origin:
    first = results[0]
    return Origin(
        model=source.model or first.model[:12],
        fingerprint=first.model,
        sentences=f"of {source.name}, {len(results)}",
        settings=first.settings,
        source=model_of(task, options),
        arguments=arguments,
    )
