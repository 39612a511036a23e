"""Waiting for a graph that is away."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from cypher.errors import ServerError, ServerOverloaded

FIRST = 0.5
"""Seconds before the second try; each wait is about twice the one before."""
LONGEST = 15.0

Answer = TypeVar("Answer")


def backoff(tries: int, first: float = FIRST, longest: float = LONGEST) -> float:
    """Seconds to wait after so many tries: exponential, with jitter, so that those who wait do not come together."""
    return min(longest, first * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.0)


def patiently(
    ask: Callable[[], Answer], patience: float, go_on: Callable[[], object], away: Callable[[ServerError], None]
) -> Answer:
    """What the graph answers, asked again while it does not.

    Args:
        patience: seconds.
        go_on: called before every further try; what it raises ends the waiting.
        away: called once, with what is wrong.

    Raises:
        ServerError: it has not answered for so long, or refuses what no waiting helps.
    """
    until, tries = time.monotonic() + patience, 0
    while True:
        try:
            return ask()
        except ServerOverloaded:
            raise
        except ServerError as error:
            if time.monotonic() >= until:
                raise
            tries += 1
            if tries == 1:
                away(error)
            time.sleep(backoff(tries))
            go_on()
