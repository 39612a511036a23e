"""Being asked to stop: a process goes on for its grace time, and then gives back what it has not finished."""

import signal
import time


class Stopped(Exception):
    """This process was asked to stop before it had begun."""


class Stopping:
    """Whether this process was asked to stop, and until when it may go on.

    Args:
        grace: seconds.
    """

    def __init__(self, grace: float):
        self._grace = grace
        self._until: float | None = None

    def listen(self) -> None:
        """Take SIGTERM as the question; in the main thread."""
        signal.signal(signal.SIGTERM, lambda *_: self.ask())

    def ask(self) -> None:
        """Stop, please. Asking again changes nothing."""
        if self._until is None:
            self._until = time.monotonic() + self._grace

    @property
    def asked(self) -> bool:
        return self._until is not None

    @property
    def over(self) -> bool:
        """Is the grace time over?"""
        return self._until is not None and time.monotonic() >= self._until

    def check(self) -> None:
        """May something begin?

        Raises:
            Stopped: this process was asked to stop.
        """
        if self.asked:
            raise Stopped("the worker is stopping")
