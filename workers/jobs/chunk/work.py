"""A chunk from its claim to its end: what a worker does for one message. Knows nothing of Celery's.

1. Claim it in the ledger; who cannot has nothing to do. A heartbeat keeps the claim.
2. Compute; that is broken off where the claim is lost, the run cancelled, or the time to stop over.
3. Write the results with the done mark, in one transaction, and close the run where it was the last chunk.
4. What goes wrong is the model's fault (the run fails), a sentence's (it is set apart), or of the moment (another try
   later, and after the last the chunk is halved, until the sentence at fault stands alone). An error of the graph is
   none of the chunk's: it is waited for, and then left to the lease.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import structlog
from billiard.exceptions import SoftTimeLimitExceeded

from cypher.errors import Conflict, NotFound, ServerError, ServerOverloaded
from cypher.ledger.ledger import Ledger
from cypher.ledger.work import RETRIES, Claimed
from workers.jobs.chunk.computing import BadModel, BadSentences, NoMemory, Stopwatch, compute_chunk
from workers.jobs.chunk.heartbeat import Heartbeat, Lost
from workers.jobs.chunk.model_cache import Models
from workers.jobs.chunk.owners import is_gone, new_token
from workers.jobs.chunk.stopping import Stopping
from workers.jobs.retry import backoff, patiently
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
class Bench:
    """What a process works with."""

    worker: str  # name
    ledger: Ledger
    models: Models
    limits: Limits
    stopping: Stopping
    device: str  # by its name


@dataclass(slots=True)
class Report:
    """How the work on a chunk ended."""

    ending: Ending
    sentences: int = 0
    spent: Stopwatch = field(default_factory=Stopwatch)
    broken: bool = False  # may the error have left a process that nothing succeeds in any more?


def work(chunk: str, bench: Bench) -> Report:
    """Do what is to be done for a chunk, if anything.

    Raises:
        ServerError: the graph has been away for too long; what was claimed is left to its lease.
        Stopped: this process is to stop, and has not begun.
    """
    bench.stopping.check()
    token = new_token()
    claimed = _wait(bench, bench.stopping.check, lambda: _claim(chunk, token, bench))
    if claimed is None:
        return Report("not ours")
    report = Report("lost", len(claimed.instances))
    with structlog.contextvars.bound_contextvars(run=claimed.run.id):
        log.info("begun", sentences=report.sentences, attempt=claimed.attempts)
        try:
            with Heartbeat(bench.ledger, chunk, token, bench.limits.lease, bench.stopping) as heartbeat:
                _settle(claimed, bench, heartbeat, report)
        except Lost as reason:
            log.warning("given up", reason=str(reason))
            return report
        log.info(report.ending, **{phase: round(seconds, 3) for phase, seconds in report.spent.items()})
        _close(claimed.run.id, bench.ledger)
    return report


def _close(run: str, ledger: Ledger) -> None:
    try:
        status = ledger.close(run)
    except ServerError:  # a sweeper closes it when the graph is back
        return
    if status is not None:
        log.info("the run has ended", status=status)


def _claim(chunk: str, token: str, bench: Bench) -> Claimed | None:
    """The chunk, where it is to be had; from a process of this machine that has ended, at once."""
    ledger, lease = bench.ledger, bench.limits.lease
    claimed = ledger.claim(chunk, token, bench.worker, lease)
    if claimed is None:
        owner = ledger.owner(chunk)
        if owner is not None and is_gone(owner.token):
            claimed = ledger.claim(chunk, token, bench.worker, lease, gone=owner.token)
    if claimed is not None and not is_ours(claimed.versions):
        ledger.release(chunk, token)
        log.warning("left to a worker of its version", run=claimed.run.id, versions=claimed.versions.get(PACKAGE))
        return None
    return claimed


def _settle(claimed: Claimed, bench: Bench, heartbeat: Heartbeat, report: Report) -> None:
    """Compute and write the chunk, or enter in the ledger what came in the way."""
    ledger, check = bench.ledger, heartbeat.check
    try:
        if claimed.losses > RETRIES:
            report.ending = _part(claimed, bench, check, f"{claimed.error}, {claimed.losses} times")
            return
        with heartbeat.interrupting():
            record = compute_chunk(claimed, bench.models, report.spent)
        seconds = sum(report.spent.values())
        with report.spent.timed("write"):
            if not _wait(bench, check, lambda: ledger.done(record, claimed.token, seconds, bench.device)):
                raise Lost("somebody else has the chunk by now")
        report.ending = "done"
    except BadModel as error:
        reason = str(error)
        log.error("the run cannot be computed", error=reason)
        _wait(bench, check, lambda: ledger.fail_run(claimed.run.id, reason))
        _wait(bench, check, lambda: ledger.release(claimed.chunk, claimed.token))
        report.ending = "run failed"
    except BadSentences as error:
        log.warning("sentences that cannot be computed", **error.problems)
        report.ending = _part(claimed, bench, check, str(error), error.problems)
    except Exception as error:  # whatever a library raises: a try that has failed
        if isinstance(error, ServerError | Conflict | NotFound) and not isinstance(error, ServerOverloaded):
            raise
        reason = _reason(error, bench.limits)
        log.warning("the try has failed", error=reason, exc_info=True)
        report.broken = not isinstance(error, EXPECTED)
        if claimed.failures >= RETRIES:
            report.ending = _part(claimed, bench, check, reason)
            return
        again = backoff(claimed.failures + 1, AGAIN)
        _wait(bench, check, lambda: ledger.fail(claimed.chunk, claimed.token, reason, again_after=again))
        report.ending = "retried"


def _part(claimed: Claimed, bench: Bench, check: Callable[[], None], reason: str, bad: Container[str] = ()) -> Ending:
    """Give up a sentence that stands alone; else part it from the others.

    Args:
        bad: names of the sentences at fault, each of which comes to stand alone; where they are not known, the chunk
            is halved.
    """
    ids = [pending.id for pending in claimed.instances]
    alone = [[pending.id] for pending in claimed.instances if pending.name in bad]
    good = [pending.id for pending in claimed.instances if pending.name not in bad]
    if len(ids) == 1:
        _wait(bench, check, lambda: bench.ledger.fail(claimed.chunk, claimed.token, reason, again_after=None))
        return "failed"
    middle = len(ids) // 2
    parts = [*([good] if good else []), *alone] if alone else [ids[:middle], ids[middle:]]
    _wait(bench, check, lambda: bench.ledger.split(claimed.chunk, claimed.token, parts, reason))
    return "split"


def _reason(error: Exception, limits: Limits) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return f"it takes longer than INFLUENCE_CHUNK_SECONDS, {limits.chunk_seconds:g} s"
    said = str(error) if isinstance(error, NoMemory) else f"{type(error).__name__}: {error}"
    return said.strip().splitlines()[0]


def _wait(bench: Bench, check: Callable[[], None], ask: Callable[[], Answer]) -> Answer:
    return patiently(ask, bench.limits.patience, check, _tell_away)


def _tell_away(error: ServerError) -> None:
    log.warning("waiting for the graph", error=str(error))
