"""An experiment, or all of them, from sentences to the page.

1. The sentences of every task, their models and the folder are checked, before anything is computed.
2. Every task's results, those that the folder lacks.
3. Each experiment in turn; one that was finished with the same results and choices is left as it is.
4. The page, of all experiments that the folder holds.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, is_dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol, cast

from cypher.errors import did_you_mean
from cypher.store import Store
from service.experiments.analyses import analyse, held, loader, plan, take
from service.experiments.folder import Folder
from service.experiments.material import Material, Progress
from service.experiments.options import ALL, NAMES, Options, command
from service.experiments.page import write_page
from service.experiments.report import Findings, Report
from workers.errors import BadInput


class Experiment(Protocol):
    """What a module of an experiment has."""

    TITLE: str
    ABOUT: str  # what it measures
    CHOICES: Sequence[str]  # the options, besides those of the results, that change its numbers

    def make(self, material: Material) -> Findings: ...


def chosen(name: str) -> tuple[str, ...]:
    """The experiments that a name stands for.

    Raises:
        BadInput: none; the message names the nearest.
    """
    if name == ALL:
        return NAMES
    if name not in NAMES:
        known = (*NAMES, ALL)
        fix = f"{did_you_mean(name, known)}There are {', '.join(known)}."
        raise BadInput("NAME", f"there is no experiment {name!r}", fix)
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
        BadInput: as `plan`, `analyse`, `take` and `Folder`.
    """
    load = loader(options)
    tasks = _results(folder, options, load, progress, tell, store)
    material = Material(options, held(folder, tasks), load, progress)
    reports = [_report(name, folder, material, tell) for name in names]
    write_page(folder, material)
    return reports


def _results(
    folder: Folder,
    options: Options,
    load: Callable[[str], Any],
    progress: Progress,
    tell: Callable[[str], None],
    store: Callable[[], AbstractContextManager[Store]],
) -> Sequence[str]:
    """Every task's results, once they are in the folder; the tasks."""
    if options.runs:
        with store() as graph:
            return take(folder, graph, [graph.find(wanted) for wanted in options.runs], options.tasks)
    leave_out = (lambda what: tell(f"left out: {what}")) if options.skip_bad else None
    planned = plan(options, load, leave_out)
    folder.claim({task: each.origin for task, each in planned.items()})
    analyse(folder, planned, load, options, progress, leave_out)
    return tuple(planned)


def _report(name: str, folder: Folder, material: Material, tell: Callable[[str], None]) -> Report:
    experiment = cast(Experiment, import_module(f"service.experiments.{name}"))
    choices = {choice: _plain(getattr(material.options, choice)) for choice in experiment.CHOICES}
    made_from = folder.digest(list(material.results), {**choices, "version": version("influence-graph")})
    before = folder.finished(name)
    if before is not None and before.made_from == made_from:
        tell(f"{name}: finished before, of the same results")
        return before
    tell(f"{name}: making it")
    findings = experiment.make(material)
    report = Report(
        experiment=name,
        title=experiment.TITLE,
        about=experiment.ABOUT,
        made_from=made_from,
        command=command(name, material.options, folder.path),
        sheets=tuple(findings.sheets),
        figures=tuple((drawing.name, drawing.title) for drawing in findings.drawings),
    )
    folder.write(report, findings.drawings)
    return report


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
