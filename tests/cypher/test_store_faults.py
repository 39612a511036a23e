"""A server that is killed, stopped or out of room while a run is written: nothing is lost or there twice."""

import random
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from cypher.connection import open_driver
from cypher.errors import GraphError
from cypher.local import LocalServer
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
        for chunk in in_chunks(run, left, first=begun.chunks, before=len(begun.texts)):
            store.write(chunk)
        store.finish(run.id)


def process_of(server: LocalServer) -> psutil.Process:
    process = server.process()
    assert process is not None
    return process


def kill(server: LocalServer, delay: float) -> None:
    """SIGKILL after a while, and a new start."""
    time.sleep(delay)
    process = process_of(server)
    process.kill()
    process.wait()
    up(server)


def stop(server: LocalServer, delay: float, seconds: float) -> None:
    """SIGSTOP after a while, and SIGCONT."""
    time.sleep(delay)
    process = process_of(server)
    process.suspend()
    try:
        time.sleep(seconds)
    finally:
        process.resume()


@pytest.fixture(scope="module")
def results() -> list[InstanceResult]:
    return some_results(128, edges=150)


@pytest.fixture(scope="module")
def undisturbed(server, results) -> str:
    """What the graph holds of a run that nothing disturbs."""
    store_all(server, results)
    return everything(server)


def everything(server: LocalServer) -> str:
    with open_driver(server.connection()) as driver:
        return export(driver)


def forget(server: LocalServer) -> None:
    with Store.open(server.connection()) as store:
        store.delete(store.find(RUN).id)


def test_programs_that_make_the_schema_at_once_wait_for_each_other(server):
    with ThreadPoolExecutor() as pool:
        opened = [pool.submit(Store.open, server.connection()) for _ in range(6)]
        for one in opened:
            with one.result() as store:
                assert store.runs() == []


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_after_kills_the_graph_is_that_of_an_undisturbed_run(server, results, undisturbed, kills):
    taken = random.Random(7)
    for _ in range(kills):
        forget(server)
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
        assert everything(server) == undisturbed


@pytest.mark.parametrize("seconds", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_a_server_that_stands_still_is_waited_for(server, results, undisturbed, seconds):
    forget(server)
    with ThreadPoolExecutor() as pool:
        stopped = pool.submit(stop, server, 0.4, seconds)
        began = time.monotonic()
        store_all(server, results)
        assert time.monotonic() - began > seconds
        stopped.result()
    assert everything(server) == undisturbed


def test_who_comes_to_a_server_that_stands_still_is_told(server, undisturbed):
    process = process_of(server)
    process.suspend()
    try:
        with pytest.raises(GraphError, match="no Neo4j answers at"):
            Store.open(server.connection())
    finally:
        process.resume()


def test_without_room_to_write_it_says_so_and_goes_on_later(server, results, undisturbed):
    """A limit on the size of the server's files takes the place of a full disk, which needs a disk to fill."""
    forget(server)
    store_all(server, results[:32])
    largest = max(path.stat().st_size for path in server.home.rglob("*") if path.is_file())
    pid = process_of(server).pid
    usual = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 300_000, usual[1]))
    with pytest.raises(GraphError) as full:
        store_all(server, results)
    assert full.value.problem == "the graph's server cannot write its files: File too large"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
    log = (server.home / "data/transactions/neo4j/neostore.transaction.db.0").stat().st_size
    assert server.is_torn()
    with pytest.raises(GraphError) as broken:
        store_all(server, results)
    assert broken.value.fix == (
        "Mend that, start it again (a local one: influence down, influence up) "
        "and give the command again: it goes on there."
    )
    assert down(server) is False
    assert (server.home / "data/transactions/neo4j/neostore.transaction.db.0").stat().st_size == log
    up(server)
    assert not server.is_torn()
    store_all(server, results)
    assert everything(server) == undisturbed
