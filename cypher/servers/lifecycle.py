"""Servers of this machine, brought up and down. Whatever happened to the last one, the next `up` takes over."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import psutil

from cypher.errors import AccessDenied, ServerError, ServerUnavailable
from cypher.servers import supervision
from cypher.servers.daemon import HOST, AnyEndpoint, Daemon, is_free
from cypher.servers.process import has_ended, stop

START_TIMEOUT = 300.0  # seconds for a start, which may have to repair a large store
ATTEMPTS = 3  # at finding a free port that stays free
STOP_TIMEOUT = 60.0  # seconds for a server to stop by itself

Notify = Callable[[str], None]
"""Told what goes on, a few words at a time."""

Start = Callable[[], psutil.Process]
"""Starts the server with the configuration that was just written."""


@dataclass(frozen=True, slots=True)
class RunningServer(Generic[AnyEndpoint]):
    """A server that answers."""

    connection: AnyEndpoint
    pid: int
    started: bool  # by this call; False: it ran before


def bring_up(server: Daemon[AnyEndpoint], prepare: Callable[[], Start], notify: Notify) -> RunningServer[AnyEndpoint]:
    """Start the server unless it runs, and return when it answers. Two calls at once start one server.

    Args:
        prepare: sees to the server's program, and returns what starts it.

    Raises:
        ServerError: no program, no port, no start; the message says which and what to do.
    """
    with exclusive(server.home, notify):
        running = _bring_up(server, prepare, notify)
        supervision.begin(server.supervision)
        return running


def bring_back(
    server: Daemon[Any], prepare: Callable[[], Start], hung: psutil.Process | None, cause: str, notify: Notify
) -> bool:
    """Start a server again that has ended or is hung, unless it is not to run or another did so meanwhile.

    Args:
        hung: its process that gives no answer, which is killed unless it answers now; None where it has ended.

    Returns: was it started?

    Raises:
        ServerError: it does not start.
    """
    with exclusive(server.home, notify):
        known = supervision.read(server.supervision)
        if known is None or known.gave_up:
            return False
        if (process := server.process()) is not None:
            if process != hung or server.answers():
                return False
            stop(process, None)
        supervision.write(server.supervision, known.restarted(cause))
        return _bring_up(server, prepare, notify).started


def _bring_up(server: Daemon[AnyEndpoint], prepare: Callable[[], Start], notify: Notify) -> RunningServer[AnyEndpoint]:
    process = server.process()
    if process and server.last_port() is None:  # its folder was removed under it
        stop(process, STOP_TIMEOUT)
    elif process:
        connection = server.connection()
        _wait(server, process, connection)
        return RunningServer(connection, process.pid, started=False)
    start = prepare()
    notify(f"starting {server.NAME}")
    for _ in range(ATTEMPTS):
        server.write_conf(_port(server))
        process = start()
        try:
            connection = server.connection()
            _wait(server, process, connection)
        except _PortTaken:
            continue
        except BaseException:
            stop(process, STOP_TIMEOUT)
            raise
        return RunningServer(connection, process.pid, started=True)
    raise ServerError(server.FIELD, "every free port was taken at once", f"Name one with {server.PORT_VARIABLE}.")


def down(server: Daemon[Any], notify: Notify = lambda words: None, timeout: float = STOP_TIMEOUT) -> bool | None:
    """Stop the server; its data stay. One that `is_torn` is killed.

    Returns: True: it stopped; False: it had to be killed; None: none ran.
    """
    if not server.home.exists() and server.process() is None:
        return None
    with exclusive(server.home, notify):
        supervision.end(server.supervision)
        process = server.process()
        return None if process is None else stop(process, None if server.is_torn() else timeout)


@contextmanager
def exclusive(home: Path, notify: Notify) -> Iterator[None]:
    """One `up` or `down` at a time."""
    import portalocker  # which imports Redis's client

    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / ".lock").open("a") as lock:
        try:
            portalocker.lock(lock, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.AlreadyLocked:
            notify("waiting for another start or stop")
            portalocker.lock(lock, portalocker.LOCK_EX)
        yield


def _port(server: Daemon[Any]) -> int:
    if server.port is not None:
        if not is_free(server.port):
            raise ServerError(
                server.FIELD,
                f"port {server.port} is taken by another program",
                f"Name another with {server.PORT_VARIABLE}, or unset it to use a free one.",
            )
        return server.port
    last = server.last_port()
    if last is not None and is_free(last):
        return last
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


class _PortTaken(ServerError):
    """The port was free a moment ago."""


def _wait(server: Daemon[AnyEndpoint], process: psutil.Process, connection: AnyEndpoint) -> None:
    """Until the server lets us in."""
    deadline = time.monotonic() + START_TIMEOUT
    port = server.last_port()
    assert port is not None
    while True:
        answers = not is_free(port)  # asked first: if the server has ended after all, another one answers
        if has_ended(process):
            raise _ended(server)
        if answers:
            try:
                connection.version()
                return
            except AccessDenied as error:
                fix = f"Put the right one into {server.password_file}"
                raise AccessDenied(server.FIELD, f"the local {server.NAME} rejects its password", fix) from error
            except ServerUnavailable:  # it listens a moment before it answers
                pass
        if time.monotonic() > deadline:
            fix = f"See {server.console}; stop the server before the next try."
            raise ServerError(server.FIELD, f"{server.NAME} does not answer after {START_TIMEOUT:.0f} s", fix)
        time.sleep(0.1)


def _ended(server: Daemon[Any]) -> ServerError:
    if "Address already in use" in server.console.read_text(errors="replace") and server.port is None:
        return _PortTaken(server.FIELD, "the port was taken", "Try again.")
    return ServerError(server.FIELD, f"{server.NAME} ended while it started: {server.why_it_ended()}", server.advice)
