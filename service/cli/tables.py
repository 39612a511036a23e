"""Tables as people and programs read them: drawn, JSON, CSV, Parquet; to stdout or into a file."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table as Drawing
from rich.text import Text

from cypher.errors import InvalidInput
from cypher.queries.values import column_value, plain, shown
from cypher.store.table import Table
from service.cli import console

Format = Literal["table", "json", "csv", "parquet"]
HowWritten = Annotated[
    Format | None,
    typer.Option("--format", help="How the answer is written.", show_default="by --output's extension, else table"),
]
AnswerFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="A new file for the answer.", show_default="stdout")
]
EXTENSIONS: dict[str, Format] = {".json": "json", ".csv": "csv", ".parquet": "parquet"}
WIDE = 12
"""Columns beyond which a single row is drawn upright."""

NARROW = 16
"""Letters that a drawn column keeps beside wide ones."""


def chosen_format(form: Format | None, output: Path | None) -> Format:
    """The format that is named, else the one of the file's extension, else a table."""
    return form or EXTENSIONS.get("" if output is None else output.suffix.lower(), "table")


def check_output(output: Path | None, form: Format, force: bool = False) -> None:
    """Refuse an output that cannot be written, before anything is asked.

    Raises:
        InvalidInput: Parquet without a file, a file that is there already, or one in no folder.
    """
    if output is None:
        if form == "parquet":
            raise InvalidInput(
                "--output", "Parquet is no text for a terminal", "Name a file, such as --output answer.parquet."
            )
    elif output.exists() and not force:
        raise InvalidInput("--output", f"{output} is there already", "Name another file, or replace it with --force.")
    elif not output.absolute().parent.is_dir():
        raise InvalidInput("--output", f"{output.absolute().parent} is no folder", "Make it, or name another file.")


def write_table(table: Table, form: Format, output: Path | None = None, title: str | None = None) -> None:
    """Write a table to stdout or a file.

    A drawn table rounds numbers and has the title above; a single row of many columns stands upright in it. JSON is one
    array with an object for each row, CSV has a header. Both hold numbers unrounded; a null is null in JSON and nothing
    in CSV. In CSV and Parquet a node, map or the like is JSON text. Columns of Parquet have the types of their values,
    and are JSON text where these differ.

    Raises:
        InvalidInput: the file cannot be written.
    """
    if form == "parquet":
        assert output is not None
        _into(output, _parquet(table))
        return
    if form == "table" and output is None:
        _draw(table, console.stdout(), title)
        return
    text = {"table": _drawn, "json": _json, "csv": _csv}[form](table, title)
    if output is None:
        sys.stdout.write(text)
    else:
        _into(output, text.encode())


def _draw(table: Table, where: Console, title: str | None) -> None:
    if title:
        where.print(Text(title, style="bold"))
    drawing = Drawing(box=None, pad_edge=False)
    if len(table.rows) == 1 and len(table.columns) > WIDE:
        drawing.show_header = False
        for name, value in zip(table.columns, table.rows[0], strict=True):
            drawing.add_row(Text(name), Text(shown(value)))
        where.print(drawing)
        return
    cells = [[shown(value) for value in row] for row in table.rows]
    for index, name in enumerate(table.columns):
        numbers = all(_is_number(row[index]) for row in table.rows)
        widest = max(len(name), *(len(row[index]) for row in cells), 0)
        drawing.add_column(
            Text(name),
            justify="right" if numbers and cells else "left",
            overflow="fold",
            min_width=min(widest, NARROW),
        )
    for row in cells:
        drawing.add_row(*map(Text, row))
    where.print(drawing)


def _drawn(table: Table, title: str | None) -> str:
    text = io.StringIO()
    _draw(table, Console(file=text, width=console.PIPE_WIDTH, markup=False, highlight=False), title)
    return text.getvalue()


def _json(table: Table, _title: str | None) -> str:
    rows = [json.dumps(plain(row), ensure_ascii=False, allow_nan=False) for row in table.dicts()]
    return "[{}]\n".format(",\n ".join(rows))


def _csv(table: Table, _title: str | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(plain(value)) for value in row] for row in table.rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parquet(table: Table) -> bytes:
    import pyarrow as pa  # takes its time
    from pyarrow import parquet

    def column(values: list[Any]) -> Any:
        native = [column_value(value) for value in values]
        if not any(map(_has_map, native)):
            try:
                return pa.array(native)
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                pass  # of several types
        return pa.array([None if value is None else _cell(plain(value)) for value in values], pa.string())

    columns = [column([row[index] for row in table.rows]) for index in range(len(table.columns))]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns, names=list(table.columns)), sink)
    return sink.getvalue().to_pybytes()


def _has_map(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_map, value)))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _into(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInput("--output", f"cannot write {path}: {error.strerror}", "Name another file.") from error
