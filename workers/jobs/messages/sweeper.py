"""Keeps the work going whatever is lost: a sweep a second, by any number of sweepers at once.

1. Chunks whose lease has expired are queued again: their workers are lost.
2. Runs of which nothing is left to do are closed.
3. What is due goes into the broker, where it is not there already.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import structlog

from cypher.ledger.ledger import Ledger
from workers.jobs.messages.queues import Queues
from workers.jobs.retry import OUTAGE, backoff

PAUSE = 1.0
"""Seconds between two sweeps."""
AT_ONCE = 1000
"""Expired leases that a sweep ends."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep changed."""

    reclaimed: int
    closed: int
    sent: int


class OutageGuard:
    """Whether an expired lease tells anything: while the graph did not answer, leases expired and nobody is lost.

    After such an outage workers have one lease to renew theirs, from the first answer on.

    Args:
        lease: seconds.
    """

    def __init__(self, lease: float):
        self._lease = lease
        self._last = time.monotonic()
        self._from = self._last

    def answered(self) -> bool:
        """To be called at every answer. Returns: does an expired lease mean that its worker is lost?"""
        now = time.monotonic()
        if now - self._last > PAUSE + self._lease / 2:  # workers renew earlier: a shorter outage expires no lease
            self._from = now + self._lease
        self._last = now
        return now >= self._from


def sweep_once(ledger: Ledger, queues: Queues, guard: OutageGuard | None = None) -> Sweep:
    """Put right what has gone wrong since the last sweep.

    Args:
        guard: of the graph, over all sweeps; None for a single sweep that trusts every lease.

    Raises:
        ServerError: the graph or the broker is away; `field` says which.
    """
    guard = guard or OutageGuard(math.inf)
    reclaimed = closed = 0
    for chunk in ledger.expired(AT_ONCE):
        if guard.answered() and (lost := ledger.reclaim(chunk)) is not None:
            log.warning("reclaimed from a lost worker", run=lost.run, chunk=chunk, lost=lost.worker)
            reclaimed += 1
    guard.answered()
    for run in ledger.active():
        if (status := ledger.close(run)) is not None:
            log.info("the run has ended", run=run, status=status)
            closed += 1
    guard.answered()
    sent = queues.fill(ledger)
    guard.answered()
    return Sweep(reclaimed, closed, sent)


def sweep(
    ledger: Ledger, queues: Queues, lease: float, stop: Event, alive: Callable[[], object] = lambda: None
) -> None:
    """A sweep a second until `stop` is set; while graph or broker is away, wait for it.

    Args:
        lease: seconds.
        alive: called after every sweep that came to its end.
    """
    guard = OutageGuard(lease)
    away: str | None = None
    tries = 0
    while not stop.is_set():
        try:
            done = sweep_once(ledger, queues, guard)
        except OUTAGE as error:
            if away is None:
                away = "the broker" if error.field == "broker" else "the graph"
                log.warning(f"{away} is away", error=str(error).splitlines()[0])
            tries += 1
            stop.wait(backoff(tries, PAUSE))
            continue
        alive()
        if away:
            log.info(f"{away} is back")
            away, tries = None, 0
        if done != Sweep(0, 0, 0):
            log.info("swept", reclaimed=done.reclaimed, closed=done.closed, sent=done.sent)
        stop.wait(PAUSE)
