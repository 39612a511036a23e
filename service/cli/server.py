"""`influence up`, `down`, `status` and `doctor`: the graph's server."""

import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from cypher import server as local
from cypher.connection import Connection, open_driver, server_version
from cypher.doctor import Check, examine
from cypher.jars import Downloaded
from cypher.status import Status
from cypher.status import status as look
from service.cli import console
from service.cli.sizes import show_bytes
from service.settings import read_settings

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def up() -> None:
    """Start the local Neo4j that holds the graph; the first time, this downloads it (130 MB)."""
    server = read_settings().server()
    if isinstance(server, Connection):
        with open_driver(server) as driver:
            print(f"{server.uri} answers (Neo4j {server_version(driver, server)}); INFLUENCE_NEO4J_URI names it,")
            print("so there is nothing to start here.")
        return
    began = time.monotonic()
    with _download_progress() as downloaded:
        ready = local.up(server, downloaded, tell=_tell)
    if ready.started:
        print(f"Neo4j is up at {ready.connection.uri}, after {time.monotonic() - began:.0f} s.")
    else:
        print(f"Neo4j is up already, at {ready.connection.uri}.")
    print(f"User {ready.connection.user}, password in {server.password_file}. Stop it: influence down")


def down() -> None:
    """Stop the local Neo4j; what it holds stays."""
    server = read_settings().server()
    if isinstance(server, Connection):
        print(f"INFLUENCE_NEO4J_URI names {server.uri}, which is not for us to stop; nothing was done.")
        return
    ended = local.down(server, tell=_tell)
    if ended is None:
        print("No local Neo4j runs.")
    elif ended:
        print("Neo4j is stopped.")
    else:
        print(f"Neo4j did not stop within {local.STOP_PATIENCE:.0f} s and was killed; the next up repairs its data.")


def status(as_json: AsJson = False) -> None:
    """Show how the graph is; exit code 1 when it cannot be used."""
    seen = look(read_settings().server())
    if as_json:
        print(json.dumps(asdict(seen)))
    else:
        console.stdout().print(_status_table(seen))
    if not seen.password_works:
        raise typer.Exit(1)


def doctor(as_json: AsJson = False) -> None:
    """Look at everything that the graph needs, and say what to mend; exit code 1 when there is something."""
    checks = [*examine(read_settings().server()), *_around()]
    if as_json:
        print(json.dumps([asdict(check) for check in checks]))
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for check in checks:
            table.add_row("ok" if check.good else "MEND", check.name, check.found)
            if not check.good:
                table.add_row("", "", f"→ {check.fix}")
        console.stdout().print(table)
    if not all(check.good for check in checks):
        raise typer.Exit(1)


def _around() -> Iterator[Check]:
    """What matters beside the graph: versions, and the GPU."""
    packages = " ".join(f"{name} {version(name)}" for name in ("influence-graph", "neo4j", "torch", "transformers"))
    yield Check("versions", True, f"Python {platform.python_version()} {packages}")
    import torch

    if not torch.cuda.is_available():
        yield Check("GPU", True, "none that CUDA can use; the CPU computes")
        return
    free, total = torch.cuda.mem_get_info()
    yield Check("GPU", True, f"{torch.cuda.get_device_name()}, {show_bytes(free)} of {show_bytes(total)} free")


def _status_table(seen: Status) -> Table:
    yes_or_no = {True: "works", False: "does not work", None: "not tried"}
    began = None if seen.started is None else datetime.fromtimestamp(seen.started, UTC).astimezone()
    rows = {
        "Neo4j": f"{'running' if seen.running else 'stopped' if seen.local else 'does not answer'}",
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
    for name, value in rows.items():
        if value is not None:
            table.add_row(name, str(value))
    return table


def _tell(words: str) -> None:
    console.stderr().print(f"{words} …")


@contextmanager
def _download_progress() -> Iterator[Downloaded]:
    """A bar on a terminal, a line every few seconds elsewhere; nothing where nothing is downloaded."""
    screen = console.stderr()
    if not screen.is_terminal:
        yield console.ByteLines(screen, "downloading Neo4j")
        return
    columns = (TextColumn("downloading Neo4j"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=screen, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=done < total)
