"""What can be looked at in every server of this machine, one by one; nothing is changed."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from cypher.errors import ServerError
from cypher.servers.daemon import Daemon, Endpoint, is_free
from cypher.servers.status import status


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    good: bool
    found: str
    fix: str | None = None  # what to do where it is not good


def check_port(server: Daemon[Any]) -> Check:
    """Is there one to listen at?"""
    if server.process() is not None:
        return Check("port", True, f"{server.last_port()}, in use by this server")
    if server.port is None:
        return Check("port", True, "a free one is chosen at the start")
    if is_free(server.port):
        return Check("port", True, f"{server.port} is free")
    fix = f"Stop that program, or set {server.PORT_VARIABLE} to another port, or to none for a free one."
    return Check("port", False, f"{server.port} is taken by another program", fix)


def check_password(server: Daemon[Any]) -> Iterator[Check]:
    """Is it there, and for this user alone?"""
    if not server.password_in_use and not server.password_file.exists():
        yield Check("password", True, "none yet; the first start makes one")
        return
    try:
        server.password()
    except ServerError as error:
        yield Check("password", False, error.problem, error.fix)
        return
    mode = stat.S_IMODE(server.password_file.stat().st_mode)
    fix = f"chmod 600 {server.password_file}"
    yield Check("password", not mode & 0o077, f"{server.password_file}, mode {mode:o}", fix if mode & 0o077 else None)


def check_disk(name: str, folder: Path, wanted: int, fix: str) -> Check:
    """Is there so much room for this folder?"""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    found = f"{show(free)} free for {folder}"
    return Check(name, free >= wanted, found, None if free >= wanted else f"Make {show(wanted)} free there, or {fix}")


def check_memory(server: Daemon[Any], wanted: int, fix: str) -> Check:
    """Is there so much for a server that does not run yet?"""
    free = psutil.virtual_memory().available
    found = f"{show(free)} available; {server.NAME} may take {show(wanted)}"
    good = free >= wanted or server.process() is not None
    return Check("memory", good, found, None if good else fix)


def check_answer(server: Daemon[Any] | Endpoint) -> Check:
    """Does it answer, and let us in?"""
    seen = status(server)
    if seen.password_works:
        return Check("server", True, f"{seen.uri} answers ({seen.version}), and the password works")
    if seen.local and not seen.running:
        return Check("server", True, "stopped")
    return Check("server", False, seen.problem or "does not answer", seen.fix)


def show(size: int) -> str:
    """Bytes for people."""
    return f"{size / 2**30:.1f} GiB"
