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
from typing import Any, Protocol, cast

from cypher.errors import InvalidInput
from cypher.store.store import Store
from cypher.suggestions import did_you_mean
from service.experiments.analyses import Load, analyse, given, held, loader, plan, take
from service.experiments.claims import report_of
from service.experiments.folder import Folder
from service.experiments.material import Keep, Material, Progress, Row
from service.experiments.options import ALL, NAMES, Options, command, of_experiments
from service.experiments.page import write_page
from service.experiments.report import Findings, Report


class Experiment(Protocol):
    """What a module of an experiment has."""

    TITLE: str
    ABOUT: str  # what it measures
    CHOICES: Sequence[str]  # the options, besides those of the results, that change its numbers

    def make(self, material: Material) -> Findings: ...


def chosen(name: str) -> tuple[str, ...]:
    """The experiments that a name stands for.

    Raises:
        InvalidInput: none; the message names the nearest.
    """
    if name == ALL:
        return NAMES
    if name not in NAMES:
        known = (*NAMES, ALL)
        fix = f"{did_you_mean(name, known)}There are {', '.join(known)}."
        raise InvalidInput("NAME", f"there is no experiment {name!r}", fix)
    return (name,)


def run(
    names: Sequence[str],
    folder: Folder,
    options: Options,
    *,
    progress: Progress,
    tell: Callable[[str], None],
    store: Callable[[], AbstractContextManager[Store]],
) -> list[Report]:
    """The reports of experiments, once their folder holds them.

    Args:
        tell: is told what is left as it is, and of bad sentences that are left out.
        store: opens the graph, where results are taken out of it.

    Raises:
        InvalidInput: as `plan`, `analyse`, `take` and `Folder`.
    """
    load = loader(options.device)
    _results(folder, options, load, progress, tell, store)
    for task in sorted(folder.origins.keys() - set(folder.tasks)):
        tell(f"{task}: left out, for its results are not all here; the command that began them goes on")

    def of_task(task: str) -> Any:
        origin = folder.origins[task]
        return load(origin.source, origin.settings["dtype"])

    material = Material(options, held(folder, folder.tasks), of_task, progress, _keep(folder, options))
    reports = [_report(name, folder, material, tell) for name in names]
    everything = [report for name in NAMES if (report := folder.finished(name)) is not None]
    concluded = report_of(everything)
    folder.write(concluded, ())
    write_page(folder, material, [concluded, *everything])
    return reports


def _results(
    folder: Folder,
    options: Options,
    load: Load,
    progress: Progress,
    tell: Callable[[str], None],
    store: Callable[[], AbstractContextManager[Store]],
) -> None:
    """Every task's results into the folder."""
    if options.runs or options.results:
        with store() if options.runs else nullcontext() as graph:
            take(folder, given(options, graph), options)
        return
    leave_out = (lambda what: tell(f"left out: {what}")) if options.skip_bad else None
    planned = plan(options, load, leave_out)
    folder.claim({task: each.origin for task, each in planned.items()})
    analyse(folder, planned, load, options, progress, leave_out)


def _report(name: str, folder: Folder, material: Material, tell: Callable[[str], None]) -> Report:
    experiment = _experiment(name)
    made_from = folder.digest(list(material.results), _choices(name, material.options))
    before = folder.finished(name)
    if before is not None and before.made_from == made_from:
        tell(f"{name}: finished before, of the same results")
        return before
    tell(f"{name}: making it")
    begun = perf_counter()
    findings = experiment.make(material)
    report = Report(
        experiment=name,
        title=experiment.TITLE,
        about=experiment.ABOUT,
        made_from=made_from,
        command=_commands(name, folder, material),
        seconds=perf_counter() - begun,
        sheets=tuple(findings.sheets),
        figures=tuple((drawing.name, drawing.title) for drawing in findings.drawings),
    )
    folder.write(report, findings.drawings)
    return report


def _experiment(name: str) -> Experiment:
    return cast(Experiment, import_module(f"service.experiments.{name}"))


def _choices(name: str, options: Options) -> dict[str, Any]:
    """What changes the numbers of an experiment, besides results."""
    choices = {choice: _plain(getattr(options, choice)) for choice in _experiment(name).CHOICES}
    return {**choices, "version": version("influence-graph")}


def _keep(folder: Folder, options: Options) -> Keep:
    """What experiments find of one task lies in the folder."""

    def keep(experiment: str, task: str, kind: type[Row], compute: Callable[[], list[Row]]) -> list[Row]:
        made_from = folder.digest([task], _choices(experiment, options))
        return folder.rows(experiment, task, made_from, kind, compute)

    return keep


def _commands(name: str, folder: Folder, material: Material) -> str:
    """The command lines that make an experiment again, one for each that brought some of the tasks."""
    brought = dict.fromkeys(folder.origins[task].arguments for task in material.results)
    return "\n".join(
        command(name, (*arguments, *of_experiments(material.options)), folder.path) for arguments in brought
    )


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
