"""`influence up`, `down`, `status` and `doctor`: the servers of the graph and of the broker."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli import console, errors, jobs, options
from service.cli.installation import open_installation

if TYPE_CHECKING:
    from cypher.servers.status import ServerStatus
    from cypher.servers.supervision import Supervision
    from service.operations.servers import EndedServer, ReadyServer


def up(
    workers: Annotated[
        int | None, typer.Option(min=1, help="Also start a sweeper, and a worker with this many processes.")
    ] = None,
    service: Annotated[bool, typer.Option(help="Also start the HTTP API, for this machine alone.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the HTTP API.", show_default="8642")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Start Neo4j for the graph (a 130 MB download the first time), Redis for messages, and the HTTP API."""
    from service.api.settings import read_settings
    from service.operations import local_processes, servers, supervisor
    from workers.environment import read_environment

    environment = read_environment()
    say = _say(as_json)
    servers.servers_of(environment)  # a bad setting is told before anything starts, and so is a port that is taken
    listen = local_processes.check_port(environment.folder, port, read_settings().port) if service else None
    running: dict[str, Any] = {}
    with console.download("Neo4j") as downloaded:
        for server in servers.start_servers(environment, console.tell, downloaded):
            _tell_running(server, say)
            seen = asdict(server)
            running[server.key] = {name: seen[name] for name in ("uri", "user", "password_file", "started")}
    if listen is not None:
        new = local_processes.start_service(environment.folder, listen, console.tell)
        address = servers.service_address(listen)
        running["service"] = {"uri": address, "started": new}
        say(f"The HTTP API is up{'' if new else ' already'}, at {address}.")
    if workers is not None:
        local_processes.start_workers(environment.folder, workers, console.tell)
        say(f"A sweeper and a worker with {workers} processes are up. Give them work: influence submit")
    supervisor.start(environment)
    if as_json:
        console.write_json(json.dumps({**running, "processes": local_processes.pids(environment.folder)}))


def down(as_json: options.AsJson = False) -> None:
    """Stop the local servers, and the service, worker and sweeper that `up` started; the data stay."""
    from service.operations import servers
    from workers.environment import read_environment

    environment = read_environment()
    servers.servers_of(environment)  # a bad setting is told before anything stops
    say = _say(as_json)
    processes: list[tuple[str, str]] = []
    for who, ended in servers.stop_processes(environment):
        how = "is stopped" if ended == "stopped" else "did not stop in time and was killed; no computed result is lost"
        say(f"The {who} {how}.")
        processes.append((who, ended))
    stopped: dict[str, str] = {}
    for server in servers.stop_servers(environment, console.tell):
        _tell_ended(server, say)
        stopped[server.key] = server.ended
    if as_json:
        console.write_json(json.dumps({"neo4j": stopped["neo4j"], "broker": stopped["broker"], "processes": processes}))


def status(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A job, to show its progress.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a job's progress or, without RUN, the servers; exit code 1 if a server cannot be used."""
    if run is not None:
        jobs.show(run, as_json)
        return

    from service.operations.installation import Readiness

    with open_installation() as installation:
        seen = installation.status()
    if as_json:
        console.write_json(json.dumps(asdict(seen)))
    elif isinstance(seen, Readiness):
        usable = {True: "can be used", False: "cannot be used"}
        console.print_facts((("graph", usable[seen.graph]), ("broker", usable[seen.broker])))
    else:
        restarts = {who: _restarts(known) for who, known in seen.restarts.items()}
        console.print_facts({**_facts("Neo4j", seen.neo4j), **restarts.get("neo4j", {})}.items())
        print()
        console.print_facts({**_facts("Redis", seen.broker), **restarts.get("broker", {})}.items())
        print()
        at = {"service": seen.service}
        console.print_facts(
            (who, "; ".join((_process(pid, at.get(who)), *restarts.get(who, {}).values())))
            for who, pid in seen.processes.items()
        )
        if seen.restarts and seen.processes["supervisor"] is None:
            console.stderr().print("notice: no supervisor runs to restart what ends; `influence up` starts it")
    if not seen.usable:
        raise typer.Exit(errors.FAILED)


def doctor(as_json: options.AsJson = False) -> None:
    """Check everything that the servers need, and say what to repair; exit code 1 if something needs repair."""
    from service.api.settings import read_settings
    from service.operations.diagnosis import diagnose
    from workers.environment import read_environment

    diagnosis = diagnose(read_environment(), read_settings().port)
    if as_json:
        console.write_json(json.dumps(asdict(diagnosis)))
    else:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, show_header=False)
        for about in ("neo4j", "broker", "service", "machine"):
            for check in getattr(diagnosis, about):
                table.add_row("ok" if check.good else "REPAIR", about, check.name, check.found)
                if not check.good:
                    table.add_row("", "", "", f"→ {check.fix}")
        console.stdout().print(table)
    if not diagnosis.good:
        raise typer.Exit(errors.FAILED)


def _say(as_json: bool) -> Callable[[str], None]:
    """Where words for people go."""
    return (lambda words: None) if as_json else print


def _tell_running(server: "ReadyServer", say: Callable[[str], None]) -> None:
    if not server.local:
        say(f"{server.uri} answers ({server.version}); {_variable(server.key)} names it,")
        say("so there is nothing to start here.")
        return
    if server.started:
        say(f"{server.name} is up at {server.uri}, after {server.seconds:.0f} s.")
    else:
        say(f"{server.name} is up already, at {server.uri}.")
    say(f"User {server.user}, password in {server.password_file}. Stop it: influence down")


def _tell_ended(server: "EndedServer", say: Callable[[str], None]) -> None:
    say(
        {
            "left alone": f"{_variable(server.key)} names {server.name}, which was not started here; nothing was done.",
            "not running": f"No local {server.name} is running.",
            "stopped": f"{server.name} is stopped.",
            "killed": f"{server.name} did not stop in time and was killed; the next `influence up` repairs its data.",
        }[server.ended]
    )


def _process(pid: int | None, address: str | None) -> str:
    """How a process is."""
    if pid is None:
        return "stopped"
    return f"running (process {pid})" if address is None else f"running (process {pid}), {address}"


def _restarts(known: "Supervision") -> dict[str, str]:
    """How often it was restarted and why, in names and values; nothing where it never was."""
    from datetime import UTC, datetime

    if known.gave_up:
        return {"given up": f"{known.gave_up}; influence up tries again"}
    if not known.restarts:
        return {}
    last = datetime.fromtimestamp(known.recent[-1], UTC).astimezone().isoformat(" ", "seconds")
    times = "once" if known.restarts == 1 else f"{known.restarts} times"
    return {"restarted": f"{times}, the last at {last}: {known.cause}"}


def _variable(key: str) -> str:
    from service.operations.servers import VARIABLES

    return VARIABLES[key]


def _facts(name: str, seen: "ServerStatus") -> dict[str, str]:
    """A server in names and values."""
    from datetime import UTC, datetime

    from rich.filesize import decimal

    yes_or_no = {True: "works", False: "does not work", None: "not tried"}
    began = None if seen.started is None else datetime.fromtimestamp(seen.started, UTC).astimezone()
    facts = {
        name: f"{'running' if seen.running else 'stopped' if seen.local else 'does not answer'}",
        "version": seen.version,
        "address": seen.uri,
        "user": seen.user,
        "password": yes_or_no[seen.password_works] if seen.running else None,
        "problem": seen.problem,
        "to do": seen.fix if seen.problem or not seen.local else None,
        "process": seen.pid,
        "since": began and began.isoformat(" ", "seconds"),
        "memory": seen.memory and decimal(seen.memory),
        "on disk": seen.disk and decimal(seen.disk),
        "folder": seen.home,
    }
    if seen.local and not seen.running:
        facts["to do"] = "influence up starts it"
    return {fact: str(value) for fact, value in facts.items() if value is not None}
