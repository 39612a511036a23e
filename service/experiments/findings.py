"""What an experiment finds: tables and figures, written as JSON, as CSV and on the page."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INSIDE = "inside"
"""The column that says whether a number of ours meets the paper's; empty where the paper has none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    name: str  # of its CSV file
    title: str
    note: str  # explains the columns whose names do not
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def from_rows(cls, name: str, title: str, note: str, kind: type, rows: Sequence[Any]) -> Self:
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
class NamedFigure:
    """One figure, before it is written."""

    name: str  # of its files
    title: str
    figure: "Figure"


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What one experiment found."""

    sheets: Sequence[Sheet]
    figures: Sequence[NamedFigure] = ()


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """A finished experiment, as its folder holds it."""

    experiment: str
    title: str
    about: str
    made_from: str  # digest of what its numbers depend on
    command: str  # that repeats it; a line for each that computed some of its results
    seconds: float  # it took, without what was in the folder before
    sheets: tuple[Sheet, ...]
    figures: tuple[tuple[str, str], ...]  # names and titles

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, also from JSON, which has lists for tuples."""
        sheets = tuple(
            Sheet(**{**sheet, "columns": tuple(sheet["columns"]), "rows": tuple(map(tuple, sheet["rows"]))})
            for sheet in values["sheets"]
        )
        figures = tuple((name, title) for name, title in values["figures"])
        return cls(**{**values, "sheets": sheets, "figures": figures})
