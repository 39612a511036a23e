"""A server that is killed, stopped or cannot write while it is given a run: nothing is lost or there twice."""

import random
import resource
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cypher.connection import Connection
from cypher.errors import ServerError
from cypher.neo4j_server.server import down, up
from cypher.servers.lifecycle import RunningServer
from cypher.store.store import Store
from tests.cypher.store.disturbed import STATEMENTS, Disturbance, everything, forget, process_of, store_all
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.records.chunks import INSTANCES


@pytest.fixture(scope="module")
def results() -> list[InstanceResult]:
    return some_results(2 * INSTANCES)


@pytest.fixture(scope="module")
def undisturbed(server, results) -> str:
    """What the graph holds of a run that nothing disturbs."""
    store_all(server, results)
    return everything(server)


def test_programs_that_make_the_schema_at_once_wait_for_each_other(server):
    with ThreadPoolExecutor() as pool:
        opened = [pool.submit(Store.open, server.connection(), migrate=True) for _ in range(6)]
        for one in opened:
            with one.result() as store:
                assert store.runs() == []


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_after_kills_the_graph_is_that_of_an_undisturbed_run(server, results, undisturbed, monkeypatch, kills):
    taken = random.Random(7)
    statements = STATEMENTS * (len(results) // INSTANCES)
    for _ in range(kills):
        forget(server)
        with ThreadPoolExecutor() as pool:
            started: list[Future[RunningServer[Connection]]] = []

            def kill(started=started, pool=pool) -> None:
                time.sleep(taken.uniform(0, 0.05))
                process = process_of(server)
                process.kill()
                process.wait()
                started.append(pool.submit(up, server))

            disturbance = Disturbance(kill, taken.randrange(statements), monkeypatch)
            while True:
                try:
                    store_all(server, results)
                except ServerError:
                    time.sleep(0.5)
                else:
                    break
            (new,) = started
            assert new.result().started
        assert disturbance.asked > statements  # the chunk that was open when the server died was written again
        assert everything(server) == undisturbed


@pytest.mark.parametrize("seconds", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_a_server_that_stands_still_is_waited_for(server, results, undisturbed, monkeypatch, seconds):
    forget(server)

    def stop() -> None:
        process = process_of(server)
        process.suspend()
        try:
            time.sleep(seconds)
        finally:
            process.resume()

    disturbance = Disturbance(stop, STATEMENTS + 2, monkeypatch)
    store_all(server, results)
    assert disturbance.asked >= 2 * STATEMENTS
    assert everything(server) == undisturbed


def test_who_comes_to_a_server_that_stands_still_is_told(server, undisturbed):
    process = process_of(server)
    process.suspend()
    try:
        with pytest.raises(ServerError, match="no Neo4j answers at"):
            Store.open(server.connection())
    finally:
        process.resume()


def test_a_server_that_cannot_write_says_why_and_goes_on_later(server, results, undisturbed):
    """A limit on the size of its files: unlike on a full disk, the cause is in its log."""
    forget(server)
    store_all(server, results[:INSTANCES])
    largest = max(path.stat().st_size for path in server.home.rglob("*") if path.is_file())
    pid = process_of(server).pid
    usual = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 100_000, usual[1]))
    with pytest.raises(ServerError) as full:
        store_all(server, results)
    assert full.value.problem == "the graph's server cannot write its files: File too large"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
    log = (server.home / "data/transactions/neo4j/neostore.transaction.db.0").stat().st_size
    assert server.is_torn()
    with pytest.raises(ServerError) as broken:
        store_all(server, results)
    assert broken.value.fix == "Fix that, restart it and try again: the work resumes where it stopped."
    assert down(server) is False
    assert (server.home / "data/transactions/neo4j/neostore.transaction.db.0").stat().st_size == log
    up(server)
    assert not server.is_torn()
    store_all(server, results)
    assert everything(server) == undisturbed
