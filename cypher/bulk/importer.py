"""A fresh database out of CSV files, by Neo4j's own importer, which writes its files without a server.

1. The new database grows in a folder of its own beside the server's data, which stay as they are.
2. Only when it is whole does the server stop, the new database take the place of the old one, and the server start.
3. Where that start fails, the old database comes back, or none where there was none.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cypher.bulk.csv_files import FILES, SEPARATOR, header
from cypher.errors import Conflict, ServerError
from cypher.neo4j_server.java import find_java
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.lifecycle import Notify
from cypher.store.store import Store

DATABASE = "neo4j"
PLACES = (Path("data", "databases", DATABASE), Path("data", "transactions", DATABASE))
"""Where a server keeps a database."""
REPLACED = "replaced"
"""Where the old database lies until the new one is in use."""


@contextmanager
def scratch_folder(server: LocalServer) -> Iterator[Path]:
    """A folder to work in, on the disk of the server's data; it is gone in the end."""
    folder = server.home / "bulk"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(server: LocalServer, folder: Path, *, multiline: bool) -> LocalServer:
    """Import the CSV files of a folder into a database that no server uses yet.

    Args:
        multiline: does a text in them span lines?

    Returns: the home of the new database.

    Raises:
        ServerError: the importer fails. Neo4j has to be there already (`cypher.neo4j_server.server.download`).
    """
    new = replace(server, home=folder / "new")
    new.home.mkdir()
    new.write_conf(port=0)
    command = new.admin_command(find_java(), "database", "import", "full", DATABASE, *_arguments(folder, multiline))
    done = subprocess.run(
        command, env=new.admin_environment(), cwd=new.home, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServerError(
            "graph", f"Neo4j's importer failed: {_reason(done.stderr, done.stdout)}", "The graph is as it was before."
        )
    return new


def install(server: LocalServer, new: LocalServer, notify: Notify = lambda words: None) -> None:
    """Put a new database into the place of the server's, and start the server.

    Raises:
        ServerError: the server does not start with it; the old one is back then.
    """
    old = replace(server, home=server.home / REPLACED)
    gone = False
    notify("stopping Neo4j")
    down(server)
    try:
        _move(server, old)
        gone = True
        _move(new, server)
        notify("starting Neo4j with the new database")
        with Store.open(up(server).connection, migrate=True):
            pass
    except BaseException:
        down(server)
        if gone:  # else nothing new is there yet
            for place in PLACES:
                shutil.rmtree(server.home / place, ignore_errors=True)
        _move(old, server)
        shutil.rmtree(old.home, ignore_errors=True)
        with suppress(ServerError):
            up(server)
        raise
    if old.home.exists():  # not before the very first start
        shutil.rmtree(old.home)


def check_whole(server: LocalServer) -> None:
    """Was the last replacement of the database finished?

    Raises:
        Conflict: it was not; says where the old database is.
    """
    old = server.home / REPLACED
    if old.exists():
        raise Conflict(
            "graph",
            f"an earlier bulk import was killed while it replaced the database; the old one is in {old}",
            f"Stop the server, move the old data back into {server.home} or remove them, then try again.",
        )


def _move(source: LocalServer, target: LocalServer) -> None:
    for place in PLACES:
        if (source.home / place).exists():
            (target.home / place).parent.mkdir(parents=True, exist_ok=True)
            (source.home / place).rename(target.home / place)


def _arguments(folder: Path, multiline: bool) -> Iterator[str]:
    for name, file in FILES.items():
        top = folder / f"{name}-header.csv"
        top.write_text(header(file))
        rows = [str(path) for path in sorted(folder.glob(f"{name}-[0-9]*.csv"))]
        yield f"--{'relationships' if file.ends else 'nodes'}={file.type}={','.join([str(top), *rows])}"
    yield from (
        "--id-type=integer",
        f"--array-delimiter=U+{ord(SEPARATOR):04X}",
        "--strict=true",
        "--bad-tolerance=0",
        "--overwrite-destination=true",
        f"--report-file={folder / 'report'}",
    )
    if multiline:
        yield from ("--multiline-fields=true", "--multiline-fields-format=v1")


def _reason(*said: str) -> str:
    """What the importer says is wrong, in a line."""
    lines = [line.strip() for text in said for line in text.splitlines() if line.strip()]
    causes = [
        line for line in lines if "No space left" in line or "error" in line.lower() or "exception" in line.lower()
    ]
    return (causes or lines or ["no word"])[0]
