"""Tables as JSON, CSV, Parquet and Arrow, to any stream."""

import io
import json
from dataclasses import dataclass

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from cypher.errors import InvalidInput
from cypher.store.table import Table
from service.tables.arrow import to_arrow
from service.tables.rows import table_of
from service.tables.writing import TableFormat, write_table

TABLE = Table(
    ("whole", "number", "text", "list", "mixed", "map"),
    [(1, 0.12345678901234, 'a,"é"', [1, 2], 1, {"a": [1]}), (2, None, None, [], "x", None)],
)


def written(table: Table, form: TableFormat) -> bytes:
    stream = io.BytesIO()
    write_table(table, form, stream)
    return stream.getvalue()  # it is still open


def test_json_is_one_array_unrounded():
    assert json.loads(written(TABLE, "json")) == TABLE.dicts()
    assert json.loads(written(Table(("a",), []), "json")) == []
    assert json.loads(written(Table(("a",), [(float("nan"),)]), "json")) == [{"a": None}]


def test_csv_has_a_header_and_json_in_cells():
    header, first, second = written(TABLE, "csv").decode().splitlines()
    assert header == "whole,number,text,list,mixed,map"
    assert first == '1,0.12345678901234,"a,""é""","[1, 2]",1,"{""a"": [1]}"'
    assert second == "2,,,[],x,"


def test_columns_have_the_types_of_their_values():
    table = to_arrow(TABLE)
    assert [field.type for field in table.schema] == [
        pa.int64(),
        pa.float64(),
        pa.string(),
        pa.list_(pa.int64()),
        pa.string(),
        pa.string(),
    ]
    assert table.column("mixed").to_pylist() == ["1", "x"] and table.column("map").to_pylist() == ['{"a": [1]}', None]


@pytest.mark.parametrize("table", [TABLE, Table(("a", "b"), [])], ids=["rows", "no rows"])
def test_parquet_and_arrow_hold_the_same_table(table):
    expected = to_arrow(table)
    assert parquet.read_table(io.BytesIO(written(table, "parquet"))).equals(expected)
    assert ipc.open_file(written(table, "arrow")).read_all().equals(expected)
    assert ipc.open_stream(written(table, "arrow-stream")).read_all().equals(expected)


def test_a_format_that_there_is_not():
    with pytest.raises(InvalidInput, match=r"there is no format 'parket'. Did you mean 'parquet'\?"):
        write_table(TABLE, "parket", io.BytesIO())  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Point:
    x: int
    y: float


def test_dataclasses_are_rows():
    assert table_of(Point, [Point(1, 2.0)]) == Table(("x", "y"), [(1, 2.0)])
    assert table_of(Point, []).columns == ("x", "y")
