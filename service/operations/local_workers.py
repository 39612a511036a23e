"""The worker and the sweeper of this machine that are started and stopped together with its servers.

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

from cypher.errors import ServerError
from cypher.servers import process, supervision
from cypher.servers.daemon import SUPERVISION
from cypher.servers.lifecycle import exclusive

Part = Literal["worker", "sweep"]
PARTS: tuple[Part, ...] = get_args(Part)
CALLED: dict[Part, str] = {"worker": "worker", "sweep": "sweeper"}

NAME = "local"
"""Of the worker."""
PATIENCE = 120.0
"""Seconds for a worker to look at its devices and say that it starts."""
NICE = 5
"""Of the worker: on a busy machine, what it computes yields to the servers, which are back sooner where they ended."""
BEYOND = 20.0
"""Seconds beyond a worker's grace before it is killed."""


def find(home: Path, part: Part) -> psutil.Process | None:
    """The process that `start` started for the servers of this folder; None where there is none."""
    return process.find(*_program(home, part))


def processes(worker: psutil.Process) -> int:
    """That a worker was told to have."""
    command = worker.cmdline()
    return int(command[command.index("--concurrency") + 1])


def file(home: Path, part: Part) -> Path:
    """That says whether it is to run (`cypher.servers.supervision`)."""
    return home / f"{part}.{SUPERVISION}"


def start(home: Path, workers: int, notify: Callable[[str], None]) -> None:
    """Start a sweeper and a worker with so many processes, where they do not run yet. One caller at a time.

    Raises:
        ServerError: one of them does not start, or a worker with another number runs.
    """
    with exclusive(home, notify):
        running = find(home, "worker")
        if running is not None and processes(running) != workers:
            has = f"a worker with {processes(running)} processes runs already"
            raise ServerError("workers", has, "Stop it first.")
        options: dict[Part, tuple[str, ...]] = {
            "sweep": ("--quiet",),
            "worker": ("--name", NAME, "--concurrency", str(workers), "--quiet"),
        }
        for part, these in options.items():
            if find(home, part) is None:
                notify(f"starting the {CALLED[part]}")
                _start(home, part, these)
            supervision.begin(file(home, part), these)


def pids(home: Path) -> dict[str, int | None]:
    """Of the worker and the sweeper, by what they are called; None where it does not run."""
    running = {CALLED[part]: find(home, part) for part in PARTS}
    return {called: None if found is None else found.pid for called, found in running.items()}


def end(home: Path, grace: float) -> Iterator[tuple[str, bool]]:
    """Stop all workers and sweepers; yields what each that ran is called, and whether it stopped by itself.

    Args:
        grace: seconds that a worker has to stop.
    """
    for part in PARTS:
        supervision.end(file(home, part))
    for part in PARTS:
        while (running := find(home, part)) is not None:
            yield CALLED[part], process.stop(running, grace + BEYOND)


class ProcessChild:
    """The worker or the sweeper, for the supervisor: restarted where it has ended."""

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
                "workers",
                f"the {CALLED[part]} did not start: {last.removeprefix('error: ')}",
                f"Its output is in {said}",
            )
        if time.monotonic() > deadline:
            process.stop(started, BEYOND)
            raise ServerError("workers", f"the {CALLED[part]} did not start within {PATIENCE:.0f} s", f"See {said}")
        time.sleep(process.POLL)


def _program(home: Path, part: Part) -> tuple[str, ...]:
    """Its command line after Python's own name; -X is for whoever looks for it."""
    return "-X", f"influence_home={home}", "-m", "service", part
