"""The graph store: runs written chunk by chunk, listed and deleted.

1. `resume_point` tells what is stored of a run, and `begin` makes it where it is not there.
2. `write` stores a chunk in one transaction, its done mark included. What is marked is not written again, so that a
   chunk can be given as often as one likes: after a lost answer, a killed server or a killed program.
3. `finish` marks the run.
"""

import gc
import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Self

from neo4j import READ_ACCESS, ManagedTransaction

from cypher.connection import Connection, open_driver
from cypher.errors import Conflict, NotFound
from cypher.store import migrations
from cypher.store.chunks import write_once
from cypher.store.database import Database
from cypher.store.records import ChunkRecord, ModelRecord, RunRecord, instance_id
from cypher.store.rows import StoredInstance, stored_instance
from cypher.store.runs import (
    CaseName,
    EdgeChoice,
    InexactInstances,
    ResumePoint,
    RunContent,
    SentenceOfStep,
    SentenceSummary,
    Step,
    StoredEdges,
    StoredRun,
    stored_run,
)
from cypher.store.staging import staged
from cypher.store.statements import execute, fetch_plain
from cypher.suggestions import did_you_mean

MIN_DIGITS = 6
"""Of a run's id, to stand for the whole id."""
BATCH = 32
"""The most instances that are read at a time, with all that is theirs."""
FLOWS = 100_000
"""The most edges of them, unless one alone has more."""
NO_LIMIT = 2**62
FILTERS = ("layer", "source", "target", "component", "least")
MANY = 2000
"""Edges of an instance beyond which they are deleted before it."""


class Store(Database):
    """The runs of one database. A context manager.

    One store serves any number of threads for as long as its program runs (see `Database`); only chunks of one run are
    for one thread at a time to write.
    """

    @classmethod
    def open(cls, connection: Connection, *, migrate: bool = False, **options: Any) -> Self:
        """Connect to a database of the newest schema.

        Args:
            migrate: bring the schema up to date first. Who writes asks for it. Without it nothing is changed; an empty
                database can then be read only.
            options: of the driver.

        Raises:
            ServerError: no server, no access, or another version of Neo4j.
            Conflict: a database of a newer schema; without `migrate`, also one of an older schema.
        """
        store = cls(open_driver(connection, **options), connection.logs)
        try:
            if migrate:
                migrations.migrate(store)
            else:
                store._writable = migrations.check_version(store) > 0
        except BaseException:
            store.close()
            raise
        return store

    def resume_point(self, run: RunRecord) -> ResumePoint:
        """What is stored of a run that is to be written to; nothing changes.

        Raises:
            Conflict: the run is being deleted or of a job, or another one has its name.
        """
        runs = self.runs()
        before = {stored.id: stored for stored in runs}.get(run.id)
        if before is None:
            for other in runs:
                if other.name == run.name:
                    if other.source is not None:
                        what = "that belongs to a job"
                    elif other.model == run.model:
                        what = "with other settings"
                    else:
                        what = f"of another model, {other.model[:12]}"
                    raise Conflict(
                        "name",
                        f"the graph holds a run {run.name!r} {what}",
                        f"Give these results another name, or delete that run, {other.id}.",
                    )
            return ResumePoint(None, None, 0, {})
        if before.status == "deleting":
            raise Conflict(
                "run",
                f"the run {run.name!r} is half deleted",
                f"Delete it again ({run.id}), then store these results.",
            )
        if before.source is not None:
            raise Conflict(
                "run",
                f"the run {run.name!r} belongs to a job",
                f"Give these results another name, or delete that run, {before.id}.",
            )
        rows = self.read("store/read/stored", run=run.id)
        versions = json.dumps(before.versions)
        return ResumePoint(before.status, versions, before.chunks, {row["name"]: row["text"] for row in rows})

    def begin(self, run: RunRecord, model: ModelRecord) -> None:
        """Make the run and its model where they are not there, and mark the run as running."""
        known = {name: value for name, value in asdict(model).items() if value is not None}
        self.execute_write(execute, "store/write/run", run=asdict(run), model=known)

    def write(self, chunk: ChunkRecord) -> bool:
        """Store a chunk and its done mark, in one transaction; edges of large instances are staged before it.

        Returns: False where it was stored already, and nothing changed.

        Raises:
            RunDeleted: its run was deleted meanwhile.
        """
        with staged(self, chunk) as large:
            return self.execute_write(write_once, chunk, large)

    def finish(self, run: str, status: str = "completed") -> None:
        """Mark the end of the run's writing; one that is being deleted stays so."""
        self.execute_write(execute, "store/write/finish", run=run, status=status)

    def runs(self) -> list[StoredRun]:
        """All runs, the newest first."""
        return [stored_run(row) for row in self.read("store/read/runs")]

    def find(self, wanted: str) -> StoredRun:
        """The run of that name or id (its first digits are enough).

        Raises:
            NotFound: there is none; the message names the nearest.
            Conflict: there is more than one.
        """
        runs = self.runs()
        found = [run for run in runs if wanted in (run.id, run.name)]
        if not found and len(wanted) >= MIN_DIGITS:
            found = [run for run in runs if run.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Conflict(
                "run", f"{len(found)} runs are named {wanted!r}", f"Use an id: {', '.join(run.id for run in found)}."
            )
        names = [name for run in runs for name in (run.name, run.id)]
        fix = f"{did_you_mean(wanted, names)}Give its name or id." if runs else "The graph holds no runs yet."
        raise NotFound("run", f"there is no run {wanted!r}", fix)

    def content(self, run: str) -> RunContent:
        """What a run (an id) has reports about."""
        (row,) = self.read("store/read/content", run=run)
        methods: dict[str, tuple[str, ...]] = {}
        for method, level in row["methods"]:
            methods[method] = (*methods.get(method, ()), level)
        return RunContent(tuple(CaseName(*case) for case in row["cases"]), methods, row["roles"])

    def inexact(
        self, run: str, acceptable: float, *, task: str | None = None, case: str | None = None, most: int
    ) -> InexactInstances:
        """The instances of a run (an id) that are less exact than they should be.

        Args:
            acceptable: completeness error, a share.
            task, case: only of these.
            most: how many are named.
        """
        (row,) = self.read("store/read/inexact", run=run, acceptable=acceptable, task=task, case=case, most=most)
        named: dict[str, Any] = {name: tuple(map(tuple, row[name])) for name in ("worst", "worst_sampled")}
        return InexactInstances(acceptable=acceptable, **{**row, **named})

    def delete(self, run: str, deleted: Callable[[], None] = lambda: None) -> None:
        """Delete a run in transactions of bounded size. One that was interrupted can be given again.

        Args:
            run: id.
            deleted: called for every instance that is gone.
        """
        self.execute_write(execute, "store/write/delete_mark", run=run)
        self.execute_batches("store/write/delete_staged", run=run, instances=[], ids=[])
        self.execute_batches("store/write/delete_flows", run=run, many=MANY)
        for name in ("delete_instances", "delete_superposition", "delete_chunks", "delete_cases"):
            self.execute_batches(f"store/write/{name}", deleted, run=run)
        self.execute_write(execute, "store/write/delete_run", run=run)

    def instances(self, run: str) -> Iterator[list[StoredInstance]]:
        """The instances of a run that have results, in the order of its input, some at a time; the server looks for the
        next ones while these are worked on.

        Args:
            run: id.
        """
        batches = _batches(self.read("store/read/order", run=run))
        coming: Future[list[StoredInstance]] | None = None
        with ThreadPoolExecutor(1) as ahead:
            for ids in batches:
                following = ahead.submit(self._read_instances, ids)
                if coming is not None:
                    yield coming.result()
                coming = following
            if coming is not None:
                yield coming.result()

    def instance(self, run: str, name: str, *, flows: bool = True) -> StoredInstance | None:
        """The instance of that name in a run (an id), if it has results.

        Args:
            flows: with its edges? Without them it looks like one that has none.
        """
        return next(iter(self._read_instances([instance_id(run, name)], flows=flows)), None)

    def edges(self, run: str, name: str, choice: EdgeChoice) -> StoredEdges:
        """Edges of the instance of that name in a run (an id); none where it has none."""
        instance, merged = instance_id(run, name), "merged_" if choice.merged else ""
        wanted = asdict(choice) | {"strongest": NO_LIMIT if choice.strongest is None else choice.strongest}
        del wanted["merged"]
        (found,) = self.read(f"store/read/{merged}edges", instance=instance, **wanted)
        (count,) = self.read("store/read/edge_count", instance=instance)
        if any(wanted[name] is not None for name in FILTERS) or len(found["influence"]) == wanted["strongest"]:
            (totals,) = self.read(f"store/read/{merged}edge_totals", instance=instance)
        else:  # that is all there are
            totals = {"edges": len(found["influence"]), "strength": math.fsum(map(abs, found["influence"]))}
        return StoredEdges(**{"component": None, **found}, components=count["edges"], **totals)

    def sentences(
        self, run: str, *, task: str | None = None, case: str | None = None, after: int = -1, limit: int
    ) -> list[SentenceSummary]:
        """The instances of a run (an id) that have results, in the order of its input, in a few words.

        Args:
            task, case: only of these.
            after: the order of the one before.
        """
        rows = self.read("store/read/sentences", run=run, task=task, case=case, after=after, limit=limit)
        return [SentenceSummary(**row) for row in rows]

    def sentences_of_step(
        self, run: str, task: str, case: str, step: Step, *, method: str, align: str, after: int = -1, limit: int
    ) -> tuple[list[SentenceOfStep], int]:
        """The instances of a case of a run (an id) whose patterns take a step, in the order of the input, and how many
        there are without the limit.

        Args:
            method: by which the patterns were found.
            align: what the step's places are, position or role.
            after: the order of the one before.
        """
        which = {"run": run, "task": task, "case": case, "method": method, "align": align}
        page = {"after": after, "limit": limit}
        (row,) = self.read("store/read/sentences_of_step", **which, **page, **asdict(step))
        found = [
            SentenceOfStep(**{**each, "sentence": SentenceSummary(**each["sentence"])}) for each in row["sentences"]
        ]
        return found, row["count"]

    def _read_instances(self, ids: list[str], *, flows: bool = True) -> list[StoredInstance]:
        with _uncollected(), self.session(default_access_mode=READ_ACCESS) as session:
            return session.execute_read(_read, ids, flows=flows)


def _read(tx: ManagedTransaction, ids: list[str], *, flows: bool) -> list[StoredInstance]:
    edges: list[list[dict[str, Any]]] = [[] for _ in ids]
    for row in fetch_plain(tx, "store/read/flows", instances=ids) if flows else ():
        edges[row["place"]].append(row)
    rows = fetch_plain(tx, "store/read/instances", instances=ids)
    return [stored_instance(row, edges[row["place"]]) for row in rows]


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Ids of instances that are read together."""
    ids: list[str] = []
    flows = 0
    for row in rows:
        if ids and (len(ids) == BATCH or flows + row["flows"] > FLOWS):
            yield ids
            ids, flows = [], 0
        ids.append(row["id"])
        flows += row["flows"]
    if ids:
        yield ids


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's collector of cycles, which would look at the hundred thousands of new lists again and again, and
    take half of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
