"""Tables of tab-separated columns: what a form of them is, and their rows."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.readers.content import Text
from workers.datasets.readers.records import Record

Cells = tuple[int, list[str]]
"""The line that a row begins on, counted from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """One form of tab-separated columns."""

    name: str  # for messages
    begins_with: Callable[[Sequence[str]], bool]  # is this the first row of such a file?
    read: Callable[[Iterator[Cells]], Iterator[Record]]  # from the first row on
    quotes: bool = False  # does a quotation mark enclose a cell, or stand for itself?

    def records(self, text: Text) -> Iterator[Record]:
        """What the form's reader makes of a file."""
        quoting = csv.QUOTE_MINIMAL if self.quotes else csv.QUOTE_NONE
        reader = csv.reader(text.lines(""), delimiter="\t", quoting=quoting, strict=self.quotes)
        return self.read(filled_rows(reader))


def filled_rows(reader: Any) -> Iterator[Cells]:
    """The rows that are not blank, each with the line it begins on (a quoted cell can span lines).

    Raises:
        InvalidInput: a row that cannot be read.
    """
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InvalidInput("line", f"{begins} cannot be read ({error})", "Check its quotes.") from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def columns_of(header: Sequence[str], needed: Sequence[str]) -> list[str]:
    """The names of the columns, from a file's first row.

    Raises:
        InvalidInput: two have one name, or one that is needed is missing.
    """
    names = [cell.strip() for cell in header]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(name, "two columns have this name", "Remove one.")
    for name in needed:
        if name not in names:
            raise InvalidInput(name, "no column has this name", f"Name these in the first line: {', '.join(needed)}.")
    return names


def named_cells(names: Sequence[str], cells: Sequence[str]) -> dict[str, str] | InvalidInput:
    """The cells of a row by their columns' names, or what is wrong with their number."""
    if len(cells) != len(names):
        problem = f"it has {len(cells)} tab-separated columns, the first line {len(names)}"
        return InvalidInput("line", problem, f"Write: {', '.join(names)}.")
    return dict(zip(names, cells, strict=True))


def wrong_number(cells: Sequence[str], columns: str) -> InvalidInput:
    """The error for a row of another number of columns than its form has."""
    return InvalidInput("line", f"it has {len(cells)} tab-separated columns", f"Write {columns}.")
