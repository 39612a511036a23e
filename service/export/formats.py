"""The formats of an export."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.export.networks import write_graphml, write_node_link
from service.export.results import write_results
from service.export.target import FileFormat

WRITERS: Mapping[FileFormat, Callable[[Store, StoredRun, BinaryIO, Callable[[], None]], None]] = {
    "jsonl": write_results,
    "graphml": write_graphml,
    "node-link": write_node_link,
}
"""Of those that are one file; `write_parquet` writes a folder."""
