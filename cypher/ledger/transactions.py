"""The ledger's transactions, and its rows as records.

Whoever changes a chunk locks it, then its run, and only then reads how they are: what is read stays true to the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from neo4j import ManagedTransaction

from cypher.errors import Conflict
from cypher.ledger.jobs import RETRIES, ClaimedChunk, Count, Failure, Job, JobProgress, PlannedChunk, PlannedInstance
from cypher.store.chunks import Computation, write_chunk
from cypher.store.records import ChunkRecord, RunRecord, chunk_id
from cypher.store.rows import properties
from cypher.store.runs import native
from cypher.store.statements import execute, fetch_all, fetch_first


def on_run(tx: ManagedTransaction, name: str, run: str, **parameters: Any) -> list[dict[str, Any]]:
    """A statement on a run that nobody else changes meanwhile."""
    execute(tx, "store/write/lock_run", run=run)
    return fetch_all(tx, name, run=run, **parameters)


def on_chunk(tx: ManagedTransaction, name: str, chunk: str, **parameters: Any) -> list[dict[str, Any]]:
    """A statement on a chunk that nobody else changes meanwhile, nor its run."""
    locked = fetch_first(tx, "ledger/write/lock_chunk", chunk=chunk)
    return on_run(tx, name, locked["run"], chunk=chunk, **parameters) if locked else []


def submit(tx: ManagedTransaction, job: Job, most: int | None) -> bool:
    """Make the run of a job. Returns: are its chunks to be added?

    Raises:
        Conflict: as `Ledger.submit`.
    """
    run = job.run
    execute(tx, "ledger/write/lock")  # two jobs of one name, one after the other
    taken = fetch_all(tx, "ledger/read/taken", run=run.id, name=run.name)
    for other in taken:
        if other["run"] == run.id and other["request"] == job.request and other["status"] != "deleting":
            return other["status"] == "submitting"
        raise _taken(run, other)
    if most is not None and fetch_all(tx, "ledger/read/owned", owner=job.owner)[0]["jobs"] >= most:
        problem = f"{most} jobs of this owner have not ended"
        raise Conflict("jobs", problem, "Wait until some end, or cancel some.")
    execute(
        tx,
        "ledger/write/submit",
        run=asdict(run) | properties(job, "run", "model"),
        model={name: value for name, value in asdict(job.model).items() if value is not None},
    )
    return True


def _taken(run: RunRecord, other: dict[str, Any]) -> Conflict:
    if other["status"] == "deleting":
        return Conflict(
            "run",
            f"the run {run.name!r} is half deleted",
            f"Delete it again ({other['run']}), then submit this job.",
        )
    if other["run"] == run.id and other["request"]:
        return Conflict(
            "idempotency_key",
            f"this idempotency key stands for another submission, the run {other['run']}",
            "Give these sentences, model, settings and name another key.",
        )
    what = "of other sentences or settings" if other["request"] else "that no job made"
    return Conflict(
        "name",
        f"the graph holds a run {run.name!r} {what}",
        f"Give this job another name, or delete that run, {other['run']}.",
    )


def planned_row(chunk: PlannedChunk) -> dict[str, Any]:
    """A chunk as `write/add` takes it."""
    return properties(chunk, "instances") | {"instances": [properties(instance) for instance in chunk.instances]}


def claimed_chunk(token: str, row: dict[str, Any]) -> ClaimedChunk:
    """A chunk from its row of write/claim."""
    chunk = row["chunk"] | {"instances": tuple(PlannedInstance(**instance) for instance in row["instances"])}
    return ClaimedChunk(token=token, run=RunRecord(**row["run"]), **row["job"], **chunk)


def done(
    tx: ManagedTransaction, chunk: ChunkRecord, staged: Mapping[str, str], token: str, computation: Computation
) -> bool:
    """Write the results of a chunk. Returns: is it this token's?

    Args:
        staged: as `cypher.store.staging.staged` gives it.

    Raises:
        RunDeleted, ConcurrentWrite: as `write_chunk`.
    """
    execute(tx, "ledger/write/lock_chunk", chunk=chunk.id)
    found = fetch_first(tx, "ledger/read/chunk", chunk=chunk.id)
    if found is None or found["claim"] != token:
        return False
    if found["status"] == "running":
        write_chunk(tx, chunk, staged, computation)
    return True  # also where it is completed by this token: an answer was lost, and this is asked again


def split(tx: ManagedTransaction, chunk: str, token: str, parts: Sequence[Sequence[str]], error: str) -> list[str]:
    """Put the sentences of a chunk into new ones. Returns their ids; none where the chunk is not this token's."""
    locked = fetch_first(tx, "ledger/write/lock_chunk", chunk=chunk)
    if locked is None:
        return []
    run = locked["run"]
    named = [{"id": chunk_id(run, part), "instances": list(part)} for part in parts]
    parameters = {"chunk": chunk, "token": token, "parts": named, "error": error, "retries": RETRIES}
    return [row["chunk"] for row in on_run(tx, "ledger/write/split", run, **parameters)]


def job_progress(row: dict[str, Any]) -> JobProgress:
    """A job from its row of read/progress."""
    counts = {each["status"]: Count(each["chunks"], each["sentences"]) for each in row.pop("counts")}
    lists = {
        "workers": tuple(row["workers"]),
        "devices": tuple(row["devices"]),
        "failures": tuple(Failure(*each) for each in row["failures"]),
    }
    moments = {name: native(row[name]) for name in ("submitted_at", "finished_at")}
    speed, to_do = row["speed"], counts["queued"].sentences + counts["running"].sentences
    left = to_do / speed if speed and row["status"] in ("queued", "running") else None
    return JobProgress(**{**row, **counts, **lists, **moments}, left=left)
