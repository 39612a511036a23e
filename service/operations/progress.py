"""How use cases tell how far they are, and what else is worth knowing."""

from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[int, int], None]
"""Told how many are done, and how many there are. Called from the thread that calls the use case."""


OnNotice: TypeAlias = Callable[[str], None]
"""Told, in a sentence, what a reader of the results should know."""


def unheard(done: int, total: int) -> None:
    """For whoever does not want to know."""


def untold(notice: str) -> None:
    """For whoever does not want to know."""


def each_of(total: int, progress: OnProgress) -> Callable[[], None]:
    """What is to be called for every one that is done."""
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    return advance
