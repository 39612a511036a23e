"""`influence load --bulk`: many result files as a fresh local database."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from cypher.connection import Connection
from cypher.errors import Conflict, InvalidInput
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import download, up
from cypher.store.store import Store
from service.bulk import load_all
from service.cli import console
from workers.environment import read_environment


def load_bulk(results: Sequence[Path], force: bool, as_json: bool) -> None:
    """Build a database of these files, and put it into the place of the local server's."""
    server = read_environment().graph_server()
    if isinstance(server, Connection):
        raise InvalidInput(
            "bulk",
            f"--bulk makes the files of a local Neo4j, and INFLUENCE_NEO4J_URI names {server.uri}",
            "Load without --bulk, or unset INFLUENCE_NEO4J_URI.",
        )
    with console.download("Neo4j") as downloaded:
        download(server, downloaded)

    def check() -> None:
        """Once before all the work, and once more behind it: what others stored meanwhile counts too."""
        if not force:
            _check_empty(server)

    check()
    started = time.monotonic()
    try:
        with console.progress(sum(map(_lines, results)), elsewhere=True, doing="reading") as advance:
            loaded = load_all(server, results, advance, lambda words: console.stderr().print(f"{words} …"), check)
    except KeyboardInterrupt:
        console.stderr().print("interrupted: the graph is as it was before")
        raise typer.Exit(console.INTERRUPTED) from None
    for run in loaded:
        if as_json:
            print(json.dumps(asdict(run)))
        else:
            console.stdout().print(f"{run.instances} instances stored in run {run.name!r} ({run.run})")
    if not as_json:
        console.stderr().print(f"a new graph after {time.monotonic() - started:.0f} s; Neo4j is up")


def _check_empty(server: LocalServer) -> None:
    """Only --force throws away what the graph holds."""
    ready = up(server)
    with Store.open(ready.connection, migrate=True) as store:
        runs = [run.name for run in store.runs()]
    if runs:
        some = ", ".join(map(repr, runs[:4])) + (f" and {len(runs) - 4} more" if len(runs) > 4 else "")
        raise Conflict(
            "force",
            f"the graph holds runs ({some}), and --bulk makes a new one without them",
            "Give --force to lose them, or load without --bulk.",
        )


def _lines(path: Path) -> int:
    """Of a file; what cannot be read is told when it is read."""
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except OSError:
        return 0
