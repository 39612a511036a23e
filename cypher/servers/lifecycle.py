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
from cypher.servers.daemon import HOST, AnyEntry, Daemon, is_free
from cypher.servers.process import has_ended, stop

PATIENCE = 300.0  # seconds for a start, which may have to repair a large store
ATTEMPTS = 3  # at finding a free port that stays free
STOP_PATIENCE = 60.0  # seconds for a server to stop by itself

Tell = Callable[[str], None]
"""Told what goes on, a few words at a time."""

Start = Callable[[], psutil.Process]
"""Starts the server with the configuration that was just written."""


@dataclass(frozen=True, slots=True)
class Up(Generic[AnyEntry]):
    """A server that answers."""

    connection: AnyEntry
    pid: int
    started: bool  # by this call; False: it ran before


def bring_up(server: Daemon[AnyEntry], prepare: Callable[[], Start], tell: Tell) -> Up[AnyEntry]:
    """Start the server unless it runs, and return when it answers. Two calls at once start one server.

    Args:
        prepare: sees to the server's program, and returns what starts it.

    Raises:
        ServerError: no program, no port, no start; the message says which and what to do.
    """
    with alone(server.home, tell):
        process = server.process()
        if process and server.last_port() is None:  # its folder was removed under it
            stop(process, STOP_PATIENCE)
        elif process:
            connection = server.connection()
            _wait(server, process, connection)
            return Up(connection, process.pid, started=False)
        start = prepare()
        tell(f"starting {server.NAME}")
        for _ in range(ATTEMPTS):
            server.write_conf(_port(server))
            process = start()
            try:
                connection = server.connection()
                _wait(server, process, connection)
            except _PortTaken:
                continue
            except BaseException:
                stop(process, STOP_PATIENCE)
                raise
            return Up(connection, process.pid, started=True)
        raise ServerError(
            "server", "every port that was free was taken at once", f"Name one by {server.PORT_VARIABLE}."
        )


def down(server: Daemon[Any], tell: Tell = lambda words: None, patience: float = STOP_PATIENCE) -> bool | None:
    """Stop the server; its data stay. One that `is_torn` is killed.

    Returns: True: it stopped; False: it had to be killed; None: none ran.
    """
    if not server.home.exists() and server.process() is None:
        return None
    with alone(server.home, tell):
        process = server.process()
        return None if process is None else stop(process, None if server.is_torn() else patience)


@contextmanager
def alone(home: Path, tell: Tell) -> Iterator[None]:
    """One `up` or `down` at a time."""
    import portalocker  # which imports Redis's client

    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / ".lock").open("a") as lock:
        try:
            portalocker.lock(lock, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.AlreadyLocked:
            tell("waiting for another influence up or down")
            portalocker.lock(lock, portalocker.LOCK_EX)
        yield


def _port(server: Daemon[Any]) -> int:
    if server.port is not None:
        if not is_free(server.port):
            raise ServerError(
                "server",
                f"port {server.port} is taken by another program",
                f"Name another by {server.PORT_VARIABLE}, or none, and a free one is found.",
            )
        return server.port
    last = server.last_port()
    if last is not None and is_free(last):
        return last
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


class _PortTaken(ServerError):
    """The port was free a moment ago."""


def _wait(server: Daemon[AnyEntry], process: psutil.Process, connection: AnyEntry) -> None:
    """Until the server lets us in."""
    deadline = time.monotonic() + PATIENCE
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
                raise AccessDenied("server", f"the local {server.NAME} does not take its password", fix) from error
            except ServerUnavailable:  # it listens a moment before it answers
                pass
        if time.monotonic() > deadline:
            fix = f"See {server.console}; influence down ends it."
            raise ServerError("server", f"{server.NAME} does not answer after {PATIENCE:.0f} s", fix)
        time.sleep(0.1)


def _ended(server: Daemon[Any]) -> ServerError:
    if "Address already in use" in server.console.read_text(errors="replace") and server.port is None:
        return _PortTaken("server", "the port was taken", "Give the command again.")
    return ServerError("server", f"{server.NAME} ended while it started: {server.why_it_ended()}", server.advice)
