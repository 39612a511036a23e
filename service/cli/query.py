"""`influence query`: a Cypher query of the user's own."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from cypher.errors import InvalidInput
from service.cli import console, options
from service.cli.installation import open_installation
from service.cli.tables import AnswerFile, HowWritten, check_output, chosen_format, print_table


def query(
    text: Annotated[
        str | None, typer.Argument(metavar="CYPHER", help="Such as 'MATCH (r:Run) RETURN r.name'.", show_default=False)
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A file with the query instead.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", metavar="NAME=VALUE", help="A value for $NAME: JSON, else text; repeat it for more."
        ),
    ] = None,
    named: HowWritten = None,
    output: AnswerFile = None,
    limit: Annotated[int, typer.Option(min=1, metavar="ROWS", help="The most rows to fetch.")] = 1000,
    timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="The longest it may take.")] = 30.0,
    force: options.Force = False,
) -> None:
    """Query the graph in Cypher. A query can only read."""
    from service.tables.text import columns_not_finite

    form = chosen_format(named, output)
    check_output(output, form, force)
    cypher = _text(text, file)
    parameters = parse_parameters(param or [])
    with open_installation() as installation, console.stderr().status("reading"):
        table = installation.query(cypher, parameters, seconds=timeout, rows=limit)
    print_table(table, form, output)
    if form in ("json", "csv") and (columns := columns_not_finite(table)):
        places = f"{', '.join(columns)}: NaN or infinity"
        how = (
            "JSON has neither, so null stands for them"
            if form == "json"
            else "within lists and maps, null stands for it"
        )
        console.stderr().print(f"notice: {places}; {how}")
    for unknown in table.unknown:
        console.stderr().print(f"notice: {unknown}")
    if table.cut:
        console.stderr().print(f"notice: there are more than {len(table.rows)} rows; a larger --limit gives more")
    elif not table.rows:
        console.stderr().print("notice: no rows")


def parse_parameters(texts: list[str]) -> dict[str, Any]:
    """Values by name, from texts such as `n=3`, `ids=[1, 2]` and `case=SP`.

    Raises:
        InvalidInput: a text of another form, a name that appears twice, or a number beyond Neo4j's.
    """
    from service.operations.queries import check_parameter

    parameters: dict[str, Any] = {}
    for each in texts:
        name, equals, value = each.partition("=")
        if not equals or not re.fullmatch(r"\w+", name):
            raise InvalidInput(
                "param", f"{each!r} does not give a name a value", "Write it like case=SP or 'ids=[1, 2]'."
            )
        if name in parameters:
            raise InvalidInput("param", f"{name} appears twice", "Give each parameter once.")
        parameters[name] = _value(_readable("param", value))
        check_parameter(name, parameters[name])
    return parameters


def _value(text: str) -> Any:
    """JSON, else the text itself. Python would refuse to read integers of thousands of digits."""
    import json

    try:
        return json.loads(text, parse_int=lambda digits: int(digits[:25]), parse_constant=_no_constant)
    except (json.JSONDecodeError, RecursionError, _NoConstant):
        return text


class _NoConstant(ValueError):
    """NaN and the like, which are no JSON."""


def _no_constant(_: str) -> None:
    raise _NoConstant


def _text(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise InvalidInput(
            "text",
            "a query is needed, as text or with --file, not both",
            "Try influence query 'MATCH (r:Run) RETURN r.name'.",
        )
    if file is None:
        assert text is not None
        return _readable("text", text)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput("file", f"cannot read {file}: {error.strerror}", "Name a file with a query.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput("file", f"{file} is not UTF-8 text", "Save it as UTF-8.") from error


def _readable(field: str, text: str) -> str:
    """The text, unless the shell passed bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field, "it holds bytes that are not UTF-8", "Write it as UTF-8.") from None
    return text
