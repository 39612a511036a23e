"""What a query answers: rows under named columns."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order of the query."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    cut: bool = False  # there were more rows than were asked for
    unknown: tuple[str, ...] = ()  # sentences on names in the query that the graph does not have

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as maps from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
