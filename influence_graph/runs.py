"""One run in the graph: its reports, its comparisons, its figures, and its results as files."""

from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from cypher.queries.named_reports import Align
from cypher.store.records import Level
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from influence_graph.figures import Figure
from influence_graph.html import render
from influence_graph.results import Results
from influence_graph.tables import Table
from service.export.target import Format
from service.operations import exports, figures, reports, runs
from service.operations.reports import Choices
from workers.analysis.settings import tells_right


class Run:
    """A run in the graph, as it was when it was looked up.

    Every method raises ServerError where the server is gone or refuses.
    """

    def __init__(self, store: Store, stored: StoredRun):
        self._store = store
        self._stored = stored

    @property
    def id(self) -> str:
        """What names it, whatever happens to others: digits made of its model, settings and name."""
        return self._stored.id

    @property
    def name(self) -> str:
        """What its user calls it."""
        return self._stored.name

    @property
    def status(self) -> str:
        """`completed`, or why not all of its sentences are there."""
        return self._stored.status

    @property
    def instances(self) -> int:
        """How many sentences have results."""
        return self._stored.instances

    @property
    def right(self) -> int | None:
        """How many of them the model has right; None where the question has no right answer."""
        return self._stored.correct if tells_right(self._stored.settings) else None

    @property
    def model(self) -> str:
        """The model's fingerprint."""
        return self._stored.model

    @property
    def model_name(self) -> str | None:
        """What the model is called, where that is known."""
        return self._stored.model_name

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that its results were made with."""
        return self._stored.settings

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the packages that made its first result."""
        return self._stored.versions

    @property
    def created_at(self) -> datetime:
        """When it was begun."""
        return self._stored.created_at

    def report(
        self,
        name: str,
        *,
        task: str | None = None,
        case: str | None = None,
        level: Level | None = None,
        method: str | None = None,
        align: Align | None = None,
        top: int | None = None,
        limit: int | None = None,
    ) -> Table:
        """The answer to one of the named questions; `Graph.reports` lists them.

        Args:
            task, case: by default all.
            level: of patterns; by default attention.
            method: how patterns were found; by default guided pattern refinement, `gpr`.
            align: what is laid over each other: equal positions, or equal roles where sentences differ in length.
            top: how many of the strongest elements are a set; by default 5, 10, 20 and 50.
            limit: the most rows; by default all.

        Raises:
            NotFound: no such report, or a task, case or method that the run does not have.
            InvalidInput: a parameter that the report does not take.
        """
        choices = Choices(task, case, level, method, align, top)
        return Table.of(reports.run_report(self._store, name, self.id, choices, rows=limit).table)

    def compare(
        self,
        name: str,
        *,
        case: str | None = None,
        against: "str | Run",
        task: str | None = None,
        level: Level | None = None,
        method: str | None = None,
        align: Align | None = None,
    ) -> Table:
        """A report's measures on two sides, their difference (this side minus the other) and its interval of 95 %.

        Args:
            case: this side; with another run as the other side, by default each case.
            against: the other side: a case of this run, or the same cases of another run.
            task: by default all that both sides have.
            level, method, align: as of `report`.

        Raises:
            NotFound, InvalidInput: as `report`; also a report about whole runs, or two sides that share nothing.
        """
        other, other_case = (against.id, case) if isinstance(against, Run) else (self.id, against)
        choices = Choices(task, case, level, method, align)
        compared = reports.compare(self._store, name, self.id, choices, against_run=other, against_case=other_case)
        return Table.of(compared.table)

    def results(self) -> Results:
        """The results of its sentences, in the order in which they were given; all of them are held in memory."""
        from workers.records.stored_runs import read_run

        return Results(read_run(self._store, self._stored))

    def plot_aggregated(
        self,
        task: str,
        case: str | None = None,
        *,
        level: Level = "attention",
        align: Align = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
    ) -> Figure:
        """How often patterns take each step: all sentences of a case laid over each other.

        Args:
            case: by default all cases in a row.
            level: `attention` tells heads and skip connections apart.
            align: as of `report`.
            least_share: leave out steps that fewer of a case's sentences take; by default so many are left out that
                the figure fits a page.
            steps: show so many of each case, the most frequent.
            positions: the first and last to show.

        Raises:
            NotFound: a task or case that the run does not have.
            InvalidInput: a share, number or window that cannot be.
        """
        shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": positions}
        return Figure(figures.draw_aggregated(self._store, self.id, task, case, level=level, align=align, **shown))

    def plot_difference(
        self,
        task: str,
        case: str,
        against: str,
        *,
        level: Level = "attention",
        align: Align = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
    ) -> Figure:
        """Which steps patterns take more often in one case than in another.

        Args:
            level, align, steps, positions: as of `plot_aggregated`.
            least_share: leave out smaller differences of shares.

        Raises:
            NotFound: a task or case that the run does not have.
            InvalidInput: the two cases are one, or a share, number or window that cannot be.
        """
        shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": positions}
        drawn = figures.draw_difference(self._store, self.id, task, case, against, level=level, align=align, **shown)
        return Figure(drawn)

    def plot_entropy(self, *, align: Align = "position") -> Figure:
        """Pattern entropy against accuracy, a point for each case."""
        return Figure(figures.draw_entropy(self._store, self.id, align=align))

    def plot_attractors(self, task: str, *, align: Align = "position") -> Figure:
        """How strongly each place speaks for the right or the wrong answer, beside the matched case.

        Raises:
            NotFound: a task that the run does not have.
        """
        return Figure(figures.draw_attractors(self._store, self.id, task, align=align))

    def export(self, path: str | PathLike[str], format: Format = "jsonl", *, replace: bool = False) -> Path:  # noqa: A002
        """Write the run to a file, or with `parquet` into a folder: whole, or not at all. Returns the path.

        Args:
            replace: replace what an earlier export left there.

        Raises:
            InvalidInput: there is something already, or the path cannot be written.
        """
        return exports.export_run(self._store, self.id, format, Path(path), replace=replace).output

    def delete(self) -> None:
        """Delete the run from the graph. Where this is interrupted, delete it again."""
        runs.delete(self._store, self.id)

    def __repr__(self) -> str:
        return f"<Run {self.name!r}: {self.instances} sentences, {self.status}>"

    def _repr_html_(self) -> str:
        return render("run", run=self)
