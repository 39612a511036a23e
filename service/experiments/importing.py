"""Results that there are already, out of files or the graph, into the folder where the experiments find them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.experiments.computing import model_of
from service.experiments.folder import Folder, Origin
from service.experiments.options import ExperimentOptions
from service.experiments.tasks import ALL_CASES, choose, in_order, task_of
from service.results_file import ResultsWriter, read_checked
from workers.analysis.results import InstanceResult
from workers.datasets import TASKS
from workers.records.stored_runs import read_run


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
    folder: Folder,
    sources: Iterable[ResultsSource],
    options: ExperimentOptions,
    arguments: tuple[str, ...],
    on_notice: Callable[[str], None],
) -> None:
    """The results of sources into the folder, by task: of those that are asked for, or else as `tasks.choose` has it.

    Args:
        arguments: by which whoever calls was told the options that results depend on.
        on_notice: is told of tasks that are left out.

    Raises:
        InvalidInput: a task that is asked for and of which there are none, or which several sources have; no results
            at all; or as `Folder.check`.
    """
    found: dict[str, list[InstanceResult]] = {}
    holders: dict[str, list[ResultsSource]] = {}
    names = []
    for source in sources:
        names.append(source.name)
        for result in source.results:
            task = task_of(result.task, result.case)
            held, results = holders.setdefault(task, []), found.setdefault(task, [])
            if source not in held:
                held.append(source)
            if options.tasks is None or task in options.tasks:
                results.append(replace(result, task=task, case=result.case or ALL_CASES))
    chosen = choose({task: found[task] for task in in_order(found)}, options.tasks, " and ".join(names), on_notice)
    for task in chosen:
        if len(holders[task]) > 1:
            problem = f"{' and '.join(source.name for source in holders[task])} have {task}"
            raise InvalidInput(holders[task][-1].field, problem, "Name one of them, or choose other tasks.")
    folder.claim({task: _origin_of(task, holders[task][0], found[task], options, arguments) for task in chosen})
    for task, results in chosen.items():
        with ResultsWriter(folder.results(task), 0) as writer:
            for result in results:
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
        source=model_of(task in TASKS and bool(TASKS[task].labels), options),
        arguments=arguments,
    )
