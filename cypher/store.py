"""The graph store: runs written chunk by chunk, listed and deleted. The only module that opens a session.

1. `look` tells what is stored of a run, and `begin` makes it where it is not there.
2. `write` stores a chunk in one transaction, its done mark included. What is marked is not written again, so that a
   chunk can be given as often as one likes: after a lost answer, a killed server or a killed program.
3. `finish` marks the run.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString, Self, TypeVar, cast

from neo4j import READ_ACCESS, Driver, ManagedTransaction, Result, Session, unit_of_work
from neo4j.exceptions import ClientError, ConstraintError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from cypher.connection import Connection, open_driver
from cypher.errors import GraphError, QueryError, Unusable, did_you_mean
from cypher.failures import EXPLAIN, breakdown, failure, without_explain
from cypher.plan import Plan, operators
from cypher.records import ChunkRecord, InstanceRecord, ModelRecord, RunRecord
from cypher.rows import instance_record, instance_row, properties
from cypher.schema import sections_of
from cypher.stored import Begun, CaseName, Content, StoredRun, stored_run
from cypher.table import Table

STATEMENTS = Path(__file__).parent
SHORTEST = 6
"""Digits of a run's id that can stand for it."""
AT_ONCE = 1000
"""Rows that the server sends at a time."""

Answer = TypeVar("Answer")


class Store:
    """The runs of one database. A context manager; one thread at a time writes to a run.

    Every method raises GraphError where the server is gone or refuses.
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
            GraphError: no server, no entry, another version of Neo4j, or a database of a newer schema.
        """
        store = cls(open_driver(connection), connection.logs)
        try:
            store.migrate((STATEMENTS / "schema.cypher").read_text())
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
            GraphError: the database has a later version than the schema.
        """
        sections = sections_of(schema)
        with self._session() as session:
            version = session.execute_read(_one, "read/schema")["version"]
            if version > max(sections):
                raise GraphError(
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
            Unusable: the run is being deleted, or another one has its name.
        """
        runs = self.runs()
        before = {stored.id: stored for stored in runs}.get(run.id)
        if before is None:
            for other in runs:
                if other.name == run.name:
                    same = other.model == run.model
                    what = "with other settings" if same else f"of another model, {other.model[:12]}"
                    raise Unusable(
                        f"the graph holds a run {run.name!r} {what}",
                        f"Give these results another --name, or take that run away: influence delete {other.id}",
                    )
            return Begun(None, None, 0, {})
        if before.status == "deleting":
            raise Unusable(
                f"the run {run.name!r} is half deleted", f"Give `influence delete {run.id}` again, and then this."
            )
        with self._session() as session:
            rows = session.execute_read(_all, "read/stored", run=run.id)
        versions = json.dumps(before.versions)
        return Begun(before.status, versions, before.chunks, {row["name"]: row["text"] for row in rows})

    def begin(self, run: RunRecord, model: ModelRecord) -> None:
        """Make the run and its model where they are not there, and mark the run as running."""
        known = {name: value for name, value in asdict(model).items() if value is not None}
        with self._session() as session:
            session.execute_write(_do, "write/run", run=asdict(run), model=known)

    def write(self, chunk: ChunkRecord) -> bool:
        """Store a chunk and its done mark, in one transaction.

        Returns: False where it was stored already, and nothing changed.
        """
        with self._session() as session:
            return session.execute_write(_write, chunk)

    def finish(self, run: str, status: str = "completed") -> None:
        """Mark the end of the run's writing."""
        with self._session() as session:
            session.execute_write(_do, "write/finish", run=run, status=status)

    def runs(self) -> list[StoredRun]:
        """All runs, the newest first."""
        with self._session(default_access_mode=READ_ACCESS) as session:
            rows = session.execute_read(_all, "read/runs")
        return [stored_run(row) for row in rows]

    def find(self, wanted: str) -> StoredRun:
        """The run of that name or id (its first digits are enough).

        Raises:
            Unusable: there is none, or more than one; the message names those meant.
        """
        runs = self.runs()
        found = [run for run in runs if wanted in (run.id, run.name)]
        if not found and len(wanted) >= SHORTEST:
            found = [run for run in runs if run.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Unusable(
                f"{len(found)} runs are named {wanted!r}", f"Use an id: {', '.join(run.id for run in found)}."
            )
        names = [name for run in runs for name in (run.name, run.id)]
        fix = f"{did_you_mean(wanted, names)}`influence runs` lists them." if runs else "The graph holds no runs yet."
        raise Unusable(f"there is no run {wanted!r}", fix)

    def content(self, run: str) -> Content:
        """What a run (an id) has reports about."""
        with self._session(default_access_mode=READ_ACCESS) as session:
            row = session.execute_read(_one, "read/content", run=run)
        return Content(tuple(CaseName(*case) for case in row["cases"]), tuple(row["methods"]), row["roles"])

    def delete(self, run: str, deleted: Callable[[], None] = lambda: None) -> None:
        """Delete a run in transactions of bounded size. One that was interrupted can be given again.

        Args:
            run: id.
            deleted: called for every instance that is gone.
        """
        with self._session() as session:
            session.execute_write(_do, "write/delete_mark", run=run)
            for _ in session.run(_statement("write/delete_instances"), run=run):
                deleted()
            session.run(_statement("write/delete_superposition"), run=run).consume()
            session.run(_statement("write/delete_chunks"), run=run).consume()
            session.execute_write(_do, "write/delete_run", run=run)

    def rows(self, run: str, table: str) -> list[dict[str, Any]]:
        """The rows of a run in one of the small tables of `cypher.columns`.

        Args:
            run: id.
        """
        with self._session(default_access_mode=READ_ACCESS) as session:
            return [row["row"] for row in session.execute_read(_all, f"read/tables/{table}", run=run)]

    def instances(self, chunk: str) -> list[InstanceRecord]:
        """The instances of a stored chunk, as they were given.

        Args:
            chunk: id.
        """
        with self._session(default_access_mode=READ_ACCESS) as session:
            return list(map(instance_record, session.execute_read(_all, "read/instances", chunk=chunk)))

    def query(
        self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None, rows: int | None = None
    ) -> Table:
        """What a reading statement answers.

        Args:
            seconds: after which the server gives up.
            rows: the most to fetch; without it, all.

        Raises:
            QueryError: Neo4j finds a mistake in it.
            Unusable: a parameter is missing.
            GraphError: it needs more time or memory than it may take.
        """

        def fetch(result: Result) -> Table:
            found = [tuple(record.values()) for record in islice(result, None if rows is None else rows + 1)]
            return Table(tuple(result.keys()), found[:rows], cut=rows is not None and len(found) > rows)

        return self._ask(text, parameters, seconds, fetch, AT_ONCE if rows is None else min(AT_ONCE, rows + 1))

    def explain(self, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None) -> Plan:
        """How the server would run a statement; it does not run.

        Raises:
            QueryError: Neo4j finds a mistake in it.
        """

        def fetch(result: Result) -> Plan:
            summary = result.consume()
            steps = tuple(operators(summary.plan)) if summary.plan else ()
            return Plan(summary.query_type, summary.database, steps)

        try:
            return self._ask(EXPLAIN + text, parameters, seconds, fetch)
        except QueryError as error:
            raise without_explain(error) from error

    def _ask(
        self,
        text: str,
        parameters: Mapping[str, Any],
        seconds: float | None,
        fetch: Callable[[Result], Answer],
        at_once: int = AT_ONCE,
    ) -> Answer:
        """What can be fetched of a statement's result, in a transaction that cannot write."""

        def read(tx: ManagedTransaction) -> Answer:
            try:
                return fetch(tx.run(cast(LiteralString, text), dict(parameters)))
            except Neo4jError as error:
                if known := failure(error, parameters, seconds):
                    raise known from error  # here, where the driver does not try again what would fail again
                raise

        with self._session(default_access_mode=READ_ACCESS, fetch_size=at_once) as session:
            return session.execute_read(unit_of_work(timeout=seconds)(read))

    @contextmanager
    def _session(self, **options: Any) -> Iterator[Session]:
        """A session whose errors say what to do."""
        try:
            with self._driver.session(notifications_min_severity="OFF", **options) as session:
                yield session
        except (ServiceUnavailable, SessionExpired) as error:
            raise GraphError(
                "the graph's server has gone away",
                "Start it (a local one: influence up) and give the command again: it goes on where it was.",
            ) from error
        except ConstraintError as error:
            raise GraphError(
                "another program is writing the same run", "Wait for its end, then give the command again."
            ) from error
        except Neo4jError as error:
            if "MemoryPool" in (error.code or ""):
                raise GraphError(
                    "the graph's server has too little memory for so many edges at once",
                    "Keep fewer with --edges top:200, or raise INFLUENCE_NEO4J_HEAP and start the server again.",
                ) from error
            if known := breakdown(error, self._logs):
                raise known from error
            raise GraphError(f"the graph's server refused: {error.message}", "Give the command again.") from error
        except DriverError as error:
            raise GraphError(f"the graph cannot be reached: {error}", "Give the command again.") from error


def _apply(session: Session, statement: str) -> None:
    """A statement of the schema; two programs that make it at once make it once."""
    try:
        session.execute_write(_run, statement)
    except ClientError as error:  # IF NOT EXISTS looks before it waits for the other
        if not (error.code or "").endswith("SchemaRuleAlreadyExists"):
            raise


def _write(tx: ManagedTransaction, chunk: ChunkRecord) -> bool:
    started = time.monotonic()
    if _one(tx, "write/claim", chunk=chunk.id)["status"] == "completed":
        return False
    members = {case.id: [row.id for row in chunk.instances if row.case == case.id] for case in chunk.cases}
    _do(tx, "write/instances", instances=[instance_row(row) for row in chunk.instances])
    _do(tx, "write/cases", run=chunk.run, cases=[asdict(row) | {"members": members[row.id]} for row in chunk.cases])
    _do(tx, "write/sites", sites=[properties(row) for row in chunk.sites])
    _do(tx, "write/traffic", traffic=[properties(row) for row in chunk.traffic])
    _do(tx, "write/routes", routes=[properties(row) for row in chunk.routes])
    _do(
        tx,
        "write/done",
        run=chunk.run,
        chunk=chunk.id,
        index=chunk.index,
        order=chunk.order,
        correct=sum(row.predicted_correctly for row in chunk.instances),
        seconds=time.monotonic() - started,
    )
    return True


@cache
def _statement(name: str) -> LiteralString:
    return cast(LiteralString, (STATEMENTS / f"{name}.cypher").read_text())


def _do(tx: ManagedTransaction, name: str, **parameters: Any) -> None:
    tx.run(_statement(name), parameters).consume()


def _run(tx: ManagedTransaction, text: str) -> None:
    tx.run(cast(LiteralString, text)).consume()


def _all(tx: ManagedTransaction, name: str, **parameters: Any) -> list[dict[str, Any]]:
    return tx.run(_statement(name), parameters).data()


def _one(tx: ManagedTransaction, name: str, **parameters: Any) -> dict[str, Any]:
    return _all(tx, name, **parameters)[0]
