"""Errors as the command line tells them: one line on stderr, and an exit code.

Below, errors name fields in the domain's words and give advice that holds for every front end. Here a field becomes
the flag or argument of the command that was given, where it has one of that name; and advice is added that names
commands and flags.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from cypher.errors import InfluenceError, InvalidInput, RequestError, ServerError

FAILED = 1
BAD_REQUEST = 2
INTERRUPTED = 130


class Hint(NamedTuple):
    """Advice that only the command line can give."""

    text: str
    parameter: str | None = None
    """That a command must have for this advice to be of use; None: it always is."""
    here: bool = False
    """Is it of use for this machine's installation alone?"""


HINTS: Mapping[tuple[str, str], tuple[Hint, ...]] = {
    ("server-unavailable", "graph"): (Hint("`influence up` starts a local one.", here=True),),
    ("server-unavailable", "broker"): (Hint("`influence up` starts a local one.", here=True),),
    ("server-unavailable", "service"): (Hint("`influence up` starts one; --server names one.", here=True),),
    ("server-unavailable", "server"): (Hint("`influence up` starts the local servers.", here=True),),
    ("server-error", "server"): (Hint("`influence doctor` checks everything that the servers need.", here=True),),
    ("access-denied", "graph"): (Hint("`influence doctor` checks everything that the servers need.", here=True),),
    ("access-denied", "broker"): (Hint("`influence doctor` checks everything that the servers need.", here=True),),
    ("server-overloaded", "graph"): (Hint("--edges top:200 keeps fewer.", "edges"),),
    ("query-limit-exceeded", "timeout"): (Hint("--timeout sets how much.", "timeout"),),
    ("pickled-weights", "model"): (Hint("`influence convert DIR OUT` does."),),
    ("not-found", "run"): (Hint("`influence runs` lists them."),),
    ("not-found", "report"): (Hint("`influence queries` lists them."),),
    ("conflict", "run"): (Hint("`influence runs` shows all runs, and `influence delete` removes one."),),
    ("conflict", "schema"): (Hint("`influence up` migrates it.", here=True),),
    ("bad-request", "plain_http"): (Hint("--plain-http sends it all the same."),),
    ("conflict", "id"): (Hint("--name sets one.", "name"),),
    ("conflict", "name"): (Hint("`influence delete` removes the run that has this name."),),
    ("conflict", "output"): (Hint("--force replaces it.", "force"),),
    ("server-error", "workers"): (Hint("`influence down` stops it."),),
    ("invalid-input", "port"): (Hint("--no-service starts the servers without it.", "service"),),
    ("server-error", "service"): (Hint("`influence down` stops it.", here=True),),
    ("conflict", "replace"): (Hint("--force allows it; without --bulk the runs stay.", "bulk"),),
    ("invalid-input", "host"): (Hint("`influence keys create` makes one.", "host"),),
    ("not-found", "key"): (Hint("`influence keys list` shows all."),),
    ("invalid-input", "question"): (Hint("--question similarity compares texts.", "question"),),
    ("invalid-input", "text"): (Hint("Without --bulk it can be loaded.", "bulk"),),
}
"""By the error's code and field."""


class Command(TyperCommand):
    """A command whose errors become a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InfluenceError as error:
            print_error(error, [*ctx.find_root().command.params, *ctx.command.params])
            raise typer.Exit(exit_code(error)) from error


def check_arguments(arguments: Sequence[str]) -> None:
    """Is every argument text?

    Raises:
        InvalidInput: one holds bytes that are not UTF-8.
    """
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            problem = f"{argument!r} holds bytes that are not UTF-8"
            raise InvalidInput("argument", problem, "Write it as UTF-8; rename a file that is called so.") from None


def print_error(error: InfluenceError | OSError, parameters: list[Any] | None = None) -> None:
    """Tell an error on stderr.

    Args:
        parameters: of the command that was given.
    """
    from service.cli import console
    from service.cli.installation import is_elsewhere

    told = describe(error, parameters or [], elsewhere=is_elsewhere())
    print(console.clean(f"error: {told}"), file=sys.stderr)


def exit_code(error: InfluenceError | OSError) -> int:
    """2 where the request is at fault, else 1."""
    return BAD_REQUEST if isinstance(error, RequestError) else FAILED


def describe(error: InfluenceError | OSError, parameters: list[Any], *, elsewhere: bool = False) -> str:
    """The error in the words of the command line.

    Args:
        elsewhere: did the command work on a service's installation?
    """
    if not isinstance(error, InfluenceError):
        return str(error)
    names = {name: flag for parameter in parameters for name, flag in _names(parameter)}
    field = error.field if error.where else names.get(error.field, error.field)  # of a file, the field is a column
    text = str(type(error)(field, error.problem, error.fix, error.where))
    known = [hint for hint in HINTS.get((error.code, error.field), ()) if hint.parameter in (None, *names)]
    hints = [hint for hint in known if not (hint.here and elsewhere)]
    return " ".join((text, *(hint.text for hint in hints if not _told(hint, text))))


def advice(error: InfluenceError) -> str:
    """What an agent can tell its user to do about a server."""
    if not isinstance(error, ServerError):
        return ""
    return " ".join(hint.text for hint in HINTS.get((error.code, error.field), ()) if hint.parameter is None)


def _told(hint: Hint, text: str) -> bool:
    """Does a text name the command or flag already?"""
    return any(words.strip("`") in text for words in re.findall(r"`[^`]+`|--\S+", hint.text))


def _names(parameter: Any) -> Iterator[tuple[str, str]]:
    """What a field can be called that is this parameter, with the flag or argument as a user gives it."""
    if parameter.param_type_name == "argument":
        shown = (parameter.metavar or parameter.name).strip("[]").partition(".")[0]
        yield shown.lower(), shown
        yield parameter.name, shown
        return
    flag = max(parameter.opts, key=len)
    yield parameter.name, flag
    yield from ((each.lstrip("-").replace("-", "_"), flag) for each in parameter.opts)


def end_if_any(errors: Sequence[InfluenceError]) -> None:
    """Tell every error; where there is one, end with its exit code."""
    for error in errors:
        print_error(error)
    if errors:
        raise typer.Exit(exit_code(errors[0]))


@contextmanager
def on_interrupt(words: str | Callable[[], str]) -> Iterator[None]:
    """Where Ctrl-C comes, say what has become of the work, and end with its exit code."""
    from service.cli import console

    try:
        yield
    except KeyboardInterrupt:
        console.stderr().print(words if isinstance(words, str) else words())
        raise typer.Exit(INTERRUPTED) from None
