"""Where the commands write: results to stdout, the rest to stderr; a progress bar where someone watches.

What a terminal would not show as it is never reaches it: characters that its encoding lacks are replaced, and so are
control characters, which could move the cursor or change what was written before.
"""

import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from service.cli.sizes import pace

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult

PIPE_WIDTH = 200  # columns of a table that no terminal bounds
SECONDS = 10.0  # between progress lines where there is no terminal


CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters but tabs and line feeds, other breaks of lines, and what turns the direction of text around."""


def replace_what_cannot_be_shown() -> None:
    """From now on, characters that the encoding of stdout or stderr lacks are written as question marks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]


def clean(text: str) -> str:
    """The text, control characters replaced."""
    return CONTROLS.sub("\ufffd", text)


def write(text: str) -> None:
    """A line of text on stdout."""
    print(clean(text))


def write_json(text: str) -> None:
    """A line of JSON on stdout; escaped where the characters themselves cannot be written."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
        hidden = sys.stdout.isatty() and CONTROLS.search(text)
    except UnicodeEncodeError:
        hidden = True
    line = json.dumps(json.loads(text)) if hidden else text
    sys.stdout.write(f"{line}\n")  # as one piece, so that lines of several processes stay whole
    sys.stdout.flush()


def write_data(text: str) -> None:
    """Text for programs on stdout, as it is; without control characters where a terminal shows it."""
    sys.stdout.write(clean(text) if sys.stdout.isatty() else text)


class _CleanHook:
    """Replaces control characters in whatever a console is given, but not those by which it draws itself."""

    def process_renderables(self, renderables: "list[ConsoleRenderable]") -> "list[ConsoleRenderable]":
        return [_Clean(each) for each in renderables]


class _Clean:
    """One of these."""

    def __init__(self, renderable: "ConsoleRenderable"):
        self._renderable = renderable

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


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
    console = Console(stderr=stderr, width=width, markup=False, highlight=False, soft_wrap=stderr)
    console.push_render_hook(_CleanHook())  # pyright: ignore[reportArgumentType] - an ABC of that one method
    return console


def tell(words: str) -> None:
    """What goes on, on stderr."""
    print(clean(f"{words} …"), file=sys.stderr)


def notice(words: str) -> None:
    """What a reader of the results should know, on stderr."""
    stderr().print(f"notice: {words}")


def command(*words: str) -> str:
    """A command of this program as it can be pasted into a shell."""
    return shlex.join(("influence", *words))


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
