"""A chunk's results and its done mark, written in the transaction of whoever has the chunk."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

from neo4j import ManagedTransaction

from cypher.errors import Conflict
from cypher.store.records import ChunkRecord
from cypher.store.rows import instance_row, properties
from cypher.store.staging import check_staged
from cypher.store.statements import execute, fetch_first


class RunDeleted(Conflict):
    """The run that was to be written to is deleted, or will be."""


class Computation(NamedTuple):
    """How the results of a chunk were computed."""

    seconds: float
    device: str


def write_chunk(
    tx: ManagedTransaction, chunk: ChunkRecord, staged: Mapping[str, str], computation: Computation | None = None
) -> None:
    """Write what is in a chunk, and that it is completed.

    Locks come in the same order everywhere: the chunk, its stagings, its cases by id and what is theirs, the run.

    Args:
        staged: as `staging.staged` gives it.
        computation: None where the results were computed elsewhere: then `seconds` is the time of writing.

    Raises:
        RunDeleted: the run is not there any more; nothing of the transaction may stay.
        ConcurrentWrite: another program has deleted what was staged.
    """
    started = time.monotonic()
    members = {case.id: [row.id for row in chunk.instances if row.case == case.id] for case in chunk.cases}
    check_staged(tx, chunk, staged)
    rows = [instance_row(row, staged.get(row.id)) for row in chunk.instances]
    execute(tx, "store/write/instances", instances=rows)
    cases = [asdict(row) | {"members": members[row.id]} for row in chunk.cases]
    execute(tx, "store/write/open_cases", cases=cases)
    execute(tx, "store/write/cases", run=chunk.run, cases=cases)
    execute(tx, "store/write/sites", sites=[properties(row) for row in chunk.sites])
    execute(tx, "store/write/traffic", traffic=[properties(row) for row in chunk.traffic])
    execute(tx, "store/write/routes", routes=[properties(row) for row in chunk.routes])
    execute(tx, "store/write/lock_run", run=chunk.run)
    done = fetch_first(
        tx,
        "store/write/done",
        run=chunk.run,
        chunk=chunk.id,
        index=chunk.index,
        held=[{"id": row.id, "order": order} for row, order in zip(chunk.instances, chunk.order, strict=True)],
        correct=sum(row.predicted_correctly for row in chunk.instances),
        seconds=time.monotonic() - started if computation is None else computation.seconds,
        device=None if computation is None else computation.device,
    )
    if done is None:
        raise RunDeleted("run", f"the run {chunk.run} was deleted meanwhile", "Store its results again.")


def write_once(tx: ManagedTransaction, chunk: ChunkRecord, staged: Mapping[str, str]) -> bool:
    """Write a chunk unless it is completed. Returns: was it written?

    Raises:
        RunDeleted, ConcurrentWrite: as `write_chunk`.
    """
    before = fetch_first(tx, "store/write/claim", chunk=chunk.id)
    if before is not None and before["status"] == "completed":
        return False
    write_chunk(tx, chunk, staged)
    return True
