"""The formats of tables, and the one function that writes them all."""

import io
from typing import BinaryIO, Literal, get_args

from cypher.errors import InvalidInput
from cypher.store.table import Table
from cypher.suggestions import did_you_mean
from service.tables.arrow import to_arrow
from service.tables.text import write_csv, write_json

TableFormat = Literal["json", "csv", "parquet", "arrow", "arrow-stream"]
"""`arrow` is the IPC file format, which is read at random; `arrow-stream` the IPC streaming format."""

TEXT = {"json": write_json, "csv": write_csv}
"""The formats that are UTF-8 text."""


def write_table(table: Table, form: TableFormat, stream: BinaryIO) -> None:
    """Write a table to a stream, which stays open.

    Raises:
        InvalidInput: there is no such format; the message names the nearest.
    """
    if form in TEXT:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        try:
            TEXT[form](table, text)
        finally:
            text.detach()
    elif form in get_args(TableFormat):
        _write_arrow(table, form, stream)
    else:
        known = get_args(TableFormat)
        raise InvalidInput(
            "format", f"there is no format {form!r}", f"{did_you_mean(form, known)}Use one of {', '.join(known)}."
        )


def _write_arrow(table: Table, form: TableFormat, stream: BinaryIO) -> None:
    from pyarrow import ipc, parquet  # take their time

    rows = to_arrow(table)
    if form == "parquet":
        parquet.write_table(rows, stream)
        return
    new = ipc.new_file if form == "arrow" else ipc.new_stream
    with new(stream, rows.schema) as writer:
        writer.write_table(rows)
