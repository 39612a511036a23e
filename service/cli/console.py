"""Where the commands write: results to stdout, the rest to stderr; a progress bar where someone watches."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from service.progress import Progress

INTERRUPTED = 130  # exit code after Ctrl-C
PIPE_WIDTH = 200  # columns of a table that no terminal bounds
SECONDS = 10.0  # between progress lines where there is no terminal


class Advance(Protocol):
    """Tells the progress display that one more is done."""

    def __call__(self) -> None: ...


def stdout() -> Console:
    """For results; what is printed is taken as it is, brackets included."""
    return _console(stderr=False)


def stderr() -> Console:
    """For everything but results."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, width=width, markup=False, highlight=False, soft_wrap=stderr)


@contextmanager
def progress(total: int, elsewhere: bool, doing: str = "analyzing") -> Iterator[Advance]:
    """A bar on a terminal, a line every few seconds elsewhere.

    Args:
        elsewhere: do results go to a file? Where they go to the same terminal, they are progress enough.
    """
    console = stderr()
    if not elsewhere and sys.stdout.isatty():
        yield lambda: None
    elif console.is_terminal:
        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
        with Bars(*columns, TimeRemainingColumn(), console=console, transient=True, redirect_stdout=False) as bar:
            task = bar.add_task("", total=total, speed="")
            started = time.monotonic()

            def advance() -> None:
                done = bar.tasks[0].completed + 1
                bar.update(task, completed=done, speed=f"{done / (time.monotonic() - started):.1f}/s")

            yield advance
    else:
        yield _Lines(console, total)


def reporting(*, elsewhere: bool) -> Progress:
    """`progress` as use cases call it."""
    return lambda total, doing: progress(total, elsewhere, doing)


class _Lines:
    """Progress as sparse lines, for logs."""

    def __init__(self, console: Console, total: int):
        self._console = console
        self._total = total
        self._done = 0
        self._started = self._told = time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._told < SECONDS or self._done == self._total:
            return
        self._told = now
        speed = self._done / (now - self._started)
        left = (self._total - self._done) / speed
        self._console.print(f"{self._done}/{self._total} instances, {speed:.1f}/s, about {left:.0f} s left")


@contextmanager
def download(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every few seconds elsewhere; nothing where nothing is downloaded.

    Yields: is told the bytes that are there, and those that there will be; safe to call from many threads.
    """
    console, doing = stderr(), f"downloading {what}"
    if not console.is_terminal:
        yield _ByteLines(console, doing)
        return
    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=done < total)


class _ByteLines:
    """A download's progress as sparse lines, for logs."""

    def __init__(self, console: Console, what: str):
        self._console = console
        self._what = what
        self._told = -SECONDS

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= SECONDS or done == total:
            self._told = now
            self._console.print(f"{self._what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
