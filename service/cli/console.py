"""Where the commands write: results to stdout, the rest to stderr; a progress bar where someone watches."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from service.cli.sizes import pace

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 200  # columns of a table that no terminal bounds
SECONDS = 10.0  # between progress lines where there is no terminal


def stdout() -> "Console":
    """For results; what is printed is taken as it is, brackets included."""
    return _console(stderr=False)


def stderr() -> "Console":
    """For everything but results."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console  # takes a while to import

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, width=width, markup=False, highlight=False, soft_wrap=stderr)


def tell(words: str) -> None:
    """What goes on, on stderr."""
    print(f"{words} …", file=sys.stderr)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Names and values on stdout, a line each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in facts:
        table.add_row(name, value)
    stdout().print(table)


@contextmanager
def progress(doing: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every few seconds elsewhere.

    Args:
        quiet: show nothing, since results on the same terminal are progress enough.

    Yields: is told how many are done, and how many there are.
    """
    console = stderr()
    if quiet:
        yield lambda done, total: None
    elif console.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, redirect_stdout=False) as bar:
            task = bar.add_task("", total=None, speed="")
            started = time.monotonic()

            def show(done: int, total: int) -> None:
                speed = pace(done / (time.monotonic() - started))
                bar.update(task, completed=done, total=total, speed=speed)

            yield show
    else:
        yield _Lines(console)


@contextmanager
def phases() -> Iterator[Callable[[str, int, int], None]]:
    """`progress` for work in several phases, one after the other.

    Yields: is told what is being done, how many of it are done, and how many there are.
    """
    with ExitStack() as stack:
        current, show = "", None

        def show_phase(doing: str, done: int, total: int) -> None:
            nonlocal current, show
            if show is None or doing != current:
                stack.close()
                current, show = doing, stack.enter_context(progress(doing))
            show(done, total)

        yield show_phase


class _Lines:
    """Progress as sparse lines, for logs."""

    def __init__(self, console: "Console"):
        self._console = console
        self._started = self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < SECONDS or done == total:
            return
        self._told = now
        speed = done / (now - self._started)
        left = (total - done) / speed
        self._console.print(f"{done}/{total} instances, {pace(speed)}, about {left:.0f} s left")


@contextmanager
def download(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every few seconds elsewhere; nothing where nothing is downloaded.

    Yields: is told the bytes that are there, and those that there will be; safe to call from many threads.
    """
    console, doing = stderr(), f"downloading {what}"
    if not console.is_terminal:
        yield _ByteLines(console, doing)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=done < total)


class _ByteLines:
    """A download's progress as sparse lines, for logs."""

    def __init__(self, console: "Console", what: str):
        self._console = console
        self._what = what
        self._told = -SECONDS

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= SECONDS or done == total:
            self._told = now
            self._console.print(f"{self._what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
