"""The worker and the sweeper of this machine that are started and stopped together with its servers.

They are found among the processes by what they run and by the folder of their servers; there is no number written down
that could be stale.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args

import psutil

from cypher.errors import ServerError
from cypher.servers import process
from cypher.servers.lifecycle import exclusive

Part = Literal["worker", "sweep"]
PARTS: tuple[Part, ...] = get_args(Part)
CALLED: dict[Part, str] = {"worker": "worker", "sweep": "sweeper"}

NAME = "local"
"""Of the worker."""
PATIENCE = 120.0
"""Seconds for a worker to look at its devices and say that it starts."""
BEYOND = 20.0
"""Seconds beyond a worker's grace before it is killed."""


def find(home: Path, part: Part) -> psutil.Process | None:
    """The process that `start` started for the servers of this folder; None where there is none."""
    return process.find(*_program(home, part))


def processes(worker: psutil.Process) -> int:
    """That a worker was told to have."""
    command = worker.cmdline()
    return int(command[command.index("--concurrency") + 1])


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
        if find(home, "sweep") is None:
            notify("starting the sweeper")
            _start(home, "sweep", ["--quiet"])
        if running is None:
            notify("starting the worker")
            _start(home, "worker", ["--name", NAME, "--concurrency", str(workers), "--quiet"])


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
        while (running := find(home, part)) is not None:
            yield CALLED[part], process.stop(running, grace + BEYOND)


def _start(home: Path, part: Part, options: list[str]) -> None:
    said = home / "logs" / f"{part}.console"
    started = process.spawn([sys.executable, *_program(home, part), *options], said)
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
