"""CSV: our own fields, named in the first line."""

import csv
from collections.abc import Iterator, Sequence

from cypher.errors import InvalidInput
from workers.datasets.readers.content import Text
from workers.datasets.readers.records import Record
from workers.datasets.readers.tables import filled_rows
from workers.datasets.rows import FIELDS, unknown_field


def read_csv(text: Text) -> Iterator[Record]:
    """The rows of a file.

    Raises:
        InvalidInput: the first line names no field, or another thing.
    """
    rows = filled_rows(csv.reader(text.lines(""), strict=True))
    first = next(rows, None)
    if first is None:
        return
    header = [name.strip() for name in first[1]]
    _check(header)
    for line, cells in rows:
        if len(cells) != len(header):
            problem = f"it has {len(cells)} cells, the first line {len(header)}"
            yield line, InvalidInput("line", problem, "Quote cells that hold a comma; leave unused cells empty.")
        else:
            yield line, {name: cell for name, cell in zip(header, cells, strict=True) if cell}


def _check(header: Sequence[str]) -> None:
    for number, name in enumerate(header, start=1):
        if not name:
            problem = f"column {number} has no name in the first line"
            fix = "Name it or leave it out; pandas writes its index so: use index=False."
            raise InvalidInput("input", problem, fix)
        if name not in FIELDS:
            raise unknown_field(name)
        if header.count(name) > 1:
            raise InvalidInput(name, "two columns have this name", "Remove one.")
    if "text" not in header:
        fix = f"Name the columns in the first line: {', '.join(FIELDS)}."
        raise InvalidInput("text", "no column has this name", fix)
