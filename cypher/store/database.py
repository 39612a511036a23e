"""A database: statements and queries in transactions of their own. The only module that opens a session."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any, Concatenate, LiteralString, ParamSpec, Self, TypeVar, cast

from neo4j import (
    READ_ACCESS,
    Driver,
    ManagedTransaction,
    NotificationClassification,
    Result,
    Session,
    unit_of_work,
)
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired, TransientError
from neo4j.graph import Node, Relationship

from cypher.connection import causes
from cypher.errors import Conflict, InfluenceError, InvalidQuery, ServerError
from cypher.store.driver_errors import (
    EXPLAIN,
    lost_query,
    query_error,
    server_error,
    too_large,
    too_long,
    unanswered,
    without_explain,
)
from cypher.store.query_plan import QueryPlan, operators
from cypher.store.statements import fetch_all, statement
from cypher.store.table import Table

FETCH_SIZE = 1000
"""Rows that the server sends at a time."""
LARGEST = 2**28
"""Bytes of a query's answer: what it takes in UTF-8, about."""
PATIENCE = 20.0
"""Seconds beyond a query's time in which the server may say that it is over."""

Answer = TypeVar("Answer")
P = ParamSpec("P")


class Database:
    """One database, for any number of threads at once. A context manager.

    Nothing but the driver's pool of connections is shared: every call takes a session of its own, and gives it back.

    Every method raises ServerError where the server is gone or refuses, and `ConcurrentWrite` where another program
    writes the same run.
    """

    def __init__(self, driver: Driver, logs: Path | None = None, *, writable: bool = True):
        """
        Args:
            logs: the server's, where it is on this machine.
            writable: False where the database has no schema: it can be read, and holds nothing.
        """
        self._driver = driver
        self._logs = logs
        self._writable = writable

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._driver.close()

    def read(self, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """The rows that a statement answers; it cannot write."""
        with self.session(default_access_mode=READ_ACCESS) as session:
            return session.execute_read(fetch_all, name, **parameters)

    def execute_write(
        self, work: Callable[Concatenate[ManagedTransaction, P], Answer], *args: P.args, **kwargs: P.kwargs
    ) -> Answer:
        """What a function answers that writes in one transaction; the driver calls it again after a passing error.

        Raises:
            Conflict: the database has no schema.
        """
        self._check_writable()
        with self.session() as session:
            return session.execute_write(work, *args, **kwargs)

    def execute_batches(self, name: str, each: Callable[[], None] = lambda: None, /, **parameters: Any) -> None:
        """Run a statement with transactions of its own to its end: again where one met the lock of a writer.

        Args:
            each: called for every row that it answers.

        Raises:
            Conflict: the database has no schema.
        """
        self._check_writable()
        with self.session() as session:
            while True:
                try:
                    for _ in session.run(statement(name), parameters):
                        each()
                    return
                except TransientError as error:  # the driver tries only its own transactions again
                    if "Deadlock" not in (error.code or ""):
                        raise

    def query(
        self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None, rows: int | None = None
    ) -> Table:
        """What a reading query answers.

        Args:
            seconds: after which the server gives up.
            rows: the most to fetch; without it, all.

        Raises:
            InvalidQuery: Neo4j finds a mistake in it.
            InvalidInput: a parameter is missing.
            QueryLimitExceeded: it needs more time or memory than it may take.
        """

        def fetch(result: Result) -> Table:
            found, room = [], LARGEST
            for record in islice(result, None if rows is None else rows + 1):
                if (room := room - _size(values := tuple(record.values()))) < 0:
                    raise too_large(f"it has more than {LARGEST // 2**20} MB")
                found.append(values)
            return Table(tuple(result.keys()), found[:rows], cut=rows is not None and len(found) > rows)

        size = FETCH_SIZE if rows is None else min(FETCH_SIZE, rows + 1)
        return self._run_query(text, parameters, seconds, fetch, fetch_size=size)

    def stream(
        self, text: str, parameters: Mapping[str, Any], read: Callable[[Iterator[tuple[Any, ...]]], Answer]
    ) -> Answer:
        """What a function makes of the rows of a reading query, of which a hundred are held at a time.

        After a passing error it is called again, with all rows from the first on.
        """

        def fetch(result: Result) -> Answer:
            return read(tuple(record.values()) for record in result)

        return self._run_query(text, parameters, None, fetch, fetch_size=100)

    def explain(self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None) -> QueryPlan:
        """How the server would run a query; it does not run.

        Raises:
            InvalidQuery: Neo4j finds a mistake in it.
        """

        def fetch(result: Result) -> QueryPlan:
            summary = result.consume()
            steps = tuple(operators(summary.plan)) if summary.plan else ()
            unknown = tuple(
                status.status_description.split(". ")[1]  # its title comes first, and advice last
                for status in summary.gql_status_objects
                if status.classification == NotificationClassification.UNRECOGNIZED
            )
            return QueryPlan(summary.query_type, summary.database, steps, unknown)

        try:
            return self._run_query(EXPLAIN + text, parameters, seconds, fetch, notifications_min_severity="WARNING")
        except InvalidQuery as error:
            raise without_explain(error) from error

    def _run_query(
        self,
        text: str,
        parameters: Mapping[str, Any],
        seconds: float | None,
        fetch: Callable[[Result], Answer],
        **options: Any,
    ) -> Answer:
        """What can be fetched of a query's result, in a transaction that cannot write.

        The driver would send a query again whose connection is lost. One that takes the server down must not come back
        with it, so it is sent once; only its beginning waits for a server that is away. Within an expression, a server
        does not heed the end of a query's time either: a while later the query is left alone, in its thread.
        """
        at_fault: list[InfluenceError] = []

        def read(tx: ManagedTransaction) -> Answer:
            try:
                return fetch(tx.run(cast(LiteralString, text), dict(parameters)))
            except Neo4jError as error:
                if known := query_error(error, parameters, seconds):
                    at_fault.append(known)
                    raise known from error  # here, where the driver does not try again what would fail again
                raise
            except (ServiceUnavailable, SessionExpired) as error:
                raise self._lost(error) from error

        def ask() -> Answer:
            try:
                with self.session(
                    **{"default_access_mode": READ_ACCESS, "fetch_size": FETCH_SIZE} | options
                ) as session:
                    return session.execute_read(unit_of_work(timeout=seconds)(read))
            except ServerError as error:  # closing the failed transaction can fail too, and hide why
                raise (at_fault or [error])[0] from error

        try:
            return _answer_of(ask, None if seconds is None else seconds + PATIENCE)
        except TimeoutError:
            raise too_long(seconds) from None

    def _lost(self, error: DriverError) -> InfluenceError:
        """The error for a query whose connection is lost; a server that is there still has closed it by itself."""
        if any(isinstance(cause, TimeoutError) for cause in causes(error)):
            return unanswered()
        try:
            self._driver.get_server_info()
        except (Neo4jError, DriverError):
            return lost_query(self._logs)
        return too_large("the server gave up sending it")

    @contextmanager
    def session(self, **options: Any) -> Iterator[Session]:
        """A session whose errors say what to do; for one thread."""
        try:
            with self._driver.session(**{"notifications_min_severity": "OFF"} | options) as session:
                yield session
        except (Neo4jError, DriverError) as error:
            raise server_error(error, self._logs) from error

    def _check_writable(self) -> None:
        if not self._writable:
            raise Conflict("graph", "the graph is empty and was opened for reading", "Open it for writing.")


def _answer_of(ask: Callable[[], Answer], seconds: float | None) -> Answer:
    """The answer of a call, which goes on in its thread where that takes too long.

    Raises:
        TimeoutError: it takes longer than `seconds`.
    """
    outcome: Future[Answer] = Future()

    def run() -> None:
        try:
            outcome.set_result(ask())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome.result(seconds)


def _size(value: Any) -> int:
    """Bytes that a value takes, about."""
    match value:
        case str() | bytes() | bytearray():
            return len(value)
        case Mapping() | Node() | Relationship():
            return 8 + sum(map(_size, value.values()))
        case list() | tuple():
            return 8 + sum(map(_size, value))
        case _:
            return 8
