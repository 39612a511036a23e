"""The heartbeat of a claim: a thread that renews its lease while the chunk is computed, or ends the work early."""

import signal
import time
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self

from workers.jobs.chunk.shutdown import Shutdown
from workers.jobs.retry import OUTAGE

POLL = 0.5
"""Seconds between two checks."""
INTERRUPT = signal.SIGUSR2
"""What the thread that computes is given where its work is to end; SIGUSR1 is Celery's, for time limits."""
RENEWAL = 2.0
"""The most seconds between two renewals: so soon is a cancelled run noticed."""


class LeaseLost(BaseException):
    """The chunk is not this process's to finish any more; says why. A BaseException, so that no library catches it."""


class Leases(Protocol):
    """Where claims are kept, such as the ledger."""

    def renew(self, chunk: str, token: str, lease_seconds: float, /) -> bool:
        """Hold on to it; False where it is not this token's to finish any more."""
        ...

    def release(self, chunk: str, token: str, /) -> object:
        """Give it back, unless it is another's."""
        ...


class Heartbeat:
    """Renews a claim, well before the lease is over. A context manager around the work.

    A graph that does not answer is asked again: nobody else can take the chunk meanwhile.

    Args:
        lease: seconds.
    """

    def __init__(self, ledger: Leases, chunk: str, token: str, lease: float, shutdown: Shutdown):
        self._ledger = ledger
        self._chunk = chunk
        self._token = token
        self._lease = lease
        self._shutdown = shutdown
        self._ended = Event()
        self._lost: str | None = None
        self._interruptible = False
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Is there a reason to go on?

        Raises:
            LeaseLost: the lease is somebody else's, the run is cancelled, or this process is to stop.
        """
        if self._lost is not None:
            raise LeaseLost(self._lost)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Work that can be broken off anywhere, and is as soon as the reason for it goes away. In the main thread.

        Raises:
            LeaseLost: as `check`, between any two steps of Python's.
        """
        signal.signal(INTERRUPT, self._interrupt)  # and never back: one that comes late finds nothing to interrupt
        self._interruptible = True
        try:
            self.check()
            yield
        finally:
            self._interruptible = False

    def _interrupt(self, *_: object) -> None:
        if self._interruptible:
            self._interruptible = False
            self.check()

    def _beat(self) -> None:
        self._keep()
        if self._lost is not None:
            interrupt_main(INTERRUPT)

    def _keep(self) -> None:
        pause = min(RENEWAL, self._lease / 3)
        again = time.monotonic() + pause
        while self._lost is None and not self._ended.wait(POLL):
            try:
                if self._shutdown.due:
                    self._ledger.release(self._chunk, self._token)
                    self._lost = "the worker is stopping, and gave the chunk back"
                elif time.monotonic() >= again:
                    again = time.monotonic() + pause
                    if not self._ledger.renew(self._chunk, self._token, self._lease):
                        self._ledger.release(self._chunk, self._token)  # if it is ours: no try was made
                        self._lost = "the chunk is another worker's by now, or its run is cancelled"
            except OUTAGE:
                if self._shutdown.due:
                    self._lost = "the worker is stopping, and could not tell the graph"
