"""The graph from Python: its runs, queries of your own, and results stored in it."""

from collections.abc import Iterable, Mapping
from itertools import chain
from types import TracebackType
from typing import Any, Self

from cypher.connection import Connection
from cypher.errors import InvalidInput
from cypher.store.store import Store
from influence_graph.results import Results
from influence_graph.runs import Run
from influence_graph.tables import Table
from service.operations.queries import ask
from service.operations.reports import list_reports
from service.operations.storing import Destination, RunWriter
from workers.analysis.results import InstanceResult
from workers.analysis.settings import tells_right
from workers.environment import read_environment
from workers.records.to_graph import describe_loaded, describe_model, describe_run

USER = "neo4j"
"""Who connects, unless another user is named."""


class Graph:
    """A Neo4j and the runs in it. A context manager.

    Every method raises ServerError where the server is gone or refuses.
    """

    def __init__(self, store: Store):
        self._store = store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def runs(self) -> Table:
        """All runs, the newest first."""
        columns = ("name", "id", "status", "instances", "right", "model", "created_at")
        rows = [
            (
                run.name,
                run.id,
                run.status,
                run.instances,
                run.correct if tells_right(run.settings) else None,
                run.model_name or run.model,
                run.created_at,
            )
            for run in self._store.runs()
        ]
        return Table(columns, rows)

    def run(self, name: str) -> Run:
        """The run of that name or id; the first digits of an id are enough.

        Raises:
            NotFound: there is none; the message names the nearest.
            Conflict: there are several.
        """
        return Run(self._store, self._store.find(name))

    def reports(self) -> Table:
        """The reports there are, what each answers, and what it can be asked for."""
        rows = [(report.name, report.summary, list(report.parameters[1:])) for report in list_reports()]
        return Table(("report", "answers", "parameters"), rows)

    def query(
        self, cypher: str, parameters: Mapping[str, Any] | None = None, *, seconds: float = 30.0, rows: int = 1000
    ) -> Table:
        """What a Cypher query answers. It can only read.

        Args:
            parameters: values for the names in it that begin with `$`.
            seconds: the longest it may take.
            rows: the most to fetch; the table says whether there are more.

        Raises:
            InvalidQuery: Neo4j finds a mistake in it.
            RefusedQuery: it does more than read the graph.
            QueryLimitExceeded: it needs more time or memory than it may take.
        """
        return Table.of(ask(self._store, cypher, parameters or {}, seconds=seconds, rows=rows))

    def store(self, results: Iterable[InstanceResult], name: str) -> Run:
        """Store results as the run of that name. What is stored already is left as it is.

        What is stored before an interruption is whole; storing the same results again stores the rest.

        Args:
            results: of one model and one choice of settings, as `analyze` or `read_results` give them.

        Raises:
            InvalidInput: there are no results, or they are of several models or settings, or other sentences are
                stored under their ids.
            Conflict: another run has this name.
        """
        loaded = results.model if isinstance(results, Results) else None
        results = iter(results)
        first = next(results, None)
        if first is None:
            raise InvalidInput("results", "there are none", "Give one or more.")
        run = describe_run(first.model, first.settings, first.versions, name)
        model = describe_model(first) if loaded is None else describe_loaded(loaded)
        with RunWriter(Destination(self._store, run, model)) as writer:
            for result in chain([first], results):
                _check_alike(result, first)
                writer.write(result)
        return self.run(run.id)

    def __repr__(self) -> str:
        return "<Graph>"


def connect(uri: str | None = None, user: str = USER, password: str | None = None) -> Graph:
    """Open a graph, and bring its schema up to date. Close it after use, or use it as a context manager.

    Args:
        uri: such as bolt://localhost:7687; by default the graph that the environment names, which is the local one
            unless INFLUENCE_NEO4J_URI is set.
        user, password: for `uri`.

    Raises:
        InvalidInput: an address that is none, or one without a password.
        ServerError: there is no such server, it does not let the user in, or it cannot be used.
    """
    if uri is None:
        if password is not None or user != USER:
            raise InvalidInput("uri", "a user or password is given without it", "Give the address too.")
        return Graph(Store.open(read_environment().graph(), migrate=True))
    if password is None:
        raise InvalidInput("password", f"there is none for {uri}", "Give it too.")
    return Graph(Store.open(Connection(uri, user, password), migrate=True))


def _check_alike(result: InstanceResult, first: InstanceResult) -> None:
    """Have the two the same model and settings?

    Raises:
        InvalidInput: they have not.
    """
    for field in ("model", "settings"):
        if getattr(result, field) != getattr(first, field):
            problem = f"{result.id!r} and {first.id!r} have different ones"
            raise InvalidInput(field, problem, "Store the results of each model and choice of settings as a run.")
