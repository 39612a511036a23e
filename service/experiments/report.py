"""What an experiment says: tables and figures, in a form that is JSON, CSV and a page alike."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any, Self

from matplotlib.figure import Figure

from cypher.store.table import Table

INSIDE = "inside"
"""The column that says whether a number of ours meets the paper's; empty where the paper has none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    name: str  # of its CSV file
    title: str
    note: str  # what its columns mean, as far as their names do not say it
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, name: str, title: str, note: str, kind: type, rows: Sequence[Any]) -> Self:
        """A table of frozen dataclasses, `kind`, which name the columns even where there are no rows."""
        return cls(name, title, note, tuple(field.name for field in fields(kind)), tuple(map(astuple, rows)))

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def outside(self) -> int:
        """How many numbers do not meet the paper's."""
        if INSIDE not in self.columns:
            return 0
        at = self.columns.index(INSIDE)
        return sum(row[at] is False for row in self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One figure, before it is written."""

    name: str  # of its files
    title: str
    figure: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What one experiment found."""

    sheets: Sequence[Sheet]
    drawings: Sequence[Drawing] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A finished experiment as it lies in its folder."""

    experiment: str
    title: str
    about: str
    made_from: str  # digest of what its numbers depend on
    command: str  # that makes it again; a line for each that made some of its results
    seconds: float  # that making it took, without what was there already
    sheets: tuple[Sheet, ...]
    figures: tuple[tuple[str, str], ...]  # names and titles

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, also after JSON made lists of tuples."""
        sheets = tuple(
            Sheet(**{**sheet, "columns": tuple(sheet["columns"]), "rows": tuple(map(tuple, sheet["rows"]))})
            for sheet in values["sheets"]
        )
        figures = tuple((name, title) for name, title in values["figures"])
        return cls(**{**values, "sheets": sheets, "figures": figures})


def as_table(kind: type, rows: Sequence[Any]) -> Table:
    """Frozen dataclasses as the rows of a query, which figures are drawn from."""
    return Table(tuple(field.name for field in fields(kind)), [astuple(row) for row in rows])
