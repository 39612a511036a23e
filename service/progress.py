"""How use cases report progress: to a display that whoever calls opens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Opens a display of so many steps; it is called at each of them."""

    def __call__(self, total: int, doing: str) -> AbstractContextManager[Callable[[], None]]: ...


@contextmanager
def no_progress(total: int, doing: str) -> Iterator[Callable[[], None]]:
    """No display."""
    yield lambda: None
