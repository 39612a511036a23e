"""The installation of this machine's environment: its graph, broker and logs, each opened when it is first needed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from service.operations.progress import OnNotice, OnProgress, unheard, untold

if TYPE_CHECKING:  # each use case is imported when it is asked for
    from cypher.errors import InvalidInput, ServerError
    from cypher.ledger.jobs import JobProgress
    from cypher.queries.named_reports import NamedReport
    from cypher.store.runs import InexactInstances, StoredRun
    from cypher.store.store import Store
    from cypher.store.table import Table
    from service.export.target import Format
    from service.operations.connections import Connections
    from service.operations.exports import Exported
    from service.operations.figures import DrawnFigure, FigureFormat, WrittenFigure
    from service.operations.jobs import JobLogs, Resumed, Submitted
    from service.operations.reports import Choices, Comparison, ReportAnswer
    from service.operations.runs import LoadedRun
    from service.operations.servers import ServersStatus
    from service.operations.tasks import TaskDescription
    from workers.analysis.settings import Settings
    from workers.datasets import Instance
    from workers.datasets.tasks import Flipped
    from workers.environment import Environment


class LocalInstallation:
    """An `Installation`. What is wrong in a request is told before a server is asked, where that is possible."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @cached_property
    def _environment(self) -> "Environment":
        from workers.environment import read_environment

        return read_environment()

    @cached_property
    def _store(self) -> "Store":
        from service.operations.connections import open_store

        return self._open.enter_context(open_store(self._environment))

    @cached_property
    def _migrated(self) -> "Store":
        """The graph, its schema brought up to date, as everything that writes needs it."""
        from service.operations.connections import open_store

        return self._open.enter_context(open_store(self._environment, migrate=True))

    @cached_property
    def _connections(self) -> "Connections":
        from service.operations.connections import open_connections

        return self._open.enter_context(open_connections(self._environment))

    def status(self) -> "ServersStatus":
        from service.operations import servers

        return servers.status(self._environment)

    def unusable(self) -> "list[ServerError]":
        from service.operations.connections import unusable_servers

        return unusable_servers(self._environment)

    def runs(self) -> "list[StoredRun]":
        return self._store.runs()

    def delete(self, run: str, progress: OnProgress = unheard) -> "StoredRun":
        from service.operations import runs

        return runs.delete(self._store, run, progress)

    def load(self, results: Path, name: str | None = None, progress: OnProgress = unheard) -> "LoadedRun":
        from service.operations import runs

        return runs.load(self._migrated, results, name, progress)

    def export(
        self, run: str, form: "Format", output: Path, *, replace: bool = False, progress: OnProgress = unheard
    ) -> "Exported":
        from service.operations.exports import export_run

        return export_run(self._store, run, form, output, replace=replace, progress=progress)

    def reports(self) -> "list[NamedReport]":
        from service.operations import reports

        return reports.list_reports()

    def report(
        self, name: str, run: str, choices: "Choices | None" = None, *, rows: int | None = None
    ) -> "ReportAnswer":
        from service.operations import reports

        reports.find_report(name)
        return reports.run_report(self._store, name, run, choices, rows=rows)

    def compare(
        self,
        name: str,
        run: str,
        choices: "Choices | None" = None,
        *,
        against_run: str | None = None,
        against_case: str | None = None,
        rows: int | None = None,
    ) -> "Comparison":
        from service.operations import reports

        reports.find_report(name)
        return reports.compare(
            self._store, name, run, choices, against_run=against_run, against_case=against_case, rows=rows
        )

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, seconds: float = 30.0, rows: int = 1000
    ) -> "Table":
        from service.operations.queries import ask

        return ask(self._store, cypher, parameters or {}, seconds=seconds, rows=rows)

    def draw_aggregated(
        self, run: str, task: str, case: str | None = None, *, form: "FigureFormat" = "svg", **choices: Any
    ) -> "WrittenFigure":
        from service.operations import figures

        return self._written(figures.draw_aggregated(self._store, run, task, case, **choices), form)

    def draw_difference(
        self, run: str, task: str, case: str, against: str, *, form: "FigureFormat" = "svg", **choices: Any
    ) -> "WrittenFigure":
        from service.operations import figures

        return self._written(figures.draw_difference(self._store, run, task, case, against, **choices), form)

    def draw_entropy(self, run: str, *, form: "FigureFormat" = "svg", **choices: Any) -> "WrittenFigure":
        from service.operations import figures

        return self._written(figures.draw_entropy(self._store, run, **choices), form)

    def draw_attractors(self, run: str, task: str, *, form: "FigureFormat" = "svg", **choices: Any) -> "WrittenFigure":
        from service.operations import figures

        return self._written(figures.draw_attractors(self._store, run, task, **choices), form)

    def draw_sentence(
        self,
        run: str,
        name: str,
        words: Sequence[str] | None = None,
        *,
        raw_tokens: bool = False,
        form: "FigureFormat" = "svg",
    ) -> "WrittenFigure":
        from service.operations import figures

        return self._written(figures.draw_sentence(self._store, run, name, words, raw_tokens=raw_tokens), form)

    @staticmethod
    def _written(figure: "DrawnFigure", form: "FigureFormat") -> "WrittenFigure":
        return figure.written(form)

    def submit(
        self,
        instances: "Sequence[Instance]",
        settings: "Settings",
        *,
        model: str = "bundled",
        stem: str = "job",
        on_bad: "Callable[[InvalidInput], None] | None" = None,
        on_notice: OnNotice = untold,
        **choices: Any,
    ) -> "Submitted":
        from service.operations import jobs

        return jobs.submit(
            self._connections,
            instances,
            settings,
            model=model,
            stem=stem,
            on_bad=on_bad,
            on_notice=on_notice,
            **choices,
        )

    def progress(self, run: str) -> "JobProgress":
        from service.operations import jobs

        return jobs.progress(self._store, run)

    def inexact(self, run: str) -> "InexactInstances":
        from service.operations import jobs

        return jobs.inexact(self._store, run)

    def follow(self, run: str) -> "Iterator[JobProgress]":
        from service.operations import jobs

        return jobs.follow(self._store, run)

    def cancel(self, run: str) -> "StoredRun":
        from service.operations import jobs

        return jobs.cancel(self._store, run)

    def resume(self, run: str) -> "Resumed":
        from service.operations import jobs

        return jobs.resume(self._connections, run)

    def logs(self, run: str) -> "JobLogs":
        from service.operations import jobs

        return jobs.logs(self._store, run, self._environment.logs)

    def tasks(self) -> "list[TaskDescription]":
        from service.operations import tasks

        return tasks.list_tasks()

    def generate(
        self, task: str, case: str | None, count: int, seed: int, counterfactual: "Flipped | None" = None
    ) -> "list[Instance]":
        from service.operations import tasks

        return tasks.generate_sentences(task, case, count, seed, counterfactual)
