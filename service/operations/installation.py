"""What front ends ask of an installation: a graph, a broker and workers, of this machine or behind a service."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:  # so that who only names an installation waits for nothing
    from cypher.errors import InvalidInput, ServerError
    from cypher.ledger.jobs import Device, JobProgress
    from cypher.queries.named_reports import Align, NamedReport
    from cypher.store.records import Level
    from cypher.store.runs import InexactInstances, StoredRun
    from cypher.store.table import Table
    from service.export.target import Format
    from service.operations.exports import Exported
    from service.operations.figures import FigureFormat, WrittenFigure
    from service.operations.jobs import JobLogs, Resumed, Submitted
    from service.operations.progress import OnNotice, OnProgress
    from service.operations.reports import Choices, Comparison, ReportAnswer
    from service.operations.runs import LoadedRun
    from service.operations.servers import ServersStatus
    from service.operations.tasks import TaskDescription
    from workers.analysis.settings import Settings
    from workers.datasets import Instance
    from workers.datasets.tasks import Flipped


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a service can use each of its servers."""

    graph: bool
    broker: bool

    @property
    def usable(self) -> bool:
        """Can it use both?"""
        return self.graph and self.broker


class Installation(Protocol):
    """The use cases over one graph, its jobs and its tasks. A context manager.

    Every method raises ServerError where a server is gone or refuses; what else it raises, and what its arguments are,
    the use case of its name says.
    """

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def status(self) -> "ServersStatus | Readiness":
        """How its servers are."""
        ...

    def unusable(self) -> "list[ServerError]":
        """Of the servers that new jobs need, the errors of those that cannot be used."""
        ...

    def runs(self) -> "list[StoredRun]":
        """Its runs, the newest first."""
        ...

    def delete(self, run: str, progress: "OnProgress" = ...) -> "StoredRun": ...

    def load(self, results: Path, name: str | None = None, progress: "OnProgress" = ...) -> "LoadedRun": ...

    def export(
        self, run: str, form: "Format", output: Path, *, replace: bool = False, progress: "OnProgress" = ...
    ) -> "Exported": ...

    def reports(self) -> "list[NamedReport]":
        """Every report, by name."""
        ...

    def report(
        self, name: str, run: str, choices: "Choices | None" = None, *, rows: int | None = None
    ) -> "ReportAnswer": ...

    def compare(
        self,
        name: str,
        run: str,
        choices: "Choices | None" = None,
        *,
        against_run: str | None = None,
        against_case: str | None = None,
        rows: int | None = None,
    ) -> "Comparison": ...

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, seconds: float = 30.0, rows: int = 1000
    ) -> "Table": ...

    def draw_aggregated(
        self,
        run: str,
        task: str,
        case: str | None = None,
        *,
        level: "Level" = "attention",
        align: "Align" = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
        form: "FigureFormat" = "svg",
    ) -> "WrittenFigure": ...

    def draw_difference(
        self,
        run: str,
        task: str,
        case: str,
        against: str,
        *,
        level: "Level" = "attention",
        align: "Align" = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
        form: "FigureFormat" = "svg",
    ) -> "WrittenFigure": ...

    def draw_entropy(
        self, run: str, *, align: "Align" = "position", form: "FigureFormat" = "svg"
    ) -> "WrittenFigure": ...

    def draw_attractors(
        self, run: str, task: str, *, align: "Align" = "position", form: "FigureFormat" = "svg"
    ) -> "WrittenFigure": ...

    def draw_sentence(
        self,
        run: str,
        name: str,
        words: Sequence[str] | None = None,
        *,
        raw_tokens: bool = False,
        form: "FigureFormat" = "svg",
    ) -> "WrittenFigure": ...

    def submit(
        self,
        instances: "Sequence[Instance]",
        settings: "Settings",
        *,
        model: str = "bundled",
        stem: str = "job",
        question: str | None = None,
        dtype: str = "float32",
        name: str | None = None,
        idempotency_key: str | None = None,
        device: "Device" = "any",
        priority: int = 0,
        on_bad: "Callable[[InvalidInput], None] | None" = None,
        on_notice: "OnNotice" = ...,
    ) -> "Submitted": ...

    def progress(self, run: str) -> "JobProgress": ...

    def inexact(self, run: str) -> "InexactInstances": ...

    def follow(self, run: str) -> "Iterator[JobProgress]": ...

    def cancel(self, run: str) -> "StoredRun": ...

    def resume(self, run: str) -> "Resumed": ...

    def logs(self, run: str) -> "JobLogs": ...

    def tasks(self) -> "list[TaskDescription]":
        """Every task, in the order of the paper."""
        ...

    def generate(
        self, task: str, case: str | None, count: int, seed: int, counterfactual: "Flipped | None" = None
    ) -> "list[Instance]": ...
