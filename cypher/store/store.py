"""The graph store: runs written chunk by chunk, listed and deleted. The only module that opens a session.

1. `look` tells what is stored of a run, and `begin` makes it where it is not there.
2. `write` stores a chunk in one transaction, its done mark included. What is marked is not written again, so that a
   chunk can be given as often as one likes: after a lost answer, a killed server or a killed program.
3. `finish` marks the run.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
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
from neo4j.exceptions import ClientError, DriverError, Neo4jError, TransientError

from cypher.connection import Connection, open_driver
from cypher.errors import Conflict, InvalidQuery, NotFound, ServerError
from cypher.store.chunks import write_chunk
from cypher.store.driver_errors import EXPLAIN, failure, trouble, without_explain
from cypher.store.plan import Plan, operators
from cypher.store.records import ChunkRecord, ModelRecord, RunRecord
from cypher.store.rows import Held, held
from cypher.store.schema import sections_of
from cypher.store.statements import STATEMENTS, answers, do, first, statement
from cypher.store.stored import Begun, CaseName, Content, StoredRun, stored_run
from cypher.store.table import Table
from cypher.suggestions import did_you_mean

SHORTEST = 6
"""Digits of a run's id that can stand for it."""
AT_ONCE = 1000
"""Rows that the server sends at a time."""
INSTANCES = 32
"""Instances that are read at a time, with all that is theirs."""

Answer = TypeVar("Answer")
P = ParamSpec("P")


class Store:
    """The runs of one database. A context manager; one thread at a time writes to a run.

    Every method raises ServerError where the server is gone or refuses.
    """

    def __init__(self, driver: Driver, logs: Path | None = None):
        """
        Args:
            logs: the server's, where it is of this machine.
        """
        self._driver = driver
        self._logs = logs

    @classmethod
    def open(cls, connection: Connection) -> Self:
        """Connect, and bring the schema up to date.

        Raises:
            ServerError: no server, no entry, another version of Neo4j, or a database of a newer schema.
        """
        store = cls(open_driver(connection), connection.logs)
        try:
            store.migrate((STATEMENTS / "store/schema.cypher").read_text())
        except BaseException:
            store.close()
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._driver.close()

    def migrate(self, schema: str) -> None:
        """Apply the sections of a schema that the database does not have yet.

        Raises:
            ServerError: the database has a later version than the schema.
        """
        sections = sections_of(schema)
        with self._session() as session:
            (row,) = session.execute_read(answers, "store/read/schema")
            version = row["version"]
            if version > max(sections):
                raise ServerError(
                    "graph",
                    f"the graph has schema version {version}, and this influence-graph knows {max(sections)}",
                    "Use the newer influence-graph that made it.",
                )
            for number in sorted(sections):
                if number > version:
                    for statement in sections[number]:
                        _apply(session, statement)

    def look(self, run: RunRecord) -> Begun:
        """What is stored of a run; nothing changes.

        Raises:
            RequestError: the run is being deleted or of a job, or another one has its name.
        """
        runs = self.runs()
        before = {stored.id: stored for stored in runs}.get(run.id)
        if before is None:
            for other in runs:
                if other.name == run.name:
                    if other.source is not None:
                        what = "that is made by a job"
                    elif other.model == run.model:
                        what = "with other settings"
                    else:
                        what = f"of another model, {other.model[:12]}"
                    raise Conflict(
                        "name",
                        f"the graph holds a run {run.name!r} {what}",
                        f"Give these results another --name, or take that run away: influence delete {other.id}",
                    )
            return Begun(None, None, 0, {})
        if before.status == "deleting":
            raise Conflict(
                "run",
                f"the run {run.name!r} is half deleted",
                f"Give `influence delete {run.id}` again, and then this.",
            )
        if before.source is not None:
            raise Conflict(
                "run",
                f"the run {run.name!r} is made by a job",
                f"Give these results another --name, or take that run away: influence delete {before.id}",
            )
        rows = self.read("store/read/stored", run=run.id)
        versions = json.dumps(before.versions)
        return Begun(before.status, versions, before.chunks, {row["name"]: row["text"] for row in rows})

    def begin(self, run: RunRecord, model: ModelRecord) -> None:
        """Make the run and its model where they are not there, and mark the run as running."""
        known = {name: value for name, value in asdict(model).items() if value is not None}
        self.change(do, "store/write/run", run=asdict(run), model=known)

    def write(self, chunk: ChunkRecord) -> bool:
        """Store a chunk and its done mark, in one transaction.

        Returns: False where it was stored already, and nothing changed.

        Raises:
            RequestError: its run was deleted meanwhile.
        """
        return self.change(_write, chunk)

    def finish(self, run: str, status: str = "completed") -> None:
        """Mark the end of the run's writing; one that is being deleted stays so."""
        self.change(do, "store/write/finish", run=run, status=status)

    def runs(self) -> list[StoredRun]:
        """All runs, the newest first."""
        return [stored_run(row) for row in self.read("store/read/runs")]

    def find(self, wanted: str) -> StoredRun:
        """The run of that name or id (its first digits are enough).

        Raises:
            RequestError: there is none, or more than one; the message names those meant.
        """
        runs = self.runs()
        found = [run for run in runs if wanted in (run.id, run.name)]
        if not found and len(wanted) >= SHORTEST:
            found = [run for run in runs if run.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Conflict(
                "run", f"{len(found)} runs are named {wanted!r}", f"Use an id: {', '.join(run.id for run in found)}."
            )
        names = [name for run in runs for name in (run.name, run.id)]
        fix = f"{did_you_mean(wanted, names)}`influence runs` lists them." if runs else "The graph holds no runs yet."
        raise NotFound("run", f"there is no run {wanted!r}", fix)

    def content(self, run: str) -> Content:
        """What a run (an id) has reports about."""
        (row,) = self.read("store/read/content", run=run)
        methods: dict[str, tuple[str, ...]] = {}
        for method, level in row["methods"]:
            methods[method] = (*methods.get(method, ()), level)
        return Content(tuple(CaseName(*case) for case in row["cases"]), methods, row["roles"])

    def delete(self, run: str, deleted: Callable[[], None] = lambda: None) -> None:
        """Delete a run in transactions of bounded size. One that was interrupted can be given again.

        Args:
            run: id.
            deleted: called for every instance that is gone.
        """
        with self._session() as session:
            session.execute_write(do, "store/write/delete_mark", run=run)
            for name in ("delete_instances", "delete_superposition", "delete_chunks", "delete_cases"):
                _drain(session, f"store/write/{name}", run, deleted)
            session.execute_write(do, "store/write/delete_run", run=run)

    def rows(self, run: str, table: str) -> list[dict[str, Any]]:
        """The rows of a run in one of the small tables of `cypher.bulk.columns`.

        Args:
            run: id.
        """
        return [row["row"] for row in self.read(f"bulk/tables/{table}", run=run)]

    def instances(self, run: str) -> Iterator[list[Held]]:
        """The instances of a run that have results, in the order of its input, some at a time.

        Args:
            run: id.
        """
        ids = [row["id"] for row in self.read("store/read/order", run=run)]
        for start in range(0, len(ids), INSTANCES):
            yield [held(row) for row in self.read("store/read/instances", instances=ids[start : start + INSTANCES])]

    def query(
        self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None, rows: int | None = None
    ) -> Table:
        """What a reading statement answers.

        Args:
            seconds: after which the server gives up.
            rows: the most to fetch; without it, all.

        Raises:
            InvalidQuery: Neo4j finds a mistake in it.
            RequestError: a parameter is missing.
            ServerError: it needs more time or memory than it may take.
        """

        def fetch(result: Result) -> Table:
            found = [tuple(record.values()) for record in islice(result, None if rows is None else rows + 1)]
            return Table(tuple(result.keys()), found[:rows], cut=rows is not None and len(found) > rows)

        return self._ask(text, parameters, seconds, fetch, AT_ONCE if rows is None else min(AT_ONCE, rows + 1))

    def explain(self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None) -> Plan:
        """How the server would run a statement; it does not run.

        Raises:
            InvalidQuery: Neo4j finds a mistake in it.
        """

        def fetch(result: Result) -> Plan:
            summary = result.consume()
            steps = tuple(operators(summary.plan)) if summary.plan else ()
            unknown = tuple(
                status.status_description.split(". ")[1]  # its title comes first, and advice last
                for status in summary.gql_status_objects
                if status.classification == NotificationClassification.UNRECOGNIZED
            )
            return Plan(summary.query_type, summary.database, steps, unknown)

        try:
            return self._ask(EXPLAIN + text, parameters, seconds, fetch, notifications_min_severity="WARNING")
        except InvalidQuery as error:
            raise without_explain(error) from error

    def read(self, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """What a statement of `read/` answers."""
        with self._session(default_access_mode=READ_ACCESS) as session:
            return session.execute_read(answers, name, **parameters)

    def change(
        self, work: Callable[Concatenate[ManagedTransaction, P], Answer], *args: P.args, **kwargs: P.kwargs
    ) -> Answer:
        """What a function answers that writes in one transaction; it is called again where the server asks for it."""
        with self._session() as session:
            return session.execute_write(work, *args, **kwargs)

    def _ask(
        self,
        text: str,
        parameters: Mapping[str, Any],
        seconds: float | None,
        fetch: Callable[[Result], Answer],
        at_once: int = AT_ONCE,
        **options: Any,
    ) -> Answer:
        """What can be fetched of a statement's result, in a transaction that cannot write."""

        def read(tx: ManagedTransaction) -> Answer:
            try:
                return fetch(tx.run(cast(LiteralString, text), dict(parameters)))
            except Neo4jError as error:
                if known := failure(error, parameters, seconds):
                    raise known from error  # here, where the driver does not try again what would fail again
                raise

        with self._session(default_access_mode=READ_ACCESS, fetch_size=at_once, **options) as session:
            return session.execute_read(unit_of_work(timeout=seconds)(read))

    @contextmanager
    def _session(self, **options: Any) -> Iterator[Session]:
        """A session whose errors say what to do."""
        try:
            with self._driver.session(**{"notifications_min_severity": "OFF"} | options) as session:
                yield session
        except (Neo4jError, DriverError) as error:
            raise trouble(error, self._logs) from error


def _apply(session: Session, statement: str) -> None:
    """A statement of the schema; two programs that make it at once make it once."""
    if "IN TRANSACTIONS" in statement:  # which makes its own
        session.run(cast(LiteralString, statement)).consume()
        return
    try:
        session.execute_write(_run, statement)
    except ClientError as error:  # IF NOT EXISTS looks before it waits for the other
        if not (error.code or "").endswith("SchemaRuleAlreadyExists"):
            raise


def _drain(session: Session, name: str, run: str, each: Callable[[], None]) -> None:
    """Run a statement with transactions of its own to its end: again where one met the lock of a writer."""
    while True:
        try:
            for _ in session.run(statement(name), run=run):
                each()
            return
        except TransientError as error:  # the driver tries only its own transactions again
            if "Deadlock" not in (error.code or ""):
                raise


def _write(tx: ManagedTransaction, chunk: ChunkRecord) -> bool:
    before = first(tx, "store/write/claim", chunk=chunk.id)
    if before is not None and before["status"] == "completed":
        return False
    write_chunk(tx, chunk)
    return True


def _run(tx: ManagedTransaction, text: str) -> None:
    tx.run(cast(LiteralString, text)).consume()
