"""results.jsonl again: results as they were analysed or loaded, in the same order."""

from collections.abc import Callable
from typing import BinaryIO

from cypher.store.runs import StoredRun
from cypher.store.store import Store
from workers.records.stored_runs import read_run


def write_results(store: Store, run: StoredRun, stream: BinaryIO, advance: Callable[[], None]) -> None:
    """One line an instance."""
    for result in read_run(store, run):
        stream.write(f"{result.to_json()}\n".encode())
        advance()
