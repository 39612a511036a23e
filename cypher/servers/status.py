"""How a server is: what runs, where, how large, and does it let us in?"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from cypher.errors import AccessDenied, ServerError
from cypher.servers.daemon import Daemon, Endpoint


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One look at a server. What does not apply, or cannot be known now, is None."""

    running: bool  # local: its process is there; elsewhere: a server answers
    local: bool
    uri: str | None = None
    user: str | None = None
    version: str | None = None  # what the server says, else what a start would bring
    password_works: bool | None = None
    problem: str | None = None  # why a server that is there cannot be used
    fix: str | None = None
    pid: int | None = None
    started: float | None = None  # seconds since the epoch
    memory: int | None = None  # bytes that the process holds
    disk: int | None = None  # bytes of data and logs
    home: str | None = None


def status(server: Daemon[Any] | Endpoint) -> ServerStatus:
    """Look at a local server or at one elsewhere; nothing is changed."""
    if not isinstance(server, Daemon):
        return _try(ServerStatus(running=False, local=False), server)
    version = server.planned_version()
    stopped = ServerStatus(False, True, version=version, disk=disk_use(server.home), home=str(server.home))
    process = server.process()
    if process is None:
        return stopped
    try:
        memory, started = process.memory_info().rss, process.create_time()
    except psutil.NoSuchProcess:
        return stopped
    running = replace(stopped, running=True, pid=process.pid, started=started, memory=memory)
    try:
        return _try(running, server.connection())
    except ServerError as error:
        return replace(running, problem=error.problem, fix=error.fix)


def _try(before: ServerStatus, entry: Endpoint) -> ServerStatus:
    """What is known besides once the server has been asked."""
    known = replace(before, uri=str(entry), user=entry.user)
    try:
        version = entry.version()
    except AccessDenied as error:
        return replace(known, running=True, password_works=False, problem=error.problem, fix=error.fix)
    except ServerError as error:
        return replace(known, problem=error.problem, fix=error.fix)
    return replace(known, running=True, version=version, password_works=True)


def disk_use(folder: Path) -> int:
    """Bytes that the files of a folder take, whatever is removed meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total
