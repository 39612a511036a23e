"""`influence up`, `down`, `status` and `doctor`: the servers of the graph and of the broker."""

import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from cypher.connection import Connection
from cypher.neo4j_server import doctor as graph_doctor
from cypher.neo4j_server import server as graph_server
from cypher.neo4j_server.local import LocalServer
from cypher.servers.checks import Check
from cypher.servers.daemon import Daemon, Endpoint
from cypher.servers.lifecycle import STOP_TIMEOUT, RunningServer
from cypher.servers.lifecycle import down as stop
from cypher.servers.status import ServerStatus
from cypher.servers.status import status as look
from cypher.store.store import Store
from service import local_workers
from service.cli import console, jobs
from service.cli.sizes import show_bytes
from workers.broker import doctor as broker_doctor
from workers.broker import server as broker_server
from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.environment import read_environment

Ended = Literal["stopped", "killed", "not running", "left alone"]
"""How a server or process is after `down`."""

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def up(
    workers: Annotated[
        int | None, typer.Option(min=1, help="Also a sweeper, and a worker with so many processes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the local servers: Neo4j for the graph (the first time, 130 MB are downloaded), Redis for messages."""
    graph, broker = _servers()
    say = _say(as_json)
    if isinstance(graph, LocalServer):
        with console.download("Neo4j") as downloaded:
            neo4j = _bring_up(graph, lambda: graph_server.up(graph, downloaded, notify=_tell), say)
    else:
        neo4j = _nothing_to_start(graph, "INFLUENCE_NEO4J_URI", say)
    if isinstance(broker, LocalBroker):
        redis = _bring_up(broker, lambda: broker_server.up(broker, notify=_tell), say)
    else:
        redis = _nothing_to_start(broker, "INFLUENCE_REDIS_URL", say)
    with Store.open(read_environment().graph(), migrate=True):
        pass
    home = read_environment().folder
    if workers is not None:
        local_workers.start(home, workers, _tell)
        say(f"A sweeper and a worker with {workers} processes are up. Give them work: influence submit")
    if as_json:
        print(json.dumps({"neo4j": neo4j, "broker": redis, "processes": local_workers.pids(home)}))


def down(as_json: AsJson = False) -> None:
    """Stop the local servers, and the worker and sweeper that `up` started; what they hold stays."""
    graph, broker = _servers()
    environment = read_environment()
    say = _say(as_json)
    processes: list[tuple[str, Ended]] = []
    for who, ended in local_workers.end(environment.folder, environment.limits().grace):
        how = "is stopped" if ended else "did not stop in time and was killed; what it computed is not lost"
        say(f"The {who} {how}.")
        processes.append((who, "stopped" if ended else "killed"))
    redis = _bring_down(broker, "INFLUENCE_REDIS_URL", say)
    neo4j = _bring_down(graph, "INFLUENCE_NEO4J_URI", say)
    if as_json:
        print(json.dumps({"neo4j": neo4j, "broker": redis, "processes": processes}))


def status(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A job: how far it is.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a job is, or how the servers are; exit code 1 when one of these cannot be used."""
    if run is not None:
        jobs.show(run, as_json)
        return
    graph, broker = map(look, _servers())
    pids = local_workers.pids(read_environment().folder)
    if as_json:
        print(json.dumps({"neo4j": asdict(graph), "broker": asdict(broker), "processes": pids}))
    else:
        running = Table(box=None, pad_edge=False, show_header=False)
        for who, pid in pids.items():
            running.add_row(who, "stopped" if pid is None else f"running (process {pid})")
        tables = (_status_table("Neo4j", graph), "", _status_table("Redis", broker), "", running)
        console.stdout().print(*tables, sep="\n")
    if not (graph.password_works and broker.password_works):
        raise typer.Exit(1)


def doctor(as_json: AsJson = False) -> None:
    """Look at everything that the servers need, and say what to mend; exit code 1 when there is something."""
    graph, broker = _servers()
    checks = {
        "neo4j": [*graph_doctor.examine(graph)],
        "broker": [*broker_doctor.examine(broker)],
        "machine": [*_around()],
    }
    if as_json:
        print(json.dumps({about: [asdict(check) for check in some] for about, some in checks.items()}))
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for about, some in checks.items():
            for check in some:
                table.add_row("ok" if check.good else "MEND", about, check.name, check.found)
                if not check.good:
                    table.add_row("", "", "", f"→ {check.fix}")
        console.stdout().print(table)
    if not all(check.good for some in checks.values() for check in some):
        raise typer.Exit(1)


def _servers() -> tuple[LocalServer | Connection, LocalBroker | Broker]:
    """Both, so that a bad setting of one is told before anything happens to the other."""
    environment = read_environment()
    return environment.graph_server(), environment.broker_server()


def _say(as_json: bool) -> Callable[[str], None]:
    """Where words for people go."""
    return (lambda words: None) if as_json else print


def _bring_up(
    server: Daemon[Any], start: Callable[[], RunningServer[Any]], say: Callable[[str], None]
) -> dict[str, Any]:
    began = time.monotonic()
    ready = start()
    if ready.started:
        say(f"{server.NAME} is up at {ready.connection}, after {time.monotonic() - began:.0f} s.")
    else:
        say(f"{server.NAME} is up already, at {ready.connection}.")
    user, password = ready.connection.user, str(server.password_file)
    say(f"User {user}, password in {password}. Stop it: influence down")
    return {"uri": str(ready.connection), "user": user, "password_file": password, "started": ready.started}


def _nothing_to_start(server: Endpoint, variable: str, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"{server} answers ({server.version()}); {variable} names it,")
    say("so there is nothing to start here.")
    return {"uri": str(server), "user": server.user, "password_file": None, "started": False}


def _bring_down(server: Daemon[Any] | Endpoint, variable: str, say: Callable[[str], None]) -> Ended:
    if not isinstance(server, Daemon):
        say(f"{variable} names {server}, which is not for us to stop; nothing was done.")
        return "left alone"
    name, ended = server.NAME, stop(server, notify=_tell)
    if ended is None:
        say(f"No local {name} runs.")
        return "not running"
    if ended:
        say(f"{name} is stopped.")
        return "stopped"
    say(f"{name} did not stop within {STOP_TIMEOUT:.0f} s and was killed; the next up repairs its data.")
    return "killed"


def _around() -> Iterator[Check]:
    """What matters beside the servers: versions, and the GPU."""
    names = ("influence-graph", "neo4j", "redis", "torch", "transformers")
    packages = " ".join(f"{name} {version(name)}" for name in names)
    yield Check("versions", True, f"Python {platform.python_version()} {packages}")
    import torch

    if not torch.cuda.is_available():
        yield Check("GPU", True, "none that CUDA can use; the CPU computes")
        return
    free, total = torch.cuda.mem_get_info()
    yield Check("GPU", True, f"{torch.cuda.get_device_name()}, {show_bytes(free)} of {show_bytes(total)} free")


def _status_table(name: str, seen: ServerStatus) -> Table:
    yes_or_no = {True: "works", False: "does not work", None: "not tried"}
    began = None if seen.started is None else datetime.fromtimestamp(seen.started, UTC).astimezone()
    rows = {
        name: f"{'running' if seen.running else 'stopped' if seen.local else 'does not answer'}",
        "version": seen.version,
        "address": seen.uri,
        "user": seen.user,
        "password": yes_or_no[seen.password_works] if seen.running else None,
        "problem": seen.problem,
        "to do": seen.fix if seen.problem or not seen.local else None,
        "process": seen.pid,
        "since": began and began.isoformat(" ", "seconds"),
        "memory": seen.memory and show_bytes(seen.memory),
        "on disk": seen.disk and show_bytes(seen.disk),
        "folder": seen.home,
    }
    if seen.local and not seen.running:
        rows["to do"] = "influence up starts it"
    table = Table(box=None, pad_edge=False, show_header=False)
    for row, value in rows.items():
        if value is not None:
            table.add_row(row, str(value))
    return table


def _tell(words: str) -> None:
    console.stderr().print(f"{words} …")
