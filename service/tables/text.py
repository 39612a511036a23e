"""A table as JSON and as CSV. Numbers are unrounded."""

import csv
import json
import math
from typing import Any, TextIO

from cypher.queries.values import is_finite, plain
from cypher.store.table import Table


def write_json(table: Table, stream: TextIO) -> None:
    """One array with an object for each row."""
    stream.write("[")
    for index, row in enumerate(table.dicts()):
        stream.write(",\n " if index else "")
        stream.write(json.dumps(plain(row), ensure_ascii=False, allow_nan=False))
    stream.write("]\n")


def write_csv(table: Table, stream: TextIO) -> None:
    """A header and a line for each row.

    A null is empty; NaN and infinities are NaN, Infinity and -Infinity; a node, map or the like is JSON text.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([cell_text(value) for value in row] for row in table.rows)


def columns_not_finite(table: Table) -> list[str]:
    """The columns that hold NaN or an infinity, for which JSON has null."""
    return [name for index, name in enumerate(table.columns) if not all(is_finite(row[index]) for row in table.rows)]


def cell_text(value: Any) -> str:
    """A value in one cell of text: empty for a null, JSON for what is neither text nor null."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # as Cypher writes it
    value = plain(value)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
