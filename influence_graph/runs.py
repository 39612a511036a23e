"""One run in the graph: its reports, its comparisons, its figures, and its results as files."""

from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cypher.queries.named_reports import complete, find_report, run_report
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from influence_graph import run_figures
from influence_graph.html import render
from influence_graph.results import Results
from influence_graph.tables import Table
from service import comparison
from service.export.target import Format

if TYPE_CHECKING:
    from influence_graph.figures import Figure

Level = Literal["embedding", "attention"]
Align = Literal["position", "role"]

ALL = 2**31
"""Rows of a report that is not limited."""


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
    def right(self) -> int:
        """How many of them the model has right."""
        return self._stored.correct

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
        limit: int | None = None,
    ) -> Table:
        """The answer to one of the named questions; `Graph.reports` lists them.

        Args:
            task, case: by default all.
            level: of patterns; by default attention.
            method: how patterns were found; by default guided pattern refinement, `gpr`.
            align: what is laid over each other: equal positions, or equal roles where sentences differ in length.
            limit: the most rows; by default all.

        Raises:
            NotFound: no such report, or a task, case or method that the run does not have.
            InvalidInput: a parameter that the report does not take.
        """
        given = {"task": task, "case": case, "level": level, "method": method, "align": align, "limit": limit}
        chosen = {name: value for name, value in given.items() if value is not None}
        most = {"limit": ALL} if limit is None and "limit" in find_report(name).parameters else {}
        return Table.of(run_report(self._store, name, {"run": self.id, **chosen, **most}))

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
        given = {"level": level, "method": method, "align": align}
        chosen = {parameter: value for parameter, value in given.items() if value is not None}
        both = [complete(self._store, find_report(name), {"run": run, **chosen}) for run in (self.id, other)]
        pairs = comparison.sides(self._store, (self.id, case), (other, other_case), task)
        asked = {parameter: both[0][parameter] for parameter in comparison.PARAMETERS}
        return Table.of(comparison.compare(self._store, name, pairs, asked))

    def results(self) -> Results:
        """The results of its sentences, in the order in which they were given; all of them are held in memory."""
        from service.export.results import read_run

        return Results(read_run(self._store, self._stored))

    def plot_aggregated(
        self, task: str, case: str | None = None, *, level: Level = "attention", align: Align = "position"
    ) -> "Figure":
        """How often patterns take each step: all sentences of a case laid over each other.

        Args:
            case: by default all cases in a row.
            level: `attention` tells heads and skip connections apart.
            align: as of `report`.

        Raises:
            NotFound: a task or case that the run does not have.
        """
        return run_figures.aggregated(self._store, self._stored, task, case, level, align)

    def plot_difference(
        self, task: str, case: str, against: str, *, level: Level = "attention", align: Align = "position"
    ) -> "Figure":
        """Which steps patterns take more often in one case than in another.

        Args:
            level, align: as of `plot_aggregated`.

        Raises:
            NotFound: a task or case that the run does not have.
            InvalidInput: the two cases are one.
        """
        return run_figures.difference(self._store, self._stored, task, case, against, level, align)

    def plot_entropy(self, *, align: Align = "position") -> "Figure":
        """Pattern entropy against accuracy, a point for each case."""
        return run_figures.entropy(self._store, self._stored, align)

    def plot_attractors(self, task: str, *, align: Align = "position") -> "Figure":
        """How strongly each place speaks for the right or the wrong answer, beside the matched case.

        Raises:
            NotFound: a task that the run does not have.
        """
        return run_figures.attractors(self._store, self._stored, task, align)

    def export(self, path: str | PathLike[str], format: Format = "jsonl", *, replace: bool = False) -> Path:  # noqa: A002
        """Write the run to a file, or with `parquet` into a folder: whole, or not at all. Returns the path.

        Args:
            replace: replace what an earlier export left there.

        Raises:
            InvalidInput: there is something already, or the path cannot be written.
        """
        from service.export.formats import export

        export(self._store, self._stored, format, Path(path), force=replace, advance=lambda: None)
        return Path(path)

    def delete(self) -> None:
        """Delete the run from the graph. Where this is interrupted, delete it again."""
        self._store.delete(self.id)

    def __repr__(self) -> str:
        return f"<Run {self.name!r}: {self.instances} sentences, {self.status}>"

    def _repr_html_(self) -> str:
        return render("run", run=self)
