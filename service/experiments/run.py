"""An experiment, or all of them, from sentences to the page.

1. The sentences of every task, their models and the folder are checked, before anything is computed.
2. Every task's results, those that the folder lacks.
3. Each experiment in turn, of all tasks that the folder holds, each with its own model; one that was finished with the
   same results and choices is left as it is.
4. What the paper concludes, and the page, of all experiments that the folder holds.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, is_dataclass
from importlib import import_module
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, cast

from cypher.store.store import Store
from service.experiments.claims import report_of
from service.experiments.computing import compute_results, loader, plan_tasks
from service.experiments.findings import ExperimentReport, Findings
from service.experiments.folder import Folder
from service.experiments.importing import import_results, results_sources
from service.experiments.material import Material, OnPhase, Row, TaskCache
from service.experiments.options import NAMES, ExperimentOptions, Instructions
from service.experiments.page import write_page

if TYPE_CHECKING:
    from workers.models import Model


class Experiment(Protocol):
    """What a module of `service.experiments.measures` has."""

    TITLE: str
    ABOUT: str  # what it measures
    CHOICES: Sequence[str]  # the options, besides those of the results, that change its numbers

    def make(self, material: Material) -> Findings: ...


def make_reports(
    names: Sequence[str],
    folder: Folder,
    options: ExperimentOptions,
    instructions: Instructions,
    *,
    progress: OnPhase,
    notify: Callable[[str], None],
    open_store: Callable[[], AbstractContextManager[Store]],
) -> list[ExperimentReport]:
    """The reports of experiments, once their folder holds them.

    Args:
        notify: called with what is left as it is, and with the problems of bad sentences that are left out.
        open_store: opens the graph, where results are taken out of it.

    Raises:
        InvalidInput: as `plan_tasks`, `compute_results`, `import_results` and `Folder`.
    """
    load = loader(options.device)
    notices: list[str] = []  # are told where nothing is refused
    if options.runs or options.results:
        with open_store() if options.runs else nullcontext() as store:
            import_results(folder, results_sources(options, store), options, instructions.arguments, notices.append)
        _tell(notices, notify)
    else:
        on_skipped = (lambda problem: notify(f"left out: {problem}")) if options.skip_bad else None
        planned = plan_tasks(options, instructions.arguments, load, on_skipped, notices.append)
        folder.claim({task: each.origin for task, each in planned.items()})
        _tell(notices, notify)
        compute_results(folder, planned, load, options, progress, on_skipped)
    for task in sorted(folder.origins.keys() - set(folder.tasks)):
        notify(f"{task}: left out, because its results are incomplete; start its analysis again to resume")

    def model_of_task(task: str) -> "Model":
        origin = folder.origins[task]
        return load(origin.source, origin.settings["dtype"])

    cache = _cache_in(folder, options)
    material = Material(options, folder.read_results(), model_of_task, progress, cache)
    reports = [_report(name, folder, material, instructions, notify) for name in names]
    everything = [report for name in NAMES if (report := folder.finished(name)) is not None]
    concluded = report_of(everything)
    folder.write(concluded, ())
    write_page(folder, material, [concluded, *everything])
    return reports


def _tell(notices: Sequence[str], notify: Callable[[str], None]) -> None:
    for notice in notices:
        notify(notice)


def _report(
    name: str, folder: Folder, material: Material, instructions: Instructions, notify: Callable[[str], None]
) -> ExperimentReport:
    experiment = _experiment(name)
    made_from = folder.digest(list(material.results), _choices(name, material.options))
    before = folder.finished(name)
    if before is not None and before.made_from == made_from:
        notify(f"{name}: finished before, with the same results")
        return before
    notify(f"{name}: started")
    started = perf_counter()
    findings = experiment.make(material)
    report = ExperimentReport(
        experiment=name,
        title=experiment.TITLE,
        about=experiment.ABOUT,
        made_from=made_from,
        command=_repeat(name, folder, material, instructions),
        seconds=perf_counter() - started,
        sheets=tuple(findings.sheets),
        figures=tuple((figure.name, figure.title) for figure in findings.figures),
    )
    folder.write(report, findings.figures)
    return report


def _experiment(name: str) -> Experiment:
    return cast(Experiment, import_module(f"service.experiments.measures.{name}"))


def _choices(name: str, options: ExperimentOptions) -> dict[str, Any]:
    """What changes the numbers of an experiment, besides results."""
    choices = {choice: _plain(getattr(options, choice)) for choice in _experiment(name).CHOICES}
    return {**choices, "version": version("influence-graph")}


def _cache_in(folder: Folder, options: ExperimentOptions) -> TaskCache:
    """The folder keeps what experiments find of one task."""

    def cached(experiment: str, task: str, kind: type[Row], compute: Callable[[], list[Row]]) -> list[Row]:
        made_from = folder.digest([task], _choices(experiment, options))
        return folder.rows(experiment, task, made_from, kind, compute)

    return cached


def _repeat(name: str, folder: Folder, material: Material, instructions: Instructions) -> str:
    """How to repeat an experiment: a line for each choice of arguments that gave some of the tasks' results."""
    arguments = dict.fromkeys(folder.origins[task].arguments for task in material.results)
    return "\n".join(instructions.repeat(name, each) for each in arguments)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
