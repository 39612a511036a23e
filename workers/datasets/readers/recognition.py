"""Which form a file has: told by its content, whatever its name.

- It begins with `{` or `[`: JSON lines.
- Its first row has tabs: a table, of the first form that the row fits.
- Otherwise: CSV, if its first line names a field.
"""

from collections.abc import Iterator

from cypher.errors import InvalidInput
from workers.datasets.readers.comma_separated import read_csv
from workers.datasets.readers.content import Text
from workers.datasets.readers.gendered_reflexives import GENDERED_REFLEXIVES
from workers.datasets.readers.glue import COLA, SST2
from workers.datasets.readers.gulordava import GULORDAVA
from workers.datasets.readers.json_lines import read_json_lines
from workers.datasets.readers.marvin_linzen import MARVIN_LINZEN
from workers.datasets.readers.masked_sentences import MASKED_SENTENCES
from workers.datasets.readers.records import Record
from workers.datasets.readers.winogender import WINOGENDER
from workers.datasets.rows import FIELDS

TABLES = (GULORDAVA, WINOGENDER, SST2, COLA, GENDERED_REFLEXIVES, MARVIN_LINZEN, MASKED_SENTENCES)
"""The forms of tables, those whose rows are told apart by more than their number of columns first."""

SHOWN = 60
"""Characters of a first line that a message shows."""


def read_records(text: Text) -> Iterator[Record]:
    """The rows of a file, as the reader of its form gives them.

    Raises:
        InvalidInput: its form is not known, or something is wrong with the file as a whole.
    """
    first = next((line.rstrip("\r\n") for line in text.lines("") if line.strip()), "")
    if first.lstrip().startswith(("{", "[")):
        return read_json_lines(text)
    if "\t" in first:
        return _read_table(text, first)
    if first and not any(name.strip(' "') in FIELDS for name in first.split(",")):
        shown = first if len(first) <= SHOWN else f"{first[:SHOWN]}…"
        fix = f"Name its columns in the first line ({', '.join(FIELDS)}), separated by commas; or write JSON lines."
        raise InvalidInput("input", f"its form is not known from its first line, {shown!r}", fix)
    return read_csv(text)


def _read_table(text: Text, first: str) -> Iterator[Record]:
    cells = first.split("\t")
    for table in TABLES:
        if table.begins_with(cells):
            return table.records(text)
    problem = f"its first row, of {len(cells)} tab-separated columns, is of no table that is known"
    raise InvalidInput("input", problem, f"Give one of: {'; '.join(table.name for table in TABLES)}.")
