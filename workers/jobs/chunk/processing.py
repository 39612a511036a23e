"""A chunk from its claim to its end: what a worker does for one message. Knows nothing of Celery.

1. Claim it in the ledger; who cannot has nothing to do. A heartbeat keeps the lease.
2. Compute; that is broken off where the lease is lost, the run cancelled, or the grace time over.
3. Write the results with the done mark, in one transaction, and close the run where it was the last chunk.
4. What goes wrong is the model's fault (the run fails), a sentence's (it becomes a dead letter), or of the moment
   (another try later; after the last, the chunk is halved, until the sentence at fault is alone). An error of the graph
   is none of the chunk's: it is waited for, and then the chunk is left to its lease.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import structlog
from billiard.exceptions import SoftTimeLimitExceeded

from cypher.errors import InfluenceError, ServerOverloaded
from cypher.ledger.jobs import RETRIES, ClaimedChunk
from cypher.ledger.ledger import Ledger
from workers.jobs.chunk.computation import BadModel, BadSentences, NoMemory, Stopwatch, compute_chunk
from workers.jobs.chunk.heartbeat import Heartbeat, LeaseLost
from workers.jobs.chunk.lease_tokens import is_gone, new_token
from workers.jobs.chunk.model_cache import ModelCache
from workers.jobs.chunk.shutdown import Shutdown
from workers.jobs.retry import OUTAGE, backoff, is_outage, retry
from workers.jobs.versions import PACKAGE, is_ours
from workers.limits import Limits

AGAIN = 4.0
"""Seconds before the second try of a chunk, at most; each further one waits twice as long."""

EXPECTED = (NoMemory, ServerOverloaded, SoftTimeLimitExceeded)
"""Failures of a try after which the process is as good as before."""

Ending = Literal["not ours", "done", "lost", "retried", "split", "failed", "run failed"]
Answer = TypeVar("Answer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a process works with."""

    worker: str  # name
    ledger: Ledger
    models: ModelCache
    limits: Limits
    shutdown: Shutdown
    device: str  # by its name


@dataclass(slots=True)
class ChunkOutcome:
    """How the work on a chunk ended."""

    ending: Ending
    sentences: int = 0
    timings: Stopwatch = field(default_factory=Stopwatch)
    broken: bool = False  # may the error have left a process that nothing succeeds in any more?


def process_chunk(chunk: str, context: WorkerContext) -> ChunkOutcome:
    """Do what is to be done for a chunk, if anything.

    Raises:
        ServerError, ConcurrentWrite: the graph has been away for too long; what was claimed is left to its lease.
        ShutdownRequested: this process is to stop, and has not begun.
    """
    context.shutdown.check()
    token = new_token()
    claimed = _retry(context, context.shutdown.check, lambda: _claim(chunk, token, context))
    if claimed is None:
        return ChunkOutcome("not ours")
    outcome = ChunkOutcome("lost", len(claimed.instances))
    with structlog.contextvars.bound_contextvars(run=claimed.run.id):
        log.info("chunk started", sentences=outcome.sentences, attempt=claimed.attempts)
        try:
            with Heartbeat(context.ledger, chunk, token, context.limits.lease, context.shutdown) as heartbeat:
                _settle(claimed, context, heartbeat, outcome)
        except LeaseLost as reason:
            log.warning("lease lost", reason=str(reason))
            return outcome
        log.info(outcome.ending, **{phase: round(seconds, 3) for phase, seconds in outcome.timings.items()})
        _close(claimed.run.id, context.ledger)
    return outcome


def _close(run: str, ledger: Ledger) -> None:
    try:
        status = ledger.close(run)
    except OUTAGE:  # a sweeper closes it when the graph is back
        return
    if status is not None:
        log.info("the run has ended", status=status)


def _claim(chunk: str, token: str, context: WorkerContext) -> ClaimedChunk | None:
    """The chunk, where it is to be had; from a process of this machine that has ended, at once."""
    ledger, lease = context.ledger, context.limits.lease
    claimed = ledger.claim(chunk, token, context.worker, lease)
    if claimed is None:
        owner = ledger.owner(chunk)
        if owner is not None and is_gone(owner.token):
            claimed = ledger.claim(chunk, token, context.worker, lease, gone=owner.token)
    if claimed is not None and not is_ours(claimed.versions):
        ledger.release(chunk, token)
        log.warning("left to a worker of its version", run=claimed.run.id, versions=claimed.versions.get(PACKAGE))
        return None
    return claimed


def _settle(claimed: ClaimedChunk, context: WorkerContext, heartbeat: Heartbeat, outcome: ChunkOutcome) -> None:
    """Compute and write the chunk, or enter in the ledger what came in the way."""
    ledger, check = context.ledger, heartbeat.check
    try:
        if claimed.losses > RETRIES:
            outcome.ending = _set_apart(claimed, context, check, f"{claimed.error}, {claimed.losses} times")
            return
        with heartbeat.interrupting():
            record = compute_chunk(claimed, context.models, outcome.timings)
        seconds = sum(outcome.timings.values())
        with outcome.timings.timed("write"):
            if not _retry(context, check, lambda: ledger.done(record, claimed.token, seconds, context.device)):
                raise LeaseLost("somebody else has the chunk by now")
        outcome.ending = "done"
    except BadModel as error:
        reason = str(error)
        log.error("the run cannot be computed", error=reason)
        _retry(context, check, lambda: ledger.fail_run(claimed.run.id, reason))
        _retry(context, check, lambda: ledger.release(claimed.chunk, claimed.token))
        outcome.ending = "run failed"
    except BadSentences as error:
        log.warning("sentences cannot be computed", **error.problems)
        outcome.ending = _set_apart(claimed, context, check, str(error), error.problems)
    except Exception as error:  # whatever a library raises: a try that has failed
        if is_outage(error):
            raise
        reason = _reason(error, context.limits)
        log.warning("the attempt failed", error=reason, exc_info=True)
        outcome.broken = not isinstance(error, EXPECTED)
        if claimed.failures >= RETRIES:
            outcome.ending = _set_apart(claimed, context, check, reason)
            return
        again = backoff(claimed.failures + 1, AGAIN)
        _retry(context, check, lambda: ledger.fail(claimed.chunk, claimed.token, reason, again_after=again))
        outcome.ending = "retried"


def _set_apart(
    claimed: ClaimedChunk, context: WorkerContext, check: Callable[[], None], reason: str, bad: Container[str] = ()
) -> Ending:
    """Make a dead letter of a sentence that is alone; else split the chunk.

    Args:
        bad: names of the sentences at fault, each of which comes to stand alone; where they are not known, the chunk
            is halved.
    """
    ids = [planned.id for planned in claimed.instances]
    alone = [[planned.id] for planned in claimed.instances if planned.name in bad]
    good = [planned.id for planned in claimed.instances if planned.name not in bad]
    if len(ids) == 1:
        _retry(context, check, lambda: context.ledger.fail(claimed.chunk, claimed.token, reason, again_after=None))
        return "failed"
    middle = len(ids) // 2
    parts = [*([good] if good else []), *alone] if alone else [ids[:middle], ids[middle:]]
    _retry(context, check, lambda: context.ledger.split(claimed.chunk, claimed.token, parts, reason))
    return "split"


def _reason(error: Exception, limits: Limits) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return f"it takes longer than INFLUENCE_CHUNK_SECONDS, {limits.chunk_seconds:g} s"
    said = str(error) if isinstance(error, NoMemory) else f"{type(error).__name__}: {error}"
    return said.strip().splitlines()[0]


def _retry(context: WorkerContext, check: Callable[[], None], operation: Callable[[], Answer]) -> Answer:
    return retry(operation, context.limits.retry_seconds, check, _log_outage)


def _log_outage(error: InfluenceError) -> None:
    log.warning("waiting for the graph", error=str(error))
