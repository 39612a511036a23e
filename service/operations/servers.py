"""The servers of the graph and the broker, and this machine's processes beside them: up, down, and how they are."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cypher.connection import Connection
from cypher.errors import ServerUnavailable
from cypher.neo4j_server import server as graph_server
from cypher.neo4j_server.local import LocalServer
from cypher.servers.daemon import HOST, Daemon, Endpoint
from cypher.servers.lifecycle import Notify
from cypher.servers.lifecycle import RunningServer as Started
from cypher.servers.lifecycle import down as stop
from cypher.servers.status import ServerStatus
from cypher.servers.status import status as look
from cypher.servers.supervision import Supervision
from cypher.store.store import Store
from service.operations import local_processes, supervisor
from workers.broker import server as broker_server
from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.environment import Environment

Ended = Literal["stopped", "killed", "not running", "left alone"]
"""How a server or process is after `stop_servers` or `stop_processes`."""

VARIABLES = {"neo4j": "INFLUENCE_NEO4J_URI", "broker": "INFLUENCE_REDIS_URL"}
"""That name servers elsewhere."""


@dataclass(frozen=True, slots=True)
class ReadyServer:
    """A server that answers."""

    key: str  # neo4j or broker
    name: str  # Neo4j or Redis
    uri: str
    user: str
    version: str | None  # of one elsewhere
    password_file: str | None  # of a local one
    started: bool  # by this call
    seconds: float  # that it took

    @property
    def local(self) -> bool:
        """Is it of this machine, and ours?"""
        return self.password_file is not None


@dataclass(frozen=True, slots=True)
class EndedServer:
    """A server as it is after it was to stop."""

    key: str  # neo4j or broker
    name: str  # Neo4j or Redis; of one elsewhere, its address
    ended: Ended


@dataclass(frozen=True, slots=True)
class ServersStatus:
    """One look at everything."""

    neo4j: ServerStatus
    broker: ServerStatus
    processes: dict[str, int | None]  # of service, worker, sweeper and supervisor; None where it does not run
    restarts: dict[str, Supervision]  # of what is to run: neo4j, broker, service, worker, sweeper
    service: str | None  # its address; None where it does not run

    @property
    def usable(self) -> bool:
        """Do graph and broker answer, and let this user in?"""
        return bool(self.neo4j.password_works and self.broker.password_works)


def servers_of(environment: Environment) -> tuple[LocalServer | Connection, LocalBroker | Broker]:
    """Both, so that a bad setting of one is told before anything happens to the other.

    Raises:
        RequestError: a setting that cannot be used.
    """
    return environment.graph_server(), environment.broker_server()


def start_servers(
    environment: Environment,
    notify: Notify = lambda words: None,
    downloaded: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[ReadyServer]:
    """Start the local servers that do not run yet, one after the other; yields each when it answers.

    The first time, this downloads Neo4j (130 MB). Servers elsewhere are only asked for their version. In the end the
    graph's schema is brought up to date.

    Args:
        notify: told what goes on.
        downloaded: told the bytes that are there, and those that there will be.

    Raises:
        RequestError: a setting that cannot be used.
        ServerError: a server does not start or answer; the message says why and what to do.
    """
    graph, broker = servers_of(environment)
    if isinstance(graph, LocalServer):
        yield _start("neo4j", graph, lambda: graph_server.up(graph, downloaded, notify))
    else:
        yield _elsewhere("neo4j", "Neo4j", graph)
    if isinstance(broker, LocalBroker):
        yield _start("broker", broker, lambda: broker_server.up(broker, notify))
    else:
        yield _elsewhere("broker", "Redis", broker)
    with Store.open(environment.graph(), migrate=True):
        pass


def stop_servers(environment: Environment, notify: Notify = lambda words: None) -> Iterator[EndedServer]:
    """Stop the local servers and the supervisor; their data stay. Yields each server when it has ended.

    Raises:
        RequestError: a setting that cannot be used.
    """
    graph, broker = servers_of(environment)
    supervisor.end(environment.folder)
    yield _stop("broker", broker, notify)
    yield _stop("neo4j", graph, notify)


def stop_processes(environment: Environment) -> Iterator[tuple[str, Ended]]:
    """Stop the service, the worker and the sweeper of this machine; yields what each is called, when it has ended.

    The supervisor stops first, whatever it is about to do: what it keeps running runs on.
    """
    supervisor.end(environment.folder)
    for called, by_itself in local_processes.end(environment.folder, environment.limits().grace):
        yield called, "stopped" if by_itself else "killed"


def status(environment: Environment) -> ServersStatus:
    """How the servers are; nothing is changed.

    Raises:
        RequestError: a setting that cannot be used.
    """
    graph, broker = map(look, servers_of(environment))
    processes = {**local_processes.pids(environment.folder), "supervisor": supervisor.pid(environment.folder)}
    port = local_processes.service_port(environment.folder)
    address = None if port is None else service_address(port)
    return ServersStatus(graph, broker, processes, supervisor.seen(environment), address)


def service_address(port: int) -> str:
    """Of the service that listens at this port of this machine."""
    return f"{_origin(port)}/v1"


def pages_address(environment: Environment) -> str:
    """Where the pages begin that the service of this machine shows.

    Raises:
        ServerUnavailable: it does not run.
    """
    port = local_processes.service_port(environment.folder)
    if port is None:
        raise ServerUnavailable("service", "no service runs on this machine", "Start one, or name one elsewhere.")
    return _origin(port)


def _origin(port: int) -> str:
    return f"http://{HOST}:{port}"


def _start(key: str, server: Daemon[Any], start: Callable[[], Started[Any]]) -> ReadyServer:
    began = time.monotonic()
    ready = start()
    user, uri = ready.connection.user, str(ready.connection)
    seconds = time.monotonic() - began
    return ReadyServer(key, server.NAME, uri, user, None, str(server.password_file), ready.started, seconds)


def _elsewhere(key: str, name: str, server: Endpoint) -> ReadyServer:
    return ReadyServer(key, name, str(server), server.user, server.version(), None, False, 0.0)


def _stop(key: str, server: Daemon[Any] | Endpoint, notify: Notify) -> EndedServer:
    if not isinstance(server, Daemon):
        return EndedServer(key, str(server), "left alone")
    by_itself = stop(server, notify=notify)
    how: Ended = "not running" if by_itself is None else "stopped" if by_itself else "killed"
    return EndedServer(key, server.NAME, how)
