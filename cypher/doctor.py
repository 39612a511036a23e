"""Everything that a local server needs, looked at one by one."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from cypher.connection import Connection
from cypher.errors import GraphError
from cypher.jars import bad_jars, locked_version, read_lock
from cypher.java import find_java
from cypher.local import MEBIBYTE, LocalServer
from cypher.process import find
from cypher.server import is_free
from cypher.status import status

DISK = 1024 * MEBIBYTE  # free bytes to ask for: Neo4j itself, and some data
OVERHEAD = 300 * MEBIBYTE  # what Java needs beside heap and page cache


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    good: bool
    found: str
    fix: str | None = None  # what to do where it is not good


def examine(server: LocalServer | Connection) -> Iterator[Check]:
    """Look at each thing in turn; nothing is changed."""
    if isinstance(server, LocalServer):
        yield _java()
        yield _jars(server)
        yield _port(server)
        yield from _password(server)
        yield _disk("disk for data", server.home)
        yield _disk("disk for Neo4j", server.jars)
        yield _memory(server)
    yield _answer(server)


def _java() -> Check:
    try:
        java = find_java()
    except GraphError as error:
        return Check("Java", False, error.problem, error.fix)
    return Check("Java", True, f"{java.version} of {java.origin}: {java.path}")


def _jars(server: LocalServer) -> Check:
    name, lock = f"Neo4j {locked_version()}", read_lock()
    bad = bad_jars(server.jars, lock)
    if not bad:
        return Check(name, True, f"{len(lock)} jars, each with its checksum: {server.jars}")
    changed = [jar.name for jar in bad if (server.jars / jar.name).exists()]
    if changed:
        return Check(name, False, f"wrong checksum: {', '.join(changed)}", "influence up fetches them again.")
    if len(bad) == len(lock):
        return Check(name, True, "not downloaded yet; influence up does it")
    return Check(name, False, f"{len(bad)} of {len(lock)} jars missing", "influence up fetches them.")


def _port(server: LocalServer) -> Check:
    running = find(server.home) is not None
    if running:
        return Check("port", True, f"{server.last_port()}, in use by this server")
    if server.bolt_port is None:
        return Check("port", True, "a free one is found")
    if is_free(server.bolt_port):
        return Check("port", True, f"{server.bolt_port} is free")
    fix = "Stop that program, or set INFLUENCE_NEO4J_BOLT_PORT to another port, or to none for a free one."
    return Check("port", False, f"{server.bolt_port} is taken by another program", fix)


def _password(server: LocalServer) -> Iterator[Check]:
    if not server.has_data and not server.password_file.exists():
        yield Check("password", True, "none yet; influence up makes one")
        return
    try:
        server.password()
    except GraphError as error:
        yield Check("password", False, error.problem, error.fix)
        return
    mode = stat.S_IMODE(server.password_file.stat().st_mode)
    fix = f"chmod 600 {server.password_file}"
    yield Check("password", not mode & 0o077, f"{server.password_file}, mode {mode:o}", fix if mode & 0o077 else None)


def _disk(name: str, folder: Path) -> Check:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    found = f"{_show(free)} free for {folder}"
    fix = f"Make {_show(DISK)} free there, or set INFLUENCE_HOME (data) or XDG_CACHE_HOME (Neo4j) to a larger disk."
    return Check(name, free >= DISK, found, fix if free < DISK else None)


def _memory(server: LocalServer) -> Check:
    wanted = server.heap + server.page_cache + OVERHEAD
    free = psutil.virtual_memory().available
    found = f"{_show(free)} available; Neo4j may take {_show(wanted)}"
    if free >= wanted or find(server.home) is not None:
        return Check("memory", True, found)
    return Check("memory", False, found, "Set INFLUENCE_NEO4J_HEAP and INFLUENCE_NEO4J_PAGE_CACHE lower.")


def _answer(server: LocalServer | Connection) -> Check:
    seen = status(server)
    if seen.password_works:
        return Check("server", True, f"Neo4j {seen.version} answers at {seen.uri}, and the password works")
    if seen.local and not seen.running:
        return Check("server", True, "stopped; influence up starts it")
    return Check("server", False, seen.problem or "does not answer", seen.fix)


def _show(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
