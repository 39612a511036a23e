"""What the ledger is given and tells: jobs, their chunks, and how far they are."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from cypher.store.records import ModelRecord, RunRecord

Device = Literal["cpu", "gpu", "any"]
JobStatus = Literal["submitting", "queued", "running", "completed", "partial", "cancelled", "failed", "deleting"]
"""Of a job: its sentences are still being given; they wait; some were claimed; all are done; all but failed ones are;
somebody stopped it; it cannot be done at all; it is being taken away."""

RETRIES = 3
"""How often a chunk is tried again after a try that failed, and how often after one that was lost with its worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is to be made by whoever claims its chunks."""

    run: RunRecord
    model: ModelRecord
    source: str  # what names the model: a bundled one's name, an absolute directory, or a name on the hub
    dtype: str
    device: Device
    priority: int  # 0 to 9; 9 comes first
    request: str  # SHA-256 of all that was submitted: equal for equal jobs
    sentences: int
    owner: str | None = None  # id of whoever submitted it, by which jobs are counted


@dataclass(frozen=True, slots=True)
class PlannedInstance:
    """A sentence without results."""

    id: str  # as `cypher.store.records.instance_id` makes it
    name: str  # as its user calls it
    order: int  # its place in the run's input, from 0
    text: str
    input: str  # JSON


@dataclass(frozen=True, slots=True)
class PlannedChunk:
    """Sentences that are computed and stored together."""

    id: str  # as `cypher.store.records.chunk_id` makes it
    index: int
    length: int  # tokens of each sentence
    instances: tuple[PlannedInstance, ...]


class DueChunk(NamedTuple):
    """A chunk whose time has come."""

    run: str  # id
    chunk: str  # id
    device: Device
    priority: int


class LeaseHolder(NamedTuple):
    """Who works on a chunk."""

    token: str
    worker: str  # name


class ReclaimedChunk(NamedTuple):
    """Of a chunk that was put back, since its lease is over."""

    run: str  # id
    worker: str  # name of the one that was lost


@dataclass(frozen=True, slots=True)
class ClaimedChunk:
    """A chunk, and what is needed to compute it."""

    token: str
    run: RunRecord
    source: str
    dtype: str
    chunk: str  # id
    index: int
    length: int
    attempts: int  # with this one
    failures: int  # of the attempts before, those that ended with an error
    losses: int  # and those whose worker was lost
    error: str | None  # of the attempt before
    instances: tuple[PlannedInstance, ...]  # in their order

    @property
    def fingerprint(self) -> str:
        """Of the model."""
        return self.run.model

    @property
    def versions(self) -> dict[str, str]:
        """Of the packages of whoever submitted the job."""
        return json.loads(self.run.versions)


SPEED_WINDOW = 300.0
"""Seconds over which a job's speed is taken."""


class Count(NamedTuple):
    """How many there are."""

    chunks: int
    sentences: int


class Failure(NamedTuple):
    """A sentence that cannot be computed."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is, counted from its chunks."""

    run: str  # id
    name: str
    status: JobStatus
    error: str | None  # of a job that failed as a whole
    sentences: int  # planned
    queued: Count
    running: Count
    completed: Count
    failed: Count
    workers: tuple[str, ...]  # names of those whose lease holds
    devices: tuple[str, ...]  # that computed what is completed
    failures: tuple[Failure, ...]  # the first few
    seconds: float  # that the completed chunks took
    speed: float | None  # sentences a second, of the chunks that were completed lately; None where none was
    left: float | None  # seconds, if it goes on like this; None where that is not known, or it has ended
    submitted_at: datetime | None  # None: it is still being submitted
    finished_at: datetime | None
