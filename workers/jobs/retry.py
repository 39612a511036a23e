"""Retries with backoff, while the graph is away."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from cypher.errors import InfluenceError, ServerError, ServerOverloaded
from cypher.store.driver_errors import ConcurrentWrite

FIRST = 0.5
"""Seconds before the second try; each wait is about twice the one before."""
LONGEST = 15.0

OUTAGE = (ServerError, ConcurrentWrite)
"""Errors of the graph, all of which may pass, but for `ServerOverloaded`: so much at once is too much at any time."""

Answer = TypeVar("Answer")


def backoff(tries: int, first: float = FIRST, longest: float = LONGEST) -> float:
    """Seconds to wait after so many tries: exponential, with jitter, so that those who wait do not come together."""
    return min(longest, first * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.0)


def is_outage(error: BaseException) -> bool:
    """Is this an error of the graph that may pass?"""
    return isinstance(error, OUTAGE) and not isinstance(error, ServerOverloaded)


def retry(
    operation: Callable[[], Answer],
    seconds: float,
    before_retry: Callable[[], object],
    on_outage: Callable[[InfluenceError], None],
) -> Answer:
    """What an operation on the graph returns, retried with backoff while the graph is away.

    Args:
        seconds: after which it is not retried any more.
        before_retry: called before every further try; what it raises ends the waiting.
        on_outage: called once, with what is wrong.

    Raises:
        ServerError, ConcurrentWrite: the graph has been away for so long.
        ServerOverloaded: at once.
        RequestError: what else the operation raises, at once.
    """
    until, tries = time.monotonic() + seconds, 0
    while True:
        try:
            return operation()
        except OUTAGE as error:
            if not is_outage(error) or time.monotonic() >= until:
                raise
            tries += 1
            if tries == 1:
                on_outage(error)
            time.sleep(backoff(tries))
            before_retry()
