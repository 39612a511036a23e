"""A chunk's results and its done mark, written in the transaction of whoever has the chunk."""

import time
from dataclasses import asdict
from typing import NamedTuple

from neo4j import ManagedTransaction

from cypher.errors import Unusable
from cypher.records import ChunkRecord
from cypher.rows import instance_row, properties
from cypher.statements import do, first


class Deleted(Unusable):
    """The run that was to be written to is deleted, or will be."""

    def __init__(self, run: str):
        super().__init__(f"the run {run} was deleted meanwhile", "Give the command again to store it anew.")


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
        Deleted: the run is not there any more; nothing of the transaction may stay.
    """
    started = time.monotonic()
    members = {case.id: [row.id for row in chunk.instances if row.case == case.id] for case in chunk.cases}
    do(tx, "write/instances", instances=[instance_row(row) for row in chunk.instances])
    cases = [asdict(row) | {"members": members[row.id]} for row in chunk.cases]
    do(tx, "write/open_cases", cases=cases)
    do(tx, "write/cases", run=chunk.run, cases=cases)
    do(tx, "write/sites", sites=[properties(row) for row in chunk.sites])
    do(tx, "write/traffic", traffic=[properties(row) for row in chunk.traffic])
    do(tx, "write/routes", routes=[properties(row) for row in chunk.routes])
    do(tx, "write/lock_run", run=chunk.run)
    done = first(
        tx,
        "write/done",
        run=chunk.run,
        chunk=chunk.id,
        index=chunk.index,
        held=[{"id": row.id, "order": order} for row, order in zip(chunk.instances, chunk.order, strict=True)],
        correct=sum(row.predicted_correctly for row in chunk.instances),
        seconds=time.monotonic() - started if made is None else made.seconds,
        device=None if made is None else made.device,
    )
    if done is None:
        raise Deleted(chunk.run)
