"""A table in a Parquet file as one of another format, whatever its size."""

import csv
from pathlib import Path

from pyarrow import ipc
from pyarrow.parquet import ParquetFile

from service.tables.text import cell_text
from service.tables.writing import TableFormat

ROWS = 10_000
"""That are read at a time."""


def convert_parquet(source: Path, target: Path, form: TableFormat) -> None:
    """A Parquet file as Parquet, Arrow or CSV, some rows at a time. Lists become JSON in CSV."""
    if form == "parquet":
        source.replace(target)
        return
    with ParquetFile(source) as read:
        if form == "csv":
            _write_csv(read, target)
            return
        new = ipc.new_file if form == "arrow" else ipc.new_stream
        with target.open("wb") as stream, new(stream, read.schema_arrow) as writer:
            for batch in read.iter_batches(ROWS):
                writer.write_batch(batch)


def _write_csv(read: ParquetFile, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(read.schema_arrow.names)
        for batch in read.iter_batches(ROWS):
            writer.writerows([cell_text(value) for value in row.values()] for row in batch.to_pylist())
