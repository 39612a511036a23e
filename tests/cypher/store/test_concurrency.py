"""One store for a whole program: many threads read, ask, fail and write through it at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import uuid4

import pytest

from cypher.errors import Conflict, InvalidQuery, NotFound, RefusedQuery
from cypher.queries.named_reports import run_report
from cypher.queries.sandbox import run_query
from cypher.store.records import RunRecord
from cypher.store.store import Store
from tests.cypher.store.export import export
from tests.workers.some_results import some_results
from workers.records.chunks import to_chunk
from workers.records.to_graph import describe_model, describe_run, to_record

THREADS = 10
ROUNDS = 3
PAUSE = 0.1  # seconds between rounds: more at once keep a server of two cores from answering some of them for minutes
CHUNKS, SIZE = 4, 3


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


def new_run() -> RunRecord:
    (result,) = some_results(1)
    return describe_run(result.model, result.settings, result.versions, f"run-{uuid4().hex}")


def write(store: Store, run: RunRecord) -> None:
    """In small chunks, each given twice."""
    results = some_results(CHUNKS * SIZE)
    store.begin(run, describe_model(results[0]))
    for index in range(CHUNKS):
        places = range(index * SIZE, (index + 1) * SIZE)
        some = results[places.start : places.stop]
        chunk = to_chunk(run, f"{run.id}/{index}", index, some, [to_record(run, one) for one in some], places)
        assert (store.write(chunk), store.write(chunk)) == (True, False)
    store.finish(run.id)


def test_one_store_serves_readers_queries_and_a_writer_at_once(store, driver):
    stored, growing = new_run(), new_run()
    write(store, stored)
    names = [each.instance.name for some in store.instances(stored.id) for each in some]
    content = store.content(stored.id)
    report = run_report(store, "positions", {"run": stored.id}).rows
    counted = "MATCH (:Run {id: $run})-[:HAS_CASE]->()<-[:OF]-(i) RETURN count(i) AS n"
    barrier, written = Barrier(THREADS), Event()

    def read() -> None:
        assert [each.instance.name for some in store.instances(stored.id) for each in some] == names
        assert store.content(stored.id) == content and store.find(stored.name).instances == CHUNKS * SIZE

    def make_report() -> None:
        assert run_report(store, "positions", {"run": stored.id}).rows == report

    def ask() -> None:
        assert run_query(store, counted, {"run": stored.id}, seconds=60).rows == [(CHUNKS * SIZE,)]

    def fail() -> None:
        with pytest.raises(InvalidQuery):
            run_query(store, "MATCH (n) RETURN m", {})
        with pytest.raises(RefusedQuery):
            run_query(store, "CREATE (n) RETURN n", {})
        with pytest.raises(NotFound):
            store.find(uuid4().hex)
        with pytest.raises(Conflict):
            store.resume_point(describe_run("another", {}, {}, stored.name))

    seen: list[int] = []

    def follow() -> None:
        runs = [run for run in store.runs() if run.id == growing.id]
        seen.extend(run.instances for run in runs)

    def repeat(work: Callable[[], None]) -> int:
        barrier.wait()
        rounds = 0
        while rounds < ROUNDS or not written.is_set():
            work()
            rounds += 1
            time.sleep(PAUSE)
        return rounds

    def write_all() -> None:
        barrier.wait()
        try:
            write(store, growing)
        finally:
            written.set()

    kinds = [read, make_report, ask, fail, follow]
    with ThreadPoolExecutor(THREADS) as pool:
        writer = pool.submit(write_all)
        others = [pool.submit(repeat, kinds[number % len(kinds)]) for number in range(THREADS - 1)]
        writer.result()
        assert all(other.result() >= ROUNDS for other in others)
    assert seen and all(count % SIZE == 0 for count in seen) and max(seen) <= CHUNKS * SIZE
    (found,) = (run for run in store.runs() if run.id == growing.id)
    assert (found.status, found.instances, found.chunks) == ("completed", CHUNKS * SIZE, CHUNKS)
    expected, grown = (export(driver, run.id) for run in (stored, growing))
    assert len(grown.splitlines()) == len(expected.splitlines()) > 1000
