"""Runs of the graph as files that other programs read."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from cypher.errors import Conflict
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.export.target import SUFFIX, FileFormat, Format, new_file, new_folder
from service.operations.progress import OnProgress, each_of, unheard
from service.tables.writing import TableFormat


@dataclass(frozen=True, slots=True)
class Exported:
    """A run that was written to files."""

    run: StoredRun  # if its status is not `completed`, sentences of it are missing
    output: Path


def export_run(
    store: Store, run: str, form: Format, output: Path, *, replace: bool = False, progress: OnProgress = unheard
) -> Exported:
    """Write the run of that name or id to a file, or as Parquet into a folder: whole, or not at all.

    Args:
        replace: what an earlier export left there.

    Raises:
        InvalidInput: the output cannot be written.
        Conflict: the output already exists, or the run is half deleted.
        NotFound: there is no such run.
        ServerError: the graph cannot be read.
    """
    found = find_whole(store, run)
    if form == "parquet":
        from service.export.parquet import write_parquet  # pyarrow takes a while to import

        with new_folder(output, replace) as folder:
            write_parquet(store, found, folder, each_of(found.instances, progress))
    else:
        with new_file(output, replace) as path, path.open("wb") as stream:
            write_run(store, found, form, stream, progress)
    return Exported(found, output)


def write_run(store: Store, run: StoredRun, form: FileFormat, stream: BinaryIO, progress: OnProgress = unheard) -> None:
    """Write a run to a stream.

    Raises:
        ServerError: the graph cannot be read.
    """
    from service.export.formats import WRITERS  # numpy takes a while to import

    WRITERS[form](store, run, stream, each_of(run.instances, progress))


def write_tables(store: Store, run: StoredRun, folder: Path) -> None:
    """Write a run's Parquet tables into a folder.

    Raises:
        ServerError: the graph cannot be read.
    """
    from service.export.parquet import write_parquet  # pyarrow takes a while to import

    write_parquet(store, run, folder, lambda: None)


def write_one_table(store: Store, run: StoredRun, table: str, path: Path, form: TableFormat) -> None:
    """Write one of these tables, as any format of tables but JSON, some rows at a time.

    Raises:
        ServerError: the graph cannot be read.
    """
    from service.export.parquet import write_parquet
    from service.tables.conversion import convert_parquet

    with TemporaryDirectory() as folder:
        write_parquet(store, run, Path(folder), lambda: None, tables=(table,))
        convert_parquet(Path(folder, f"{table}{SUFFIX}"), path, form)


def find_whole(store: Store, run: str) -> StoredRun:
    """The run of that name or id, unless it is half deleted.

    Raises:
        NotFound: there is no such run.
        Conflict: it is half deleted, or several have this name.
    """
    found = store.find(run)
    if found.status == "deleting":
        raise Conflict("run", f"the run {found.name!r} is half deleted", "Delete it again to finish.")
    return found
