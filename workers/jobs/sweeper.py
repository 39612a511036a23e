"""Keeps the work going whatever is lost: a turn a second, by any number of sweepers at once.

1. Chunks whose worker is not heard of any more go back to those that wait.
2. Runs of which nothing is left to do are closed.
3. What is due goes into the broker, where it is not there already.
"""

from dataclasses import dataclass
from threading import Event

import structlog
from kombu.exceptions import OperationalError

from cypher.errors import GraphError, Unusable
from cypher.ledger import Ledger
from workers.jobs.queues import Queues
from workers.jobs.waiting import backoff

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


def turn(ledger: Ledger, queues: Queues) -> Turn:
    """Put right what has gone wrong since the last turn.

    Raises:
        GraphError: the graph is away.
        OperationalError: the broker is.
    """
    lost = ledger.expired(AT_ONCE)
    for chunk in lost:
        ledger.reclaim(chunk)
    ended = [run for run in ledger.active() if ledger.close(run) is not None]
    return Turn(len(lost), len(ended), queues.fill(ledger))


def sweep(ledger: Ledger, queues: Queues, stop: Event) -> None:
    """A turn a second until `stop` is set; while graph or broker is away, wait for it."""
    away = 0
    while not stop.is_set():
        try:
            done = turn(ledger, queues)
        except Unusable:
            raise
        except (GraphError, OperationalError) as error:
            away += 1
            if away == 1:
                what = "the graph" if isinstance(error, GraphError) else "the broker"
                log.warning(f"{what} is away", error=str(error).splitlines()[0])
            stop.wait(backoff(away, PAUSE))
            continue
        if away:
            log.info("graph and broker are back")
            away = 0
        if done != Turn(0, 0, 0):
            log.info("swept", reclaimed=done.reclaimed, closed=done.closed, sent=done.sent)
        stop.wait(PAUSE)
