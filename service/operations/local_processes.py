"""The service, the worker and the sweeper of this machine that are started and stopped together with its servers.

They are found among the processes by what they run and by the folder of their servers; there is no number written down
that could be stale.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

import psutil

from cypher.errors import InvalidInput, ServerError
from cypher.servers import process, supervision
from cypher.servers.daemon import HOST, SUPERVISION, is_free
from cypher.servers.lifecycle import exclusive

Part = Literal["serve", "worker", "sweep"]
PARTS: tuple[Part, ...] = get_args(Part)
CALLED: dict[Part, str] = {"serve": "service", "worker": "worker", "sweep": "sweeper"}
FIELDS: dict[Part, str] = {"serve": "service", "worker": "workers", "sweep": "workers"}
"""What errors name."""

NAME = "local"
"""Of the worker."""
PATIENCE = 120.0
"""Seconds for a process to say that it starts, which a worker does when it has looked at its devices."""
NICE = 5
"""Of the worker: on a busy machine, what it computes yields to the servers, which are back sooner where they ended."""
BEYOND = 20.0
"""Seconds beyond a worker's grace before a process is killed."""


def find(home: Path, part: Part) -> psutil.Process | None:
    """The process that `start` started for the servers of this folder; None where there is none."""
    return process.find(*_program(home, part))


def _told(running: psutil.Process, option: str) -> int:
    """The number that a process was given with this option."""
    command = running.cmdline()
    return int(command[command.index(option) + 1])


def service_port(home: Path) -> int | None:
    """Where the service listens that `start_service` started; None where it does not run."""
    running = find(home, "serve")
    return None if running is None else _told(running, "--port")


def file(home: Path, part: Part) -> Path:
    """That says whether it is to run (`cypher.servers.supervision`)."""
    return home / f"{part}.{SUPERVISION}"


def start_workers(home: Path, workers: int, notify: Callable[[str], None]) -> None:
    """Start a sweeper and a worker with so many processes, where they do not run yet. One caller at a time.

    Raises:
        ServerError: one of them does not start, or a worker with another number runs.
    """
    with exclusive(home, notify):
        running = find(home, "worker")
        if running is not None and (number := _told(running, "--concurrency")) != workers:
            raise ServerError("workers", f"a worker with {number} processes runs already", "Stop it first.")
        _keep(home, "sweep", ("--quiet",), notify)
        _keep(home, "worker", ("--name", NAME, "--concurrency", str(workers), "--quiet"), notify)


def check_port(home: Path, port: int | None, usual: int) -> int:
    """Where a service that is started now listens: where it does already, at the port that is named, or at the usual.

    Raises:
        InvalidInput: another program has the port.
        ServerError: the service runs at another.
    """
    running = service_port(home)
    if running is None and not is_free(port or usual):
        raise InvalidInput(
            "port",
            f"{port or usual} is taken by another program",
            "Stop that, or name another port with INFLUENCE_API_PORT.",
        )
    if running is not None and port not in (None, running):
        raise ServerError("service", f"the service runs already, at port {running}", "Stop it first.")
    return running or port or usual


def start_service(home: Path, port: int, notify: Callable[[str], None]) -> bool:
    """Start the service at this port of this machine alone, where it does not run yet. Returns whether it did not.

    Raises:
        ServerError: it does not start.
    """
    with exclusive(home, notify):
        return _keep(home, "serve", ("--host", HOST, "--port", str(port), "--quiet"), notify)


def pids(home: Path) -> dict[str, int | None]:
    """Of all of them, by what they are called; None where it does not run."""
    running = {CALLED[part]: find(home, part) for part in PARTS}
    return {called: None if found is None else found.pid for called, found in running.items()}


def end(home: Path, grace: float) -> Iterator[tuple[str, bool]]:
    """Stop all of them; yields what each that ran is called, and whether it stopped by itself.

    Args:
        grace: seconds that a worker has to stop.
    """
    for part in PARTS:
        supervision.end(file(home, part))
    for part in PARTS:
        while (running := find(home, part)) is not None:
            yield CALLED[part], process.stop(running, grace + BEYOND)


class ProcessChild:
    """One of them, for the supervisor: restarted where it has ended."""

    def __init__(self, home: Path, part: Part):
        self._home = home
        self._part: Part = part
        self._process: psutil.Process | None = None

    @property
    def name(self) -> str:
        return CALLED[self._part]

    @property
    def file(self) -> Path:
        return file(self._home, self._part)

    def trouble(self) -> str | None:
        if self._process is None or process.has_ended(self._process):
            self._process = find(self._home, self._part)
        return "it ended" if self._process is None else None

    def restart(self, cause: str) -> bool:
        with exclusive(self._home, lambda words: None):
            known = supervision.read(self.file)
            if known is None or known.gave_up or find(self._home, self._part) is not None:
                return False
            supervision.write(self.file, known.restarted(cause))
            _start(self._home, self._part, known.options)
        return True


def _keep(home: Path, part: Part, options: tuple[str, ...], notify: Callable[[str], None]) -> bool:
    """Start it where it does not run yet, and have it kept running. Returns whether it was started."""
    absent = find(home, part) is None
    if absent:
        notify(f"starting the {CALLED[part]}")
        _start(home, part, options)
    supervision.begin(file(home, part), options)
    return absent


def _start(home: Path, part: Part, options: Sequence[str]) -> None:
    said = home / "logs" / f"{part}.console"
    started = process.spawn([sys.executable, *_program(home, part), *options], said)
    if part == "worker":
        with suppress(psutil.NoSuchProcess):  # whose end is told below
            started.nice(NICE)
    deadline = time.monotonic() + PATIENCE
    while " starts" not in (words := said.read_text(errors="replace")):
        if process.has_ended(started):
            last = (words.strip() or "it said nothing").splitlines()[-1]
            raise ServerError(
                FIELDS[part],
                f"the {CALLED[part]} did not start: {last.removeprefix('error: ')}",
                f"Its output is in {said}",
            )
        if time.monotonic() > deadline:
            process.stop(started, BEYOND)
            raise ServerError(FIELDS[part], f"the {CALLED[part]} did not start within {PATIENCE:.0f} s", f"See {said}")
        time.sleep(process.POLL)


def _program(home: Path, part: Part) -> tuple[str, ...]:
    """Its command line after Python's own name; -X is for whoever looks for it."""
    return "-X", f"influence_home={home}", "-m", "service", part
