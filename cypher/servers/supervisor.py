"""Keeps servers and other processes running: what has ended is started again, and a server that hangs is killed first.

Nothing is in the supervisor's memory alone. What is to run is said by files (`supervision`), and processes are found by
their command lines; so it may be killed, or another may take its place, and whatever ran goes on.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol

import psutil
import structlog

from cypher.errors import InfluenceError
from cypher.servers import supervision
from cypher.servers.daemon import Daemon
from cypher.servers.lifecycle import Start, bring_back
from cypher.servers.process import has_ended

POLL = 0.5
"""Seconds between two looks at whether a process is there."""
PROBE = 5.0
"""Seconds between two questions to a server."""
STEADY = 10.0
"""Seconds that it has to run for the next restart to be the first of a series again."""
SHORTEST, LONGEST, LONGEST_FAILED = 0.25, 5.0, 15.0
"""Seconds before a second restart in a series, at most after it had started, and at most where it did not start."""
STALLED = 60.0
"""Seconds without an answer after which a server is hung, however little of the processor it was given."""
IDLE = 30.0
"""Seconds without anything that is to run, after which the supervisor ends."""

log = structlog.get_logger()


class Child(Protocol):
    """What is kept running."""

    @property
    def name(self) -> str: ...

    @property
    def file(self) -> Path:
        """That says whether it is to run (`supervision`)."""
        ...

    def trouble(self) -> str | None:
        """Why it has to be restarted; None where it does not."""
        ...

    def restart(self, cause: str) -> bool:
        """Start it again. Returns False where it is not to run any more, or another did so meanwhile.

        Raises:
            InfluenceError: it does not start.
        """
        ...


class ServerChild:
    """A local server.

    It is hung where it answered before, and does not although it was given the processor: a machine that is only busy
    lets it answer late, but does not let it compute. Without processor time it has much longer.

    Args:
        prepare: sees to the server's program, and returns what starts it.
    """

    def __init__(self, server: Daemon[Any], prepare: Callable[[], Start]):
        self._server, self._prepare = server, prepare
        self._process: psutil.Process | None = None
        self._answered = False  # this process, ever
        self._probed = 0.0
        self._silent: tuple[float, float] | None = None  # since when, and processor seconds by then
        self._hung = False

    @property
    def name(self) -> str:
        return self._server.NAME

    @property
    def file(self) -> Path:
        return self._server.supervision

    def trouble(self) -> str | None:
        if self._process is None or has_ended(self._process):
            self._process, self._answered, self._silent = self._server.process(), False, None
        self._hung = False
        if self._process is None:
            said = self._server.last_words()
            return f"it ended ({said})" if said else "it ended"
        if time.monotonic() - self._probed < PROBE:
            return None
        before = time.monotonic(), self._spent()
        answers = self._server.answers()
        self._probed = time.monotonic()
        if answers or not self._answered:  # one that starts is waited for by whoever started it
            self._answered, self._silent = self._answered or answers, None
            return None
        self._silent = self._silent or before
        silent, computed = (now - then for now, then in zip((self._probed, self._spent()), self._silent, strict=True))
        self._hung = computed >= self._server.silence or silent >= STALLED
        return f"it gave no answer for {silent:.0f} s" if self._hung else None

    def restart(self, cause: str) -> bool:
        return bring_back(self._server, self._prepare, self._process if self._hung else None, cause, log.info)

    def _spent(self) -> float:
        """Processor seconds of the process."""
        assert self._process is not None
        try:
            spent = self._process.cpu_times()
        except psutil.Error:  # it has just ended
            return 0.0
        return spent.user + spent.system


def supervise(children: Iterable[Child], stop: Event) -> None:
    """Keep all of them running until `stop` is set, or until none of them is to run any more."""
    children = list(children)
    for child in children:
        Thread(target=_keep, args=(child, stop), name=child.name, daemon=True).start()
    wanted = time.monotonic()
    while not stop.wait(1.0):
        if any(child.file.exists() for child in children):
            wanted = time.monotonic()
        elif time.monotonic() - wanted > IDLE:
            return


def _keep(child: Child, stop: Event) -> None:
    series, since, longest = 0, time.monotonic(), LONGEST
    while not stop.wait(POLL):
        known = supervision.read(child.file)
        if known is None or known.gave_up or (cause := _trouble(child)) is None:
            continue
        if known.exhausted:
            within = f"{supervision.LIMIT} times within {supervision.WINDOW / 60:.0f} minutes"
            try:
                give_up(child, f"restarted {within}; the last time, {cause}")
            except OSError as error:  # on a full disk it cannot be written down: the next look tries again
                log.error("cannot be given up", child=child.name, error=str(error))
            continue
        series = 0 if time.monotonic() - since > STEADY and longest == LONGEST else series
        if series and stop.wait(delay(series, longest)):
            return
        series += 1
        try:
            if not child.restart(cause):
                series = 0
                continue
        except Exception as error:  # whatever it is, what is kept running must not be let go
            log.error("does not start", child=child.name, error=str(error), exc_info=_unexpected(error))
            longest = LONGEST_FAILED
        else:
            log.warning("restarted", child=child.name, cause=cause)
            longest = LONGEST
        since = time.monotonic()


def _trouble(child: Child) -> str | None:
    """Why it has to be restarted; None also where that could not be seen, so that the next look may."""
    try:
        return child.trouble()
    except Exception as error:
        log.error("cannot be looked at", child=child.name, error=str(error), exc_info=_unexpected(error))
        return None


def _unexpected(error: Exception) -> bool:
    """Is it none of those that say all there is to know?"""
    return not isinstance(error, InfluenceError | OSError)


def delay(series: int, longest: float) -> float:
    """Seconds to wait after so many restarts in a row: exponential backoff."""
    return min(longest, SHORTEST * 2.0 ** min(series - 1, 20))


def give_up(child: Child, why: str) -> None:
    """Do not restart it any more."""
    known = supervision.read(child.file)
    if known is not None:
        log.error("given up", child=child.name, cause=why)
        supervision.write(child.file, supervision.Supervision(known.options, known.restarts, gave_up=why))
