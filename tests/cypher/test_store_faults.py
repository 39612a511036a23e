"""A server that is killed while a run is written: nothing is lost and nothing is there twice."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cypher.connection import open_driver
from cypher.errors import GraphError
from cypher.local import LocalServer
from cypher.process import find
from cypher.server import down, up
from cypher.store import Store
from tests.cypher.export import export
from tests.graph import local_server
from tests.workers.some_results import some_results
from workers.persist import describe_model, describe_run, in_chunks
from workers.results import InstanceResult

RUN = "killed"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[LocalServer]:
    """A server of its own, to kill."""
    server = local_server(tmp_path_factory.mktemp("graph"))
    up(server)
    yield server
    down(server)


def store_all(server: LocalServer, results: list[InstanceResult]) -> None:
    """What `influence load` does: the chunks that are not there yet, in order."""
    first = results[0]
    run = describe_run(first.model, first.settings, first.versions, RUN)
    with Store.open(server.connection()) as store:
        begun = store.look(run)
        store.begin(run, describe_model(first))
        left = [result for result in results if result.id not in begun.texts]
        for chunk in in_chunks(run, left, first=begun.chunks):
            store.write(chunk)
        store.finish(run.id)


def kill(server: LocalServer, delay: float) -> None:
    """SIGKILL after a while, and a new start."""
    time.sleep(delay)
    process = find(server.home)
    assert process is not None
    process.kill()
    process.wait()
    up(server)


def test_programs_that_make_the_schema_at_once_wait_for_each_other(server):
    with ThreadPoolExecutor() as pool:
        opened = [pool.submit(Store.open, server.connection()) for _ in range(6)]
        for one in opened:
            with one.result() as store:
                assert store.runs() == []


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_after_kills_the_graph_is_that_of_an_undisturbed_run(server, kills):
    results = some_results(128, edges=150)
    store_all(server, results)
    with open_driver(server.connection()) as driver:
        undisturbed = export(driver)
    taken = random.Random(7)
    for _ in range(kills):
        with Store.open(server.connection()) as store:
            store.delete(store.find(RUN).id)
        with ThreadPoolExecutor() as pool:
            killed = pool.submit(kill, server, taken.uniform(0.2, 1.5))
            while True:
                try:
                    store_all(server, results)
                except GraphError:
                    time.sleep(0.5)
                else:
                    break
            killed.result()
        store_all(server, results)  # also where the kill came after the last chunk
        with open_driver(server.connection()) as driver:
            assert export(driver) == undisturbed
