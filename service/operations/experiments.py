"""The paper's experiments, from sentences to a folder with a report."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.errors import NotFound
from cypher.store.store import Store
from cypher.suggestions import did_you_mean
from service.experiments.options import ALL, NAMES, ExperimentOptions, Instructions

if TYPE_CHECKING:
    from service.experiments.findings import ExperimentReport
    from service.experiments.material import OnPhase


@dataclass(frozen=True, slots=True, eq=False)
class FinishedExperiments:
    """Reports, and the folder that holds them."""

    reports: "tuple[ExperimentReport, ...]"
    page: Path

    @property
    def outside(self) -> int:
        """How many numbers do not meet the paper's."""
        return sum(sheet.outside() for report in self.reports for sheet in report.sheets)


def experiment_names(name: str) -> tuple[str, ...]:
    """The experiments that a name stands for.

    Raises:
        NotFound: none; the message names the nearest.
    """
    if name == ALL:
        return NAMES
    if name not in NAMES:
        known = (*NAMES, ALL)
        fix = f"{did_you_mean(name, known)}There are {', '.join(known)}."
        raise NotFound("name", f"there is no experiment {name!r}", fix)
    return (name,)


def run_experiments(
    names: Sequence[str],
    output: Path,
    options: ExperimentOptions,
    instructions: Instructions,
    *,
    open_store: Callable[[], AbstractContextManager[Store]],
    progress: "OnPhase" = lambda doing, done, total: None,
    notify: Callable[[str], None] = lambda notice: None,
) -> FinishedExperiments:
    """Run experiments. What the folder holds already is kept; what was interrupted resumes.

    Args:
        names: as of `experiment_names`.
        output: the folder of the report.
        open_store: opens the graph, where results are taken out of it.
        notify: called with what is left as it is, and with the problems of bad sentences that are left out.

    Raises:
        RequestError: an unknown task or run; sentences or results that cannot be used; a folder of
            something else.
        ServerError: the graph cannot be read.
    """
    from service.experiments.folder import Folder  # torch, transformers and matplotlib take seconds to import
    from service.experiments.run import make_reports

    folder = Folder(output)
    reports = make_reports(
        names, folder, options, instructions, progress=progress, notify=notify, open_store=open_store
    )
    return FinishedExperiments(tuple(reports), folder.page)
