"""The formats of an export."""

from collections.abc import Callable
from pathlib import Path

from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.export.networks import write_graphml, write_node_link
from service.export.parquet import write_parquet
from service.export.results import write_results
from service.export.target import Format, new_file, new_folder

_WRITE = {
    "jsonl": (new_file, write_results),
    "parquet": (new_folder, write_parquet),
    "graphml": (new_file, write_graphml),
    "node-link": (new_file, write_node_link),
}


def export(
    store: Store, run: StoredRun, form: Format, output: Path, *, force: bool, advance: Callable[[], None]
) -> None:
    """Write a run to a file, or with parquet into a folder: whole, or not at all.

    Args:
        force: replace what an earlier export left there.
        advance: called for every instance that is read.

    Raises:
        InvalidInput: the output is there already, or cannot be written.
        ServerError: the graph cannot be read.
    """
    place, write = _WRITE[form]
    with place(output, force) as path:
        write(store, run, path, advance)
