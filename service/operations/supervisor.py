"""The supervisor of this machine: it keeps running what `up` started, servers and other processes alike.

It is a process of its own, found by its command line like the others. `up` starts it afresh, so that it has the
environment of the last `up`; what it watches over does not notice.
"""

import sys
from pathlib import Path
from threading import Event

import psutil

from cypher.neo4j_server import server as graph_server
from cypher.neo4j_server.local import LocalServer
from cypher.servers import process, supervision
from cypher.servers.daemon import Daemon
from cypher.servers.lifecycle import exclusive
from cypher.servers.supervision import Supervision
from service.operations import local_processes
from workers.broker import server as broker_server
from workers.broker.local import LocalBroker
from workers.environment import Environment

PATIENCE = 10.0
"""Seconds for it to end."""


def find(home: Path) -> psutil.Process | None:
    """The supervisor of what lives in this folder; None where none runs."""
    return process.find(*_program(home))


def pid(home: Path) -> int | None:
    """Of the supervisor; None where none runs."""
    running = find(home)
    return None if running is None else running.pid


def start(environment: Environment) -> None:
    """Let a supervisor with this environment take over, where there is anything for it to keep running."""
    home = environment.folder
    if not seen(environment):
        return
    end(home)
    with exclusive(home, lambda words: None):
        end(home)  # another caller's
        process.spawn([sys.executable, *_program(home)], home / "logs" / "supervisor.console")


def end(home: Path) -> None:
    """Stop it; what it kept running runs on."""
    while (running := find(home)) is not None:
        process.stop(running, PATIENCE)


def seen(environment: Environment) -> dict[str, Supervision]:
    """Of everything that is to run, how often it was restarted."""
    files = {key: server.supervision for key, server in _servers(environment).items()}
    files |= {
        local_processes.CALLED[part]: local_processes.file(environment.folder, part) for part in local_processes.PARTS
    }
    return {key: known for key, file in files.items() if (known := supervision.read(file)) is not None}


def run(environment: Environment, stop: Event) -> None:
    """Keep everything of this machine running until `stop` is set, or until nothing is to run any more."""
    from cypher.servers.supervisor import ServerChild, supervise
    from workers.jobs.processes import logs

    logs.set_up(environment.logs / "supervisor.jsonl", "supervisor", quiet=True)
    children: list[ServerChild | local_processes.ProcessChild] = [
        local_processes.ProcessChild(environment.folder, part) for part in local_processes.PARTS
    ]
    for server in _servers(environment).values():
        if isinstance(server, LocalServer):
            children.append(ServerChild(server, lambda server=server: graph_server.prepare(server)))
        elif isinstance(server, LocalBroker):
            children.append(ServerChild(server, lambda server=server: broker_server.prepare(server)))
    supervise(children, stop)


def _servers(environment: Environment) -> dict[str, Daemon]:
    """Those of this machine."""
    both = {"neo4j": environment.graph_server(), "broker": environment.broker_server()}
    return {key: server for key, server in both.items() if isinstance(server, Daemon)}


def _program(home: Path) -> tuple[str, ...]:
    """Its command line after Python's own name."""
    return "-X", f"influence_home={home}", "-m", "service", "supervise"
