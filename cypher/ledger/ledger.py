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
from typing import Any

from cypher.errors import NotFound
from cypher.ledger import transactions
from cypher.ledger.jobs import (
    SPEED_WINDOW,
    ClaimedChunk,
    Device,
    DueChunk,
    Failure,
    Job,
    JobProgress,
    LeaseHolder,
    PlannedChunk,
    ReclaimedChunk,
)
from cypher.store.chunks import Computation, RunDeleted
from cypher.store.database import Database
from cypher.store.records import ChunkRecord
from cypher.store.staging import staged


class Ledger:
    """The jobs of one database, for any number of threads at once.

    Every method raises ServerError where the server is gone or refuses, and `ConcurrentWrite` as `Database`.
    """

    def __init__(self, store: Database):
        self._store = store

    # Jobs

    def submit(self, job: Job, most: int | None = None) -> bool:
        """Make the run of a job, with status `submitting`.

        Args:
            most: jobs of its owner that have not ended, with this one; None: any number.

        Returns: are its chunks to be added? False where the same job was submitted before, to the end.

        Raises:
            Conflict: the graph holds another run with its id or name, or its owner has too many jobs.
        """
        return self._store.execute_write(transactions.submit, job, most)

    def add(self, run: str, chunks: Sequence[PlannedChunk]) -> None:
        """Add chunks to a run that is being submitted; what already exists stays as it is."""
        self._store.execute_write(
            transactions.on_run, "ledger/write/add", run, chunks=[transactions.planned_row(chunk) for chunk in chunks]
        )

    def submitted(self, run: str) -> None:
        """All chunks of a run are added: from now on they can be claimed."""
        self._on_run("ledger/write/submitted", run)

    def cancel(self, run: str) -> bool:
        """Let nobody claim chunks of a run any more. What is being computed may still be stored.

        Returns: False where it was neither queued nor running.
        """
        return bool(self._on_run("ledger/write/end", run, status="cancelled", error=None))

    def fail_run(self, run: str, error: str) -> bool:
        """End a run that cannot be computed at all.

        Returns: False where it was neither queued nor running.
        """
        return bool(self._on_run("ledger/write/end", run, status="failed", error=error))

    def resume(self, run: str) -> int:
        """Queue a cancelled, partial or failed run again, with all that failed in it; earlier tries do not count.

        Returns: how many chunks of it are to do.
        """
        while self._on_run("ledger/write/requeue", run):
            pass
        return self._on_run("ledger/write/resume", run)[0]["chunks"]

    def close(self, run: str) -> str | None:
        """End a run of which nothing is left to do.

        Returns: its status from now on, completed or partial; None where it did not end by this.
        """
        closed = self._on_run("ledger/write/close", run)
        return closed[0]["status"] if closed else None

    def active(self) -> dict[str, dict[str, str]]:
        """The runs that are queued or running, in the order in which they are served.

        Returns: by their ids, the versions of the packages of whoever submitted them.
        """
        return {row["run"]: json.loads(row["versions"]) for row in self._store.read("ledger/read/active")}

    def failures(self, run: str) -> list[Failure]:
        """All sentences of a run that cannot be computed, in the order of its input."""
        return [Failure(**row) for row in self._store.read("ledger/read/failures", run=run)]

    def progress(self, run: str) -> JobProgress:
        """How far a run is.

        Raises:
            NotFound: there is no such job.
        """
        rows = self._store.read("ledger/read/progress", run=run, lately=SPEED_WINDOW)
        if not rows:
            raise NotFound("run", f"there is no job {run!r}", "Give the id of a job.")
        return transactions.job_progress(rows[0])

    # Chunks

    def waiting(self) -> dict[Device, int]:
        """How many chunks of active runs are queued, by what may compute them."""
        return {row["device"]: row["chunks"] for row in self._store.read("ledger/read/waiting")}

    def due(
        self, limit: int, run: str | None = None, device: Device | None = None, without: Sequence[str] = ()
    ) -> list[DueChunk]:
        """Queued chunks whose time has come: best priority first, then the oldest run, then the lowest index.

        Args:
            run: its chunks alone.
            device: those for it alone.
            without: ids of runs whose chunks are left out.
        """
        rows = self._store.read("ledger/read/due", run=run, device=device, without=list(without), limit=limit)
        return [DueChunk(**row) for row in rows]

    def claim(
        self, chunk: str, token: str, worker: str, lease_seconds: float, gone: str | None = None
    ) -> ClaimedChunk | None:
        """Take a chunk to compute it. An attempt whose lease is over counts as one.

        Args:
            token: of this attempt, and of no other.
            worker: name.
            gone: a token whose owner is known to be dead: its lease does not count.

        Returns: None where there is nothing to take: it is not queued, its time has not come, its run is not active,
            or somebody's lease holds.
        """
        parameters = {"token": token, "worker": worker, "lease": lease_seconds, "gone": gone}
        found = self._on_chunk("ledger/write/claim", chunk, **parameters)
        return transactions.claimed_chunk(token, found[0]) if found else None

    def owner(self, chunk: str) -> LeaseHolder | None:
        """Who has claimed a chunk that is running."""
        found = self._store.read("ledger/read/chunk", chunk=chunk)
        return LeaseHolder(found[0]["claim"], found[0]["worker"]) if found and found[0]["status"] == "running" else None

    def renew(self, chunk: str, token: str, lease_seconds: float) -> bool:
        """Make a lease last that long from now on.

        Returns: False where the chunk is not this token's any more, or its run is not active.
        """
        return bool(
            self._store.execute_write(
                transactions.on_chunk, "ledger/write/renew", chunk, token=token, lease=lease_seconds
            )
        )

    def done(self, chunk: ChunkRecord, token: str, seconds: float, device: str) -> bool:
        """Store the results of a chunk and its done mark, in one transaction; edges of large instances are staged
        before it.

        Args:
            seconds: that it took to compute.
            device: that computed it; the run names all of them.

        Returns: False where the chunk is not this token's any more, and nothing is stored by this.
        """
        try:
            with staged(self._store, chunk) as large:
                computation = Computation(seconds, device)
                return self._store.execute_write(transactions.done, chunk, large, token, computation)
        except RunDeleted:
            return False

    def fail(self, chunk: str, token: str, error: str, *, again_after: float | None) -> bool:
        """End an attempt that failed.

        Args:
            again_after: seconds until the next one; None where there is none, and the chunk's sentences have failed.

        Returns: False where the chunk is not this token's any more.
        """
        parameters = {"token": token, "error": error, "again_after": again_after}
        return bool(self._on_chunk("ledger/write/fail", chunk, **parameters))

    def split(self, chunk: str, token: str, parts: Sequence[Sequence[str]], error: str) -> list[str]:
        """Put the sentences of a chunk into new ones; the old one holds nothing any more.

        One that holds several has one try left before it is to be split further; a sentence alone begins anew.

        Args:
            parts: ids of instances; each of the chunk's in one of them.
            error: why it is split.

        Returns: the ids of the new chunks; none where the chunk is not this token's any more.
        """
        return self._store.execute_write(transactions.split, chunk, token, parts, error)

    def release(self, chunk: str, token: str) -> bool:
        """Put a chunk back as if it had not been claimed.

        Returns: False where the chunk is not this token's any more.
        """
        return bool(self._on_chunk("ledger/write/release", chunk, token=token))

    def expired(self, limit: int) -> list[str]:
        """The ids of chunks of active runs whose lease is over: their workers are lost."""
        return [row["chunk"] for row in self._store.read("ledger/read/expired", limit=limit)]

    def reclaim(self, chunk: str) -> ReclaimedChunk | None:
        """Put a chunk back whose lease is over.

        Returns: None where it is not so, or not any more.
        """
        found = self._on_chunk("ledger/write/reclaim", chunk)
        return ReclaimedChunk(**found[0]) if found else None

    def _on_run(self, name: str, run: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._store.execute_write(transactions.on_run, name, run, **parameters)

    def _on_chunk(self, name: str, chunk: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._store.execute_write(transactions.on_chunk, name, chunk, **parameters)
