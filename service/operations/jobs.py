"""Jobs: runs that workers compute. Submitted, followed, cancelled, resumed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cypher.errors import Conflict, InvalidInput, ServerUnavailable
from cypher.ledger.jobs import Device, Failure, Job, JobProgress, PlannedChunk
from cypher.ledger.ledger import Ledger
from cypher.store.runs import InexactInstances, StoredRun
from cypher.store.store import Store
from service.exactness import find_inexact
from service.operations.connections import Connections
from service.operations.job_logs import read_logs
from service.operations.progress import OnNotice, untold
from workers.analysis.settings import Settings
from workers.datasets import Instance

if TYPE_CHECKING:
    from workers.models import Model

FINISHED = ("completed", "partial", "cancelled", "failed")
"""The statuses of a job that has ended."""
RESUMABLE = ("cancelled", "partial", "failed")
Load = Callable[[str, str], "Model"]
"""Gives a model by its name and dtype."""
AT_ONCE = 1000
"""Sentences that are given to the ledger in a transaction."""
PAUSE = 0.5
"""Seconds between looks at a job."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that is in the ledger."""

    run: str  # id
    name: str
    sentences: int
    chunks: int
    new: bool  # False: the same submission was there before
    sent: bool  # False: the broker is away, and a sweeper sends its messages when it is back


@dataclass(frozen=True, slots=True)
class Resumed:
    """A job that is queued again."""

    run: str  # id
    name: str
    chunks: int  # that are still to do
    sent: bool  # as in `Submitted`


@dataclass(frozen=True, slots=True)
class JobLogs:
    """What there is to read about a run."""

    run: str  # id
    entries: list[dict[str, Any]]  # of the logs of this machine's workers, by time
    failures: list[Failure]  # sentences that cannot be computed


def _load(model: str, dtype: str) -> "Model":
    from workers.models import load_model  # torch and transformers take seconds to import

    return load_model(model, "cpu", dtype)


def submit(
    connections: Connections,
    instances: Iterable[Instance],
    settings: Settings,
    *,
    model: str,
    stem: str,
    question: str | None = None,
    dtype: str = "float32",
    name: str | None = None,
    idempotency_key: str | None = None,
    owner: str | None = None,
    most: int | None = None,
    load: Load = _load,
    device: Device = "any",
    priority: int = 0,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: OnNotice = untold,
) -> Submitted:
    """Queue sentences for the workers. Everything is checked first, and nothing is queued if something is wrong.

    Args:
        model: a bundled one's name, a directory, or a name on the Hugging Face hub.
        stem: what the run's name begins with where none is given.
        question: `similarity`; None: what the model was trained to predict.
        dtype: of weights and arithmetic.
        idempotency_key: the same submission under the same key is the same run.
        owner: id of whoever submits it, by which jobs are counted; None: they are not.
        most: jobs of its owner that have not ended, with this one.
        load: gives the model, which sentences are read with.
        device: what workers may compute it on.
        priority: 0 to 9; runs with a higher one come first.
        on_bad: called with the problem of a sentence that is left out; None to raise the first.
        on_notice: is told what a reader of the results should know, such as of unknown words.

    Raises:
        InvalidInput: a sentence, setting or model that cannot be used.
        Conflict: another run has this name or key, or its owner has too many jobs.
        ServerError: the graph cannot be used.
    """
    from service.operations.submission import plan_job  # torch and transformers take seconds to import

    path = Path(model)
    with plan_job(
        load(model, dtype).with_question(question),
        str(path.resolve()) if path.is_dir() else model,
        instances,
        settings,
        stem=stem,
        name=name,
        idempotency_key=idempotency_key,
        owner=owner,
        device=device,
        priority=priority,
        on_bad=on_bad,
        on_notice=on_notice,
    ) as planned:
        job = planned.job
        new = enter(connections.ledger, job, planned, most)
        sent = _send(connections, job.run.id)
        return Submitted(job.run.id, job.run.name, job.sentences, planned.chunks, new, sent)


def enter(ledger: Ledger, job: Job, chunks: Iterable[PlannedChunk], most: int | None = None) -> bool:
    """Put a planned job into the ledger; its chunks can be claimed when all are there.

    Args:
        most: jobs of its owner that have not ended, with this one.

    Returns: False where the same job was there before.

    Raises:
        Conflict: the graph holds another run with its id or name, or its owner has too many jobs.
    """
    new = ledger.submit(job, most)
    if new:
        for some in _batches(chunks):
            ledger.add(job.run.id, some)
        ledger.submitted(job.run.id)
    return new


def find_job(store: Store, run: str) -> StoredRun:
    """The job of that name or id.

    Raises:
        NotFound: there is no such run.
        Conflict: the run is not a job, or several have this name.
    """
    found = store.find(run)
    if found.source is None:
        raise Conflict(
            "run",
            f"the run {found.name!r} is not a job: its results were stored directly",
            "Analyse or load it again to complete it.",
        )
    return found


def progress(store: Store, run: str) -> JobProgress:
    """How far the job of that name or id is.

    Raises:
        RequestError: as `find_job`.
    """
    return Ledger(store).progress(find_job(store, run).id)


def inexact(store: Store, run: str) -> InexactInstances:
    """The sentences of the job of that name or id whose results so far should not be trusted.

    Raises:
        RequestError: as `find_job`.
    """
    return find_inexact(store, find_job(store, run).id)


def follow(store: Store, run: str, pause: float = PAUSE) -> Iterator[JobProgress]:
    """The progress of the job of that name or id: now, whenever it changes, and for the last time when it has ended.

    Args:
        pause: seconds between looks.

    Raises:
        RequestError: as `find_job`.
    """
    ledger, job = Ledger(store), find_job(store, run).id
    last: JobProgress | None = None
    while last is None or last.status not in FINISHED:
        if last is not None:
            time.sleep(pause)
        now = ledger.progress(job)
        if now != last:
            yield now
        last = now


def cancel(store: Store, run: str) -> StoredRun:
    """Stop the job of that name or id; its results stay, and `resume` continues it.

    Returns: the run as it is now.

    Raises:
        RequestError: as `find_job`, or it has ended.
    """
    found = find_job(store, run)
    if not Ledger(store).cancel(found.id):
        raise Conflict(
            "run", f"the run {found.name!r} is {found.status}", "Only a queued or running job can be cancelled."
        )
    return replace(found, status="cancelled")


def resume(connections: Connections, run: str) -> Resumed:
    """Queue what is missing of a job that was cancelled or has failed, as a whole or in part.

    Raises:
        RequestError: as `find_job`, or there is nothing to resume.
    """
    found = find_job(connections.store, run)
    if found.status not in RESUMABLE:
        raise Conflict("run", f"the run {found.name!r} is {found.status}", "There is nothing to resume.")
    chunks = connections.ledger.resume(found.id)
    return Resumed(found.id, found.name, chunks, _send(connections, found.id))


def logs(store: Store, run: str, folder: Path) -> JobLogs:
    """What this machine's workers logged about the run of that name or id, and its sentences that failed.

    Args:
        folder: of the logs.

    Raises:
        RequestError: there is no such run.
    """
    found = store.find(run)
    return JobLogs(found.id, read_logs(folder, found.id), Ledger(store).failures(found.id))


def _batches(chunks: Iterable[PlannedChunk]) -> Iterator[Sequence[PlannedChunk]]:
    some: list[PlannedChunk] = []
    for chunk in chunks:
        some.append(chunk)
        if sum(len(each.instances) for each in some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _send(connections: Connections, run: str) -> bool:
    """Tell the workers; False where the broker is away."""
    try:
        connections.queues.fill(connections.ledger, run)
    except ServerUnavailable as error:
        if error.field != "broker":
            raise
        return False
    return True
