"""The worker and the sweeper of this machine that `influence up --workers N` starts and `down` stops.

They are found among the processes by what they run and by the folder of their servers; there is no number written down
that could be stale.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil

from cypher.errors import GraphError
from cypher.process import POLL, has_ended, spawn, stop
from workers.jobs.limits import Limits

Part = Literal["worker", "sweep"]

PROGRAM = ("-m", "service")
NAME = "local"
"""Of the worker."""
PATIENCE = 120.0
"""Seconds for a worker to look at its devices and say that it starts."""
BEYOND = 20.0
"""Seconds beyond a worker's grace before it is killed."""


def find(home: Path, part: Part) -> psutil.Process | None:
    """The process that `start` started on this folder; None where there is none."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is somebody else's
            command = process.cmdline()
            if tuple(command[1:4]) == (*PROGRAM, part) and process.environ().get("INFLUENCE_HOME") == str(home):
                return process
    return None


def processes(worker: psutil.Process) -> int:
    """That a worker was told to have."""
    command = worker.cmdline()
    return int(command[command.index("--concurrency") + 1])


def start(home: Path, workers: int, tell: Callable[[str], None]) -> None:
    """Start a sweeper and a worker with so many processes, where they do not run yet.

    Raises:
        GraphError: one of them does not start, or a worker with another number runs.
    """
    running = find(home, "worker")
    if running is not None and processes(running) != workers:
        raise GraphError(
            f"a worker with {processes(running)} processes runs already", "Stop it first: influence down."
        )
    for part, options in _parts(workers):
        if find(home, part) is None:
            tell(f"starting the {part}er" if part == "sweep" else f"starting {workers} worker processes")
            _start(home, part, options)


def end(home: Path, limits: Limits) -> Iterator[tuple[Part, bool]]:
    """Stop the worker and the sweeper; yields which ran, and whether it stopped by itself."""
    for part in ("worker", "sweep"):
        process = find(home, part)
        if process is not None:
            yield part, stop(process, limits.grace + BEYOND)


def _parts(workers: int) -> Iterator[tuple[Part, list[str]]]:
    yield "sweep", []
    yield "worker", ["--name", NAME, "--concurrency", str(workers)]


def _start(home: Path, part: Part, options: list[str]) -> None:
    log = home / "logs" / f"{part}.console"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, *PROGRAM, part, *options]
    process = spawn(command, log, os.environ | {"INFLUENCE_HOME": str(home)})
    deadline = time.monotonic() + PATIENCE
    while "starts" not in log.read_text(errors="replace"):
        if has_ended(process):
            said = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise GraphError(f"the {part} did not start: {said[-1].removeprefix('error: ')}", f"See {log}")
        if time.monotonic() > deadline:
            stop(process, BEYOND)
            raise GraphError(f"the {part} did not start within {PATIENCE:.0f} s", f"See {log}")
        time.sleep(POLL)
