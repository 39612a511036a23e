"""A table as Arrow has it, for Parquet, Arrow's own files and streams, and Python programs."""

from typing import TYPE_CHECKING, Any

from cypher.queries.values import column_value
from cypher.store.table import Table
from service.tables.text import cell_text

if TYPE_CHECKING:
    import pyarrow as pa


def to_arrow(table: Table) -> "pa.Table":
    """The table with typed columns.

    A column has the type of its values; where they differ, or are nodes, maps or the like, it is JSON text.
    """
    import pyarrow as pa  # takes its time

    columns = [_column([row[index] for row in table.rows]) for index in range(len(table.columns))]
    return pa.table(columns, names=list(table.columns))


def _column(values: list[Any]) -> "pa.Array":
    import pyarrow as pa

    native = [column_value(value) for value in values]
    if not any(map(_has_map, native)):
        try:
            return pa.array(native)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass  # of several types
    return pa.array([None if value is None else cell_text(value) for value in values], pa.string())


def _has_map(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_map, value)))
