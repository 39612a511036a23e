"""One Parquet file for each table of `cypher.bulk.columns`, with the ids that join them."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from cypher.bulk.columns import OF_INSTANCES, TABLES, ColumnType, rows_of, run_rows
from cypher.store.runs import StoredRun
from cypher.store.store import Store

TYPES: dict[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "string[]": pa.list_(pa.string()),
    "long[]": pa.list_(pa.int64()),
    "double[]": pa.list_(pa.float64()),
}


def write_parquet(
    store: Store, run: StoredRun, folder: Path, advance: Callable[[], None], tables: Collection[str] = tuple(TABLES)
) -> None:
    """The tables, the large ones some instances at a time."""
    schemas = {table: pa.schema([(name, TYPES[kind]) for name, kind in TABLES[table].items()]) for table in tables}
    with ExitStack() as stack:
        writers = {
            table: stack.enter_context(ParquetWriter(folder / f"{table}.parquet", schema))
            for table, schema in schemas.items()
        }

        def write(table: str, rows: Sequence[Sequence[Any]]) -> None:
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schemas[table], strict=True)]
            writers[table].write_table(pa.Table.from_arrays(arrays, schema=schemas[table]))

        for table in set(tables) - set(OF_INSTANCES):
            if rows := run_rows(store, run.id, table):
                write(table, [[_value(row.get(name)) for name in TABLES[table]] for row in rows])
        for instances in store.instances(run.id) if set(tables) & set(OF_INSTANCES) else ():
            for table, rows in rows_of(instances).items():
                if table in writers:
                    write(table, rows)
            for _ in instances:
                advance()


def _value(value: Any) -> Any:
    """Neo4j's points in time as Python's."""
    return value.to_native() if hasattr(value, "to_native") else value
