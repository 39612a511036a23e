"""The ledger: what is to be done, being done and done. The graph alone holds it, so that losing a broker loses nothing.

1. A job is submitted: its run, its chunks with their sentences, and the word that they are all there. Each of these
   can be given again by whoever comes after a submitter that died.
2. A worker claims a chunk, renews its lease while it computes, and gives the results back in one transaction with the
   done mark; what is not claimed by its token any more is refused.
3. What a dead worker held is put back when its lease is over; a run is closed when nothing is left of it.

Every method is one transaction, safe against all others at the same time: whoever changes a chunk locks it, then its
run, before reading either. All times are the server's, never a worker's.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from neo4j import ManagedTransaction

from cypher.errors import Conflict, NotFound, RequestError
from cypher.ledger.work import (
    LATELY,
    RETRIES,
    Claimed,
    Count,
    Device,
    Due,
    Failure,
    Job,
    Owner,
    Pending,
    PlannedChunk,
    Progress,
    Reclaimed,
)
from cypher.store.chunks import Made, RunDeleted, write_chunk
from cypher.store.records import ChunkRecord, RunRecord, chunk_id
from cypher.store.rows import properties
from cypher.store.statements import answers, do, first
from cypher.store.store import Store
from cypher.store.stored import native


class Ledger:
    """The jobs of one database. Its methods can be called from several threads.

    Every method raises ServerError where the server is gone or refuses.
    """

    def __init__(self, store: Store):
        self._store = store

    # Jobs

    def submit(self, job: Job) -> bool:
        """Make the run of a job, with status `submitting`.

        Returns: are its chunks to be added? False where the same job was submitted before, to the end.

        Raises:
            RequestError: the graph holds another run with its id or name.
        """
        return self._store.change(_submit, job)

    def add(self, run: str, chunks: Sequence[PlannedChunk]) -> None:
        """Add chunks to a run that is being submitted; what is there already stays as it is."""
        self._store.change(_on_run, "ledger/write/add", run, chunks=[_planned(chunk) for chunk in chunks])

    def submitted(self, run: str) -> None:
        """All chunks of a run are added: from now on they can be claimed."""
        self._store.change(_on_run, "ledger/write/submitted", run)

    def cancel(self, run: str) -> bool:
        """Let nobody claim chunks of a run any more. What is being computed may still be stored.

        Returns: False where it was neither queued nor running.
        """
        return bool(self._store.change(_on_run, "ledger/write/end", run, status="cancelled", error=None))

    def fail_run(self, run: str, error: str) -> bool:
        """End a run that cannot be computed at all.

        Returns: False where it was neither queued nor running.
        """
        return bool(self._store.change(_on_run, "ledger/write/end", run, status="failed", error=error))

    def resume(self, run: str) -> int:
        """Queue a cancelled, partial or failed run again, with all that failed in it; earlier tries do not count.

        Returns: how many chunks of it are to do.
        """
        while self._store.change(_on_run, "ledger/write/requeue", run):
            pass
        return self._store.change(_on_run, "ledger/write/resume", run)[0]["chunks"]

    def close(self, run: str) -> str | None:
        """End a run of which nothing is left to do.

        Returns: its status from now on, completed or partial; None where it did not end by this.
        """
        closed = self._store.change(_on_run, "ledger/write/close", run)
        return closed[0]["status"] if closed else None

    def active(self) -> dict[str, dict[str, str]]:
        """The runs that are queued or running, in the order in which they are served.

        Returns: by their ids, the versions of the packages of whoever submitted them.
        """
        return {row["run"]: json.loads(row["versions"]) for row in self._store.read("ledger/read/active")}

    def failures(self, run: str) -> list[Failure]:
        """All sentences of a run that cannot be computed, in the order of its input."""
        return [Failure(**row) for row in self._store.read("ledger/read/failures", run=run)]

    def progress(self, run: str) -> Progress:
        """How far a run is.

        Raises:
            RequestError: there is no such job.
        """
        rows = self._store.read("ledger/read/progress", run=run, lately=LATELY)
        if not rows:
            raise NotFound("run", f"there is no job {run!r}", "`influence runs` lists them.")
        return _progress(rows[0])

    # Chunks

    def waiting(self) -> dict[Device, int]:
        """How many chunks of active runs are queued, by what may compute them."""
        return {row["device"]: row["chunks"] for row in self._store.read("ledger/read/waiting")}

    def due(
        self, limit: int, run: str | None = None, device: Device | None = None, without: Sequence[str] = ()
    ) -> list[Due]:
        """Queued chunks whose time has come: best priority first, then the oldest run, then the lowest index.

        Args:
            run: its chunks alone.
            device: those for it alone.
            without: ids of runs whose chunks are left out.
        """
        rows = self._store.read("ledger/read/due", run=run, device=device, without=list(without), limit=limit)
        return [Due(**row) for row in rows]

    def claim(
        self, chunk: str, token: str, worker: str, lease_seconds: float, gone: str | None = None
    ) -> Claimed | None:
        """Take a chunk to compute it. An attempt whose lease is over counts as one.

        Args:
            token: of this attempt, and of no other.
            worker: name.
            gone: a token whose owner is known to be dead: its lease does not count.

        Returns: None where there is nothing to take: it is not queued, its time has not come, its run is not active,
            or somebody's lease holds.
        """
        asked = {"token": token, "worker": worker, "lease": lease_seconds, "gone": gone}
        found = self._store.change(_on_chunk, "ledger/write/claim", chunk, **asked)
        return _claimed(token, found[0]) if found else None

    def owner(self, chunk: str) -> Owner | None:
        """Who has claimed a chunk that is running."""
        found = self._store.read("ledger/read/chunk", chunk=chunk)
        return Owner(found[0]["claim"], found[0]["worker"]) if found and found[0]["status"] == "running" else None

    def renew(self, chunk: str, token: str, lease_seconds: float) -> bool:
        """Make a lease last that long from now on.

        Returns: False where the chunk is not this token's any more, or its run is not active.
        """
        return bool(self._store.change(_on_chunk, "ledger/write/renew", chunk, token=token, lease=lease_seconds))

    def done(self, chunk: ChunkRecord, token: str, seconds: float, device: str) -> bool:
        """Store the results of a chunk and its done mark, in one transaction.

        Args:
            seconds: that it took to compute.
            device: that computed it; the run names all of them.

        Returns: False where the chunk is not this token's any more, and nothing is stored by this.
        """
        try:
            return self._store.change(_done, chunk, token, Made(seconds, device))
        except RunDeleted:
            return False

    def fail(self, chunk: str, token: str, error: str, *, again_after: float | None) -> bool:
        """End an attempt that failed.

        Args:
            again_after: seconds until the next one; None where there is none, and the chunk's sentences have failed.

        Returns: False where the chunk is not this token's any more.
        """
        asked = {"token": token, "error": error, "again_after": again_after}
        return bool(self._store.change(_on_chunk, "ledger/write/fail", chunk, **asked))

    def split(self, chunk: str, token: str, parts: Sequence[Sequence[str]], error: str) -> list[str]:
        """Put the sentences of a chunk into new ones; the old one holds nothing any more.

        One that holds several has one try left before it is to be split further; a sentence alone begins anew.

        Args:
            parts: ids of instances; each of the chunk's in one of them.
            error: why it is split.

        Returns: the ids of the new chunks; none where the chunk is not this token's any more.
        """
        return self._store.change(_split, chunk, token, parts, error)

    def release(self, chunk: str, token: str) -> bool:
        """Put a chunk back as if it had not been claimed.

        Returns: False where the chunk is not this token's any more.
        """
        return bool(self._store.change(_on_chunk, "ledger/write/release", chunk, token=token))

    def expired(self, limit: int) -> list[str]:
        """The ids of chunks of active runs whose lease is over: their workers are lost."""
        return [row["chunk"] for row in self._store.read("ledger/read/expired", limit=limit)]

    def reclaim(self, chunk: str) -> Reclaimed | None:
        """Put a chunk back whose lease is over.

        Returns: None where it is not so, or not any more.
        """
        found = self._store.change(_on_chunk, "ledger/write/reclaim", chunk)
        return Reclaimed(**found[0]) if found else None


def _on_run(tx: ManagedTransaction, name: str, run: str, **parameters: Any) -> list[dict[str, Any]]:
    """A statement on a run that nobody else changes meanwhile."""
    do(tx, "store/write/lock_run", run=run)
    return answers(tx, name, run=run, **parameters)


def _on_chunk(tx: ManagedTransaction, name: str, chunk: str, **parameters: Any) -> list[dict[str, Any]]:
    """A statement on a chunk that nobody else changes meanwhile, nor its run."""
    locked = first(tx, "store/write/lock_chunk", chunk=chunk)
    return _on_run(tx, name, locked["run"], chunk=chunk, **parameters) if locked else []


def _submit(tx: ManagedTransaction, job: Job) -> bool:
    run = job.run
    do(tx, "ledger/write/lock")  # two jobs of one name, one after the other
    taken = answers(tx, "ledger/read/taken", run=run.id, name=run.name)
    for other in taken:
        if other["run"] == run.id and other["request"] == job.request and other["status"] != "deleting":
            return other["status"] == "submitting"
        raise _taken(run, other)
    do(
        tx,
        "ledger/write/submit",
        run=asdict(run) | properties(job, "run", "model"),
        model={name: value for name, value in asdict(job.model).items() if value is not None},
    )
    return True


def _taken(run: RunRecord, other: dict[str, Any]) -> RequestError:
    if other["status"] == "deleting":
        return Conflict(
            "run",
            f"the run {run.name!r} is half deleted",
            f"Give `influence delete {other['run']}` again, and then this.",
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
        f"Give this job another --name, or take that run away: influence delete {other['run']}",
    )


def _planned(chunk: PlannedChunk) -> dict[str, Any]:
    return properties(chunk, "instances") | {"instances": [properties(instance) for instance in chunk.instances]}


def _claimed(token: str, row: dict[str, Any]) -> Claimed:
    chunk = row["chunk"] | {"instances": tuple(Pending(**instance) for instance in row["instances"])}
    return Claimed(token=token, run=RunRecord(**row["run"]), **row["job"], **chunk)


def _done(tx: ManagedTransaction, chunk: ChunkRecord, token: str, made: Made) -> bool:
    do(tx, "store/write/lock_chunk", chunk=chunk.id)
    found = first(tx, "ledger/read/chunk", chunk=chunk.id)
    if found is None or found["claim"] != token:
        return False
    if found["status"] == "running":
        write_chunk(tx, chunk, made)
    return True  # also where it is completed by this token: an answer was lost, and this is asked again


def _split(tx: ManagedTransaction, chunk: str, token: str, parts: Sequence[Sequence[str]], error: str) -> list[str]:
    locked = first(tx, "store/write/lock_chunk", chunk=chunk)
    if locked is None:
        return []
    run = locked["run"]
    named = [{"id": chunk_id(run, part), "instances": list(part)} for part in parts]
    asked = {"chunk": chunk, "token": token, "parts": named, "error": error, "retries": RETRIES}
    return [row["chunk"] for row in _on_run(tx, "ledger/write/split", run, **asked)]


def _progress(row: dict[str, Any]) -> Progress:
    counts = {each["status"]: Count(each["chunks"], each["sentences"]) for each in row.pop("counts")}
    lists = {
        "workers": tuple(row["workers"]),
        "devices": tuple(row["devices"]),
        "failures": tuple(Failure(*each) for each in row["failures"]),
    }
    moments = {name: native(row[name]) for name in ("submitted_at", "finished_at")}
    speed, to_do = row["speed"], counts["queued"].sentences + counts["running"].sentences
    left = to_do / speed if speed and row["status"] in ("queued", "running") else None
    return Progress(**{**row, **counts, **lists, **moments}, left=left)
