"""How jobs look to people: facts of one, its progress while it runs, its end, lines of its logs."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from cypher.ledger.jobs import JobProgress
from service.cli import console
from service.cli.sizes import pace

HIDDEN = ("event", "level", "timestamp", "worker", "logger", "run", "exception")
"""What of a log entry does not come after its words."""

Shown = Callable[[JobProgress], None]


def facts(progress: JobProgress) -> Iterator[tuple[str, str]]:
    """Everything about a job, line by line."""
    yield "run", f"{progress.name} ({progress.run})"
    yield "status", progress.status + (f": {progress.error}" if progress.error else "")
    yield "sentences", f"{progress.completed.sentences} of {progress.sentences} done"
    for name in ("queued", "running", "failed"):
        count = getattr(progress, name)
        if count.chunks:
            yield name, f"{count.sentences} in {count.chunks} chunks"
    if progress.speed is not None:
        yield "speed", pace(progress.speed, "sentence")
    if progress.left is not None:
        yield "left", f"about {progress.left:.0f} s"
    if progress.workers:
        yield "workers", ", ".join(progress.workers)
    elif progress.status in ("queued", "running"):
        yield "workers", "none is working on it; start one with `influence worker` or `influence up --workers N`"
    if progress.devices:
        yield "devices", ", ".join(progress.devices)
    for failure in progress.failures:
        yield "failed", f"{failure.name}: {failure.error}"


def ending(progress: JobProgress) -> Iterator[str]:
    """What there is to say when a job has ended."""
    at = "" if progress.speed is None else f", {pace(progress.speed, 'sentence')}"
    yield f"run {progress.name!r} is {progress.status}: {progress.completed.sentences} of {progress.sentences} done{at}"
    if progress.error:
        yield f"reason: {progress.error}"
    for failure in progress.failures:
        yield f"failed: {failure.name}: {failure.error}"
    if progress.status in ("partial", "cancelled", "failed"):
        yield f"resume it: {console.command('resume', progress.name)}"
    else:
        yield f"reports: {console.command('report', 'overview', progress.name)}"


@contextmanager
def display(as_json: bool) -> Iterator[Shown]:
    """Where progress goes: JSON lines, a bar on a terminal, or a line every few seconds."""
    screen = console.stderr()
    if as_json:
        yield lambda progress: console.write_json(json.dumps(asdict(progress), default=str))
    elif screen.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.fields[status]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[at]}"),
        )
        with Bar(*columns, console=screen, transient=True, redirect_stdout=False) as bar:
            task = bar.add_task("", total=None, status="", at="")
            yield lambda progress: bar.update(
                task,
                total=progress.sentences,
                completed=progress.completed.sentences,
                status=progress.status,
                at=_at(progress),
            )
    else:
        yield _Lines()


class _Lines:
    """A line every few seconds."""

    def __init__(self) -> None:
        self._told = -console.SECONDS

    def __call__(self, progress: JobProgress) -> None:
        now = time.monotonic()
        if now - self._told >= console.SECONDS:
            self._told = now
            done = f"{progress.completed.sentences}/{progress.sentences} sentences"
            console.stderr().print(", ".join(part for part in (progress.status, done, _at(progress)) if part))


def _at(progress: JobProgress) -> str:
    parts = [
        "" if progress.speed is None else pace(progress.speed),
        "" if progress.left is None else f"about {progress.left:.0f} s left",
        f"{len(progress.workers)} at work" if progress.workers else "",
        f"{progress.failed.sentences} failed" if progress.failed.sentences else "",
    ]
    return ", ".join(part for part in parts if part)


def log_line(entry: dict[str, Any]) -> str:
    """An entry of the logs in a line, with the name of the worker."""
    level = "" if entry.get("level") == "info" else f"{entry.get('level')}: "
    rest = " ".join(f"{name}={str(value)[:80]}" for name, value in entry.items() if name not in HIDDEN)
    return f"{entry.get('timestamp')} {entry.get('worker')} {level}{entry.get('event')} {rest}".rstrip()
