"""Tables that show themselves, and that Arrow, pandas and their like take over."""

from typing import TYPE_CHECKING, Any, Self

from cypher.queries.values import shown
from cypher.store.table import Table as Rows
from influence_graph.html import render
from service.tables.arrow import to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 20
"""Rows that a notebook shows."""


class Table(Rows):
    """What a report or a query answers: rows under named columns. A notebook shows the first of them."""

    @classmethod
    def of(cls, table: Rows) -> Self:
        """The same table, with what shows it."""
        return cls(table.columns, table.rows, table.cut, table.unknown)

    def __len__(self) -> int:
        return len(self.rows)

    def to_arrow(self) -> "pa.Table":
        """The table as Arrow has it, numbers unrounded. A column of nodes, maps or mixed types is JSON text."""
        return to_arrow(self)

    def to_pandas(self) -> Any:
        """The table as a pandas `DataFrame`.

        Raises:
            ImportError: pandas is not installed.
        """
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """For whatever takes Arrow's tables, such as polars and DuckDB."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        rows = [[shown(value) for value in row] for row in self.rows[:SHOWN]]
        numbers = [
            all(isinstance(row[index], int | float | None) and not isinstance(row[index], bool) for row in self.rows)
            for index in range(len(self.columns))
        ]
        return render("table", table=self, rows=rows, numbers=numbers)
