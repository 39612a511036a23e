"""Graceful shutdown: asked to stop, a process works on for its grace time, and then gives back what is not finished."""

import signal
import time


class ShutdownRequested(Exception):
    """This process was asked to stop before it had begun."""


class Shutdown:
    """Whether this process was asked to stop, and until when it may work on.

    Args:
        grace: seconds.
    """

    def __init__(self, grace: float):
        self._grace = grace
        self._deadline: float | None = None

    def listen(self) -> None:
        """Take SIGTERM as the request; in the main thread."""
        signal.signal(signal.SIGTERM, lambda *_: self.request())

    def request(self) -> None:
        """Ask this process to stop. Asking again changes nothing."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._grace

    @property
    def requested(self) -> bool:
        return self._deadline is not None

    @property
    def due(self) -> bool:
        """Is the grace time over?"""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def check(self) -> None:
        """May something begin?

        Raises:
            ShutdownRequested: this process was asked to stop.
        """
        if self.requested:
            raise ShutdownRequested("the worker is stopping")
