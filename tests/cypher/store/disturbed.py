"""A run that is written while something befalls the server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from neo4j import ManagedTransaction

import cypher.store.chunks
from cypher.connection import open_driver
from cypher.neo4j_server.local import LocalServer
from cypher.store.statements import execute
from cypher.store.store import Store
from tests.cypher.store.export import export
from workers.analysis.results import InstanceResult
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

RUN = "disturbed"
STATEMENTS = 7
"""That `write_chunk` runs by `execute`; behind them is the done mark."""


def store_all(server: LocalServer, results: list[InstanceResult]) -> None:
    """What storing results does: the chunks that are not there yet, in order."""
    first = results[0]
    run = describe_run(first.model, first.settings, first.versions, RUN)
    with Store.open(server.connection(), migrate=True) as store:
        begun = store.resume_point(run)
        store.begin(run, describe_model(first))
        left = [result for result in results if result.id not in begun.texts]
        for chunk in in_chunks(run, left, first=begun.chunks, before=len(begun.texts)):
            store.write(chunk)
        store.finish(run.id)


def everything(server: LocalServer) -> str:
    with open_driver(server.connection()) as driver:
        return export(driver)


def forget(server: LocalServer) -> None:
    with Store.open(server.connection(), migrate=True) as store:
        store.delete(store.find(RUN).id)


def process_of(server: LocalServer) -> psutil.Process:
    process = server.process()
    assert process is not None
    return process


class Disturbance:
    """Does something to the server once, while it runs a statement of a chunk's transaction.

    The transaction waits for it, and so is open from its beginning to its end.
    """

    def __init__(self, disturb: Callable[[], None], statement: int, patch: pytest.MonkeyPatch):
        """
        Args:
            statement: which, counted over all chunks from 0.
        """
        self._disturb = disturb
        self._statement = statement
        self.asked = 0  # statements that were run
        patch.setattr(cypher.store.chunks, "execute", self._execute)

    def _execute(self, tx: ManagedTransaction, name: str, /, **parameters: Any) -> None:
        now = self.asked == self._statement
        self.asked += 1
        if not now:
            execute(tx, name, **parameters)
            return
        with ThreadPoolExecutor() as pool:
            disturbed = pool.submit(self._disturb)
            try:
                execute(tx, name, **parameters)
            finally:
                disturbed.result()
