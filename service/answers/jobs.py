"""Jobs as programs are told of them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Self

from pydantic import BaseModel

from cypher.errors import InvalidInput
from cypher.ledger.jobs import JobProgress
from service.operations import jobs as operations


class Count(BaseModel):
    """How many there are."""

    chunks: int
    sentences: int


class Failure(BaseModel):
    """A sentence that cannot be computed."""

    name: str
    error: str


class Progress(BaseModel):
    """How far a job is."""

    run: str  # id
    name: str
    status: str
    error: str | None
    sentences: int  # planned
    queued: Count
    running: Count
    completed: Count
    failed: Count
    workers: list[str]
    devices: list[str]
    failures: list[Failure]  # the first few
    seconds: float
    speed: float | None  # sentences a second
    left: float | None  # seconds
    submitted_at: str | None
    finished_at: str | None


class LeftOut(BaseModel):
    """A sentence that cannot be used."""

    field: str
    detail: str
    fix: str
    where: str | None


class Told:
    """What a submission is told while it is read: what is left out, and what a reader should know.

    Args:
        most: sentences that are left out, of which the problem is told.
        place: where a sentence is, as its owner calls it.
    """

    def __init__(self, most: int, place: Callable[[str | None], str | None] = lambda where: where):
        self._most, self._place = most, place
        self.left_out: list[LeftOut] = []
        self.count = 0
        self.notices: list[str] = []

    def leave_out(self, error: InvalidInput) -> None:
        """One more."""
        self.count += 1
        if self.count <= self._most:
            where = self._place(error.where)
            self.left_out.append(LeftOut(field=error.field, detail=error.problem, fix=error.fix, where=where))


class Submitted(BaseModel):
    """A job that is queued."""

    run: str  # id
    name: str
    sentences: int
    chunks: int
    new: bool  # False: the same submission was there before
    sent: bool  # False: the broker is away, and the job starts when it is back
    left_out: list[LeftOut]  # the first of them
    left_out_count: int  # of sentences
    notices: list[str]

    @classmethod
    def of(cls, done: operations.Submitted, told: Told) -> Self:
        values = {name: getattr(done, name) for name in ("run", "name", "sentences", "chunks", "new", "sent")}
        return cls(**values, left_out=told.left_out, left_out_count=told.count, notices=told.notices)


class Resumed(BaseModel):
    """A job that is queued again."""

    run: str  # id
    name: str
    chunks: int  # that are still to do
    sent: bool  # as of a new job

    @classmethod
    def of(cls, done: operations.Resumed) -> Self:
        return cls(**asdict(done))


class Logs(BaseModel):
    """What there is to read about a run."""

    run: str  # id
    entries: list[dict[str, Any]]  # by time; without the traces of errors, which stay in the log
    failures: list[Failure]

    @classmethod
    def of(cls, told: operations.JobLogs) -> Self:
        entries = [{name: value for name, value in entry.items() if name != "exception"} for entry in told.entries]
        return cls(run=told.run, entries=entries, failures=[Failure(**each._asdict()) for each in told.failures])


def plain(progress: JobProgress) -> dict[str, Any]:
    """Progress as JSON values: counts and failures by name."""
    values = asdict(progress)
    for name in ("queued", "running", "completed", "failed"):
        values[name] = getattr(progress, name)._asdict()
    values["failures"] = [failure._asdict() for failure in progress.failures]
    for name in ("submitted_at", "finished_at"):
        values[name] = None if values[name] is None else values[name].isoformat()
    return values
