"""Keeps the work going whatever is lost: a turn a second, by any number of sweepers at once.

1. Chunks whose worker is not heard of any more go back to those that wait.
2. Runs of which nothing is left to do are closed.
3. What is due goes into the broker, where it is not there already.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import structlog
from kombu.exceptions import OperationalError

from cypher.errors import RequestError, ServerError
from cypher.ledger.ledger import Ledger
from workers.jobs.messages.queues import Queues
from workers.jobs.retry import backoff

PAUSE = 1.0
"""Seconds between two turns."""
AT_ONCE = 1000
"""Chunks taken back in a turn."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn changed."""

    reclaimed: int
    closed: int
    sent: int


class Hearing:
    """Whether leases tell anything: of a graph that did not answer for a while they are over, and nobody is lost.

    Then workers have one lease to renew theirs, from the answer on.

    Args:
        lease: seconds.
    """

    def __init__(self, lease: float):
        self._lease = lease
        self._last = time.monotonic()
        self._from = self._last

    def heard(self) -> bool:
        """To be called at every answer. Returns: does a lease that is over mean that its worker is lost?"""
        now = time.monotonic()
        if now - self._last > PAUSE + self._lease / 2:  # workers renew earlier: a shorter silence ends no lease
            self._from = now + self._lease
        self._last = now
        return now >= self._from


def turn(ledger: Ledger, queues: Queues, hearing: Hearing | None = None) -> Turn:
    """Put right what has gone wrong since the last turn.

    Args:
        hearing: of the graph, over all turns; None for one turn that takes every lease at its word.

    Raises:
        ServerError: the graph is away.
        OperationalError: the broker is.
    """
    hearing = hearing or Hearing(math.inf)
    reclaimed = closed = 0
    for chunk in ledger.expired(AT_ONCE):
        if hearing.heard() and (lost := ledger.reclaim(chunk)) is not None:
            log.warning("taken back from a worker that was lost", run=lost.run, chunk=chunk, lost=lost.worker)
            reclaimed += 1
    hearing.heard()
    for run in ledger.active():
        if (status := ledger.close(run)) is not None:
            log.info("the run has ended", run=run, status=status)
            closed += 1
    hearing.heard()
    sent = queues.fill(ledger)
    hearing.heard()
    return Turn(reclaimed, closed, sent)


def sweep(
    ledger: Ledger, queues: Queues, lease: float, stop: Event, alive: Callable[[], object] = lambda: None
) -> None:
    """A turn a second until `stop` is set; while graph or broker is away, wait for it.

    Args:
        lease: seconds.
        alive: called after every turn that came to its end.
    """
    hearing = Hearing(lease)
    away: str | None = None
    tries = 0
    while not stop.is_set():
        try:
            done = turn(ledger, queues, hearing)
        except RequestError:
            raise
        except (ServerError, OperationalError) as error:
            if away is None:
                away = "the graph" if isinstance(error, ServerError) else "the broker"
                log.warning(f"{away} is away", error=str(error).splitlines()[0])
            tries += 1
            stop.wait(backoff(tries, PAUSE))
            continue
        alive()
        if away:
            log.info(f"{away} is back")
            away, tries = None, 0
        if done != Turn(0, 0, 0):
            log.info("swept", reclaimed=done.reclaimed, closed=done.closed, sent=done.sent)
        stop.wait(PAUSE)
