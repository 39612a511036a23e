"""A local Neo4j, brought up and down. Whatever happened to the last one, the next `up` takes over."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import portalocker
import psutil
from neo4j.exceptions import DriverError, Neo4jError

from cypher import jars
from cypher.connection import Connection, open_driver
from cypher.errors import GraphError, Refused, Unreachable
from cypher.java import Java, find_java
from cypher.local import HOST, LocalServer
from cypher.process import find, has_ended, spawn, stop

PATIENCE = 300.0  # seconds for a start, which may have to repair a large store
ATTEMPTS = 3  # at finding a free port that stays free
STOP_PATIENCE = 60.0  # seconds for Neo4j to stop by itself

Tell = Callable[[str], None]
"""Told what goes on, a few words at a time."""


@dataclass(frozen=True, slots=True)
class Up:
    """A server that answers."""

    connection: Connection
    pid: int
    started: bool  # by this call; False: it ran before


def up(
    server: LocalServer,
    downloaded: jars.Downloaded = lambda done, total: None,
    tell: Tell = lambda words: None,
) -> Up:
    """Start the server unless it runs, and return when it answers.

    The first time, this downloads Neo4j (130 MB) and makes a password. Two calls at once start one server.

    Raises:
        GraphError: no Java, no download, no port, no start; the message says which and what to do.
    """
    server.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(server, tell):
        if process := find(server.home):
            connection = server.connection()
            _wait(server, process, connection)
            return Up(connection, process.pid, started=False)
        java = find_java()
        jars.fetch(server.jars, jars.read_lock(), downloaded, server.maven)
        tell("starting")
        for _ in range(ATTEMPTS):
            server.write_conf(_port(server))
            _prepare_password(server, java)
            process = _start(server, java)
            try:
                _wait(server, process, server.connection())
            except _PortTaken:
                continue
            except BaseException:
                stop(process, STOP_PATIENCE)
                raise
            return Up(server.connection(), process.pid, started=True)
        raise GraphError("every port that was free was taken at once", "Name one by INFLUENCE_NEO4J_BOLT_PORT.")


def down(server: LocalServer, tell: Tell = lambda words: None, patience: float = STOP_PATIENCE) -> bool | None:
    """Stop the server; its data stay.

    Returns: True: it stopped; False: it had to be killed; None: none ran.
    """
    if not server.home.exists():
        return None
    with _alone(server, tell):
        process = find(server.home)
        return None if process is None else stop(process, patience)


@contextmanager
def _alone(server: LocalServer, tell: Tell) -> Iterator[None]:
    """One `up` or `down` at a time."""
    with (server.home / ".lock").open("a") as lock:
        try:
            portalocker.lock(lock, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.AlreadyLocked:
            tell("waiting for another influence up or down")
            portalocker.lock(lock, portalocker.LOCK_EX)
        yield


def _port(server: LocalServer) -> int:
    if server.bolt_port is not None:
        if not is_free(server.bolt_port):
            raise GraphError(
                f"port {server.bolt_port} is taken by another program",
                "Name another by INFLUENCE_NEO4J_BOLT_PORT, or none, and a free one is found.",
            )
        return server.bolt_port
    last = server.last_port()
    if last is not None and is_free(last):
        return last
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


def is_free(port: int) -> bool:
    """Can a server listen on this port?"""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _prepare_password(server: LocalServer, java: Java) -> None:
    """Before the very first start, give the server its password, through a file and not through a command line."""
    if server.has_data:
        return
    if not server.password_file.exists():
        server.make_password()
    (server.home / "data" / "dbms" / "auth.ini").unlink(missing_ok=True)
    command = server.admin_command(java, "dbms", "set-initial-password", f"@{server.password_file}")
    done = subprocess.run(command, env=server.admin_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise GraphError(f"Neo4j could not be given its password: {done.stderr.strip()}", "Run influence doctor.")


def _start(server: LocalServer, java: Java) -> psutil.Process:
    server.console.parent.mkdir(exist_ok=True)
    return spawn(server.server_command(java), server.console)


class _PortTaken(GraphError):
    """The port was free a moment ago."""


def _wait(server: LocalServer, process: psutil.Process, connection: Connection) -> None:
    """Until the server lets us in."""
    deadline = time.monotonic() + PATIENCE
    port = server.last_port()
    assert port is not None
    while True:
        answers = not is_free(port)  # asked first: if the server has ended after all, another one answers
        if has_ended(process):
            raise _why_it_ended(server)
        if answers:
            try:
                with open_driver(connection) as driver:
                    driver.verify_connectivity()
                return
            except Refused as error:
                fix = f"Put the right one into {server.password_file}"
                raise Refused("the local Neo4j does not take its password", fix) from error
            except (Unreachable, DriverError, Neo4jError):  # Bolt opens a moment before the database
                pass
        if time.monotonic() > deadline:
            fix = f"See {server.console}; influence down ends it."
            raise GraphError(f"Neo4j does not answer after {PATIENCE:.0f} s", fix)
        time.sleep(0.1)


def _why_it_ended(server: LocalServer) -> GraphError:
    said = server.console.read_text(errors="replace")
    if "Address already in use" in said and server.bolt_port is None:
        return _PortTaken("the port was taken", "Give the command again.")
    errors = [line for line in said.splitlines() if "ERROR" in line or line.startswith("Error")] or said.splitlines()
    return GraphError(f"Neo4j ended while it started: {(errors or ['no word'])[-1].strip()}", f"See {server.console}")
