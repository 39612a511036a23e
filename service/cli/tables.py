"""Tables for people, drawn on the terminal; and the choice of another format, or of a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cypher.errors import Conflict, InvalidInput
from service.cli import console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Drawing

    from cypher.store.table import Table

Format = Literal["table", "json", "csv", "parquet", "arrow"]
HowWritten = Annotated[
    Format | None,
    typer.Option("--format", help="How the answer is written.", show_default="by --output's extension, else table"),
]
AnswerFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="A new file for the answer.", show_default="stdout")
]
EXTENSIONS: dict[str, Format] = {".json": "json", ".csv": "csv", ".parquet": "parquet", ".arrow": "arrow"}
WIDE = 12
"""Columns beyond which a single row is drawn upright."""

NARROW = 16
"""Letters that a drawn column keeps beside wide ones."""


def chosen_format(form: Format | None, output: Path | None) -> Format:
    """The format that is named, else the one of the file's extension, else a table."""
    return form or EXTENSIONS.get("" if output is None else output.suffix.lower(), "table")


def check_output(output: Path | None, form: Format, force: bool = False) -> None:
    """Refuse an output that cannot be written, before anything is computed.

    Raises:
        InvalidInput: a binary format without a file, or a file in no folder.
        Conflict: a file that already exists.
    """
    if output is None:
        if form in ("parquet", "arrow"):
            name = form.capitalize()
            problem = f"{name} is not text for a terminal"
            raise InvalidInput("output", problem, f"Name a file, such as --output answer.{form}.")
    elif output.exists() and not force:
        raise Conflict("output", f"{output} already exists", "Name another file.")
    elif not output.absolute().parent.is_dir():
        raise InvalidInput(
            "output", f"{output.absolute().parent} is not a folder", "Create it, or name a file in another folder."
        )


def print_table(table: "Table", form: Format, output: Path | None = None, title: str | None = None) -> None:
    """Write a table to stdout or a file.

    A drawn table rounds numbers and has the title above; a single row of many columns, and rows that are wider than the
    terminal, stand upright in it. The other formats are those of `service.tables`.

    Raises:
        InvalidInput: the file cannot be written.
    """
    from io import BytesIO

    from service.tables.writing import write_table

    if output is None:
        if form == "table":
            _draw(table, console.stdout(), title)
        else:
            _write_text(table, form)
        return
    content = BytesIO()
    if form == "table":
        content.write(_drawn(table, title).encode())
    else:
        write_table(table, form, content)
    try:
        output.write_bytes(content.getvalue())
    except OSError as error:
        raise InvalidInput("output", f"cannot write {output}: {error.strerror}", "Name another file.") from error


def _write_text(table: "Table", form: Format) -> None:
    from io import StringIO

    from service.tables.writing import TEXT

    text = StringIO()
    TEXT[form](table, text)
    if form == "json":
        console.write_json(text.getvalue().removesuffix("\n"))
    else:
        console.write_data(text.getvalue())


def _draw(table: "Table", where: "Console", title: str | None) -> None:
    from rich.measure import Measurement
    from rich.text import Text

    if title:
        where.print(Text(title, style="bold"))
    drawing = _side_by_side(table)
    too_wide = Measurement.get(where, where.options.update(max_width=sys.maxsize), drawing).minimum > where.width
    if table.rows and (too_wide or (len(table.rows) == 1 and len(table.columns) > WIDE)):
        drawing = _upright(table)
    where.print(drawing)


def _upright(table: "Table") -> "Drawing":
    """A line for each column of each row."""
    from rich.table import Table as Drawing
    from rich.text import Text

    from cypher.queries.values import shown

    drawing = Drawing(box=None, pad_edge=False, show_header=False)
    drawing.add_column()
    drawing.add_column(overflow="fold")
    for number, row in enumerate(table.rows):
        if number:
            drawing.add_row()
        for name, value in zip(table.columns, row, strict=True):
            drawing.add_row(Text(name), Text(shown(value)))
    return drawing


def _side_by_side(table: "Table") -> "Drawing":
    from rich.table import Table as Drawing
    from rich.text import Text

    from cypher.queries.values import shown

    drawing = Drawing(box=None, pad_edge=False)
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
    return drawing


def _drawn(table: "Table", title: str | None) -> str:
    from io import StringIO

    from rich.console import Console

    text = StringIO()
    _draw(table, Console(file=text, width=console.PIPE_WIDTH, markup=False, highlight=False), title)
    return text.getvalue()


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
