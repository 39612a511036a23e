"""Names of workers: one process of a machine at a time has a name, and with it the files of that name."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import portalocker

from cypher.errors import Conflict, InvalidInput

FORM = re.compile(r"[A-Za-z0-9_-]+")


def default_name() -> str:
    """What a worker of this machine is called when nothing else is said."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0])


@contextmanager
def reserve_name(folder: Path, name: str | None, usual: str) -> Iterator[str]:
    """A name for this process alone.

    Args:
        folder: of the lock files.
        name: that it is to be; None for the usual one, numbered where that is taken.

    Raises:
        InvalidInput: it is no name.
        Conflict: another process has it.
    """
    if name is not None and FORM.fullmatch(name) is None:
        raise InvalidInput("name", f"{name!r} is not a name", "Use letters, digits, - and _.")
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        wanted = name or (usual if number == 1 else f"{usual}_{number}")
        lock = portalocker.Lock(folder / f"{wanted}.lock", fail_when_locked=True)
        try:
            lock.acquire()
        except portalocker.LockException:
            if name is None:
                continue
            problem = f"a worker named {name!r} runs on this machine already"
            raise Conflict("worker", problem, "Give this one another name.") from None
        try:
            yield wanted
        finally:
            lock.release()
        return
