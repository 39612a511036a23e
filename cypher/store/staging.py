"""Edges of instances that have too many for one transaction: written ahead of the rest, where no query looks for them.

1. `staged` writes them in transactions of bounded size. Their ends are below a node `Staging` and no `Activation` yet.
2. The transaction that writes the chunk and its done mark makes them the instance's.
3. What no such transaction takes is deleted: at once, or before the next attempt, or with the run.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from neo4j import ManagedTransaction

from cypher.errors import InfluenceError
from cypher.store.database import Database
from cypher.store.driver_errors import another_writes
from cypher.store.records import ChunkRecord, FlowRecord, InstanceRecord
from cypher.store.rows import activation_columns, flow_columns
from cypher.store.statements import execute, fetch_first

FLOWS = 32_000
"""The most edges of an instance that one transaction writes: some 30 MB on the server."""


@contextmanager
def staged(database: Database, chunk: ChunkRecord) -> Iterator[Mapping[str, str]]:
    """The ids of the stagings of a chunk's large instances, by those of the instances, while this context lasts.

    Raises:
        ConcurrentWrite: another program has begun to write the same instance.
    """
    large = {row.id: row for row in chunk.instances if len(row.flows) > FLOWS}
    if not large:
        yield {}
        return
    ids = {instance: uuid4().hex for instance in large}
    database.execute_batches("store/write/delete_staged", instances=list(large), ids=[], run=None)
    try:
        for instance, row in large.items():
            _stage(database, chunk.run, row, ids[instance])
        yield ids
    except BaseException:
        with suppress(InfluenceError):  # told is what went wrong first
            _discard(database, ids)
        raise
    _discard(database, ids)


def check_staged(tx: ManagedTransaction, chunk: ChunkRecord, ids: Mapping[str, str]) -> None:
    """Hold the stagings of a chunk until the transaction ends.

    Raises:
        ConcurrentWrite: another program has deleted some of them.
    """
    if not ids:
        return
    found = fetch_first(tx, "store/write/hold_staged", ids=list(ids.values()))
    if found is None or found["flows"] != sum(len(row.flows) for row in chunk.instances if row.id in ids):
        raise another_writes()


def _stage(database: Database, run: str, row: InstanceRecord, name: str) -> None:
    activations = activation_columns(row.activations)
    properties = {"id": name, "run": run, "instance": row.id, "flows": 0}
    database.execute_write(execute, "store/write/stage", staging=properties, activations=activations)
    for start in range(0, len(row.flows), FLOWS):
        database.execute_write(_stage_flows, name, row.flows[start : start + FLOWS])


def _stage_flows(tx: ManagedTransaction, name: str, flows: tuple[FlowRecord, ...]) -> None:
    columns: dict[str, Any] = flow_columns(flows)
    if fetch_first(tx, "store/write/stage_flows", id=name, flows=columns) is None:
        raise another_writes()


def _discard(database: Database, ids: Mapping[str, str]) -> None:
    database.execute_batches("store/write/delete_staged", instances=[], ids=list(ids.values()), run=None)
