"""A chunk's results and its done mark, written in the transaction of whoever has the chunk."""

import time
from dataclasses import asdict
from typing import NamedTuple

from neo4j import ManagedTransaction

from cypher.errors import Conflict
from cypher.store.records import ChunkRecord
from cypher.store.rows import instance_row, properties
from cypher.store.statements import do, first


class RunDeleted(Conflict):
    """The run that was to be written to is deleted, or will be."""


class Made(NamedTuple):
    """How the results of a chunk were made."""

    seconds: float
    device: str


def write_chunk(tx: ManagedTransaction, chunk: ChunkRecord, made: Made | None = None) -> None:
    """Write what is in a chunk, and that it is completed.

    Locks come in the same order everywhere: the chunk, its cases by id and what is theirs, the run.

    Args:
        made: how; None where the results were not made for this: then what is told is the time of writing.

    Raises:
        RunDeleted: the run is not there any more; nothing of the transaction may stay.
    """
    started = time.monotonic()
    members = {case.id: [row.id for row in chunk.instances if row.case == case.id] for case in chunk.cases}
    do(tx, "store/write/instances", instances=[instance_row(row) for row in chunk.instances])
    cases = [asdict(row) | {"members": members[row.id]} for row in chunk.cases]
    do(tx, "store/write/open_cases", cases=cases)
    do(tx, "store/write/cases", run=chunk.run, cases=cases)
    do(tx, "store/write/sites", sites=[properties(row) for row in chunk.sites])
    do(tx, "store/write/traffic", traffic=[properties(row) for row in chunk.traffic])
    do(tx, "store/write/routes", routes=[properties(row) for row in chunk.routes])
    do(tx, "store/write/lock_run", run=chunk.run)
    done = first(
        tx,
        "store/write/done",
        run=chunk.run,
        chunk=chunk.id,
        index=chunk.index,
        held=[{"id": row.id, "order": order} for row, order in zip(chunk.instances, chunk.order, strict=True)],
        correct=sum(row.predicted_correctly for row in chunk.instances),
        seconds=time.monotonic() - started if made is None else made.seconds,
        device=None if made is None else made.device,
    )
    if done is None:
        raise RunDeleted("run", f"the run {chunk.run} was deleted meanwhile", "Store its results anew.")
