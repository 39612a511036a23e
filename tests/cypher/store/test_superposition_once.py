"""What adds up over sentences counts each of them once, whatever is retried, reordered, interrupted or done at once."""

import json
from collections.abc import Iterator, Sequence
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j import Driver

import cypher.store.chunks
from cypher.errors import ServerError
from cypher.store.records import ChunkRecord, RunRecord
from cypher.store.store import Store
from tests.oracle import results as made
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

SUMS = """
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
RETURN c.id AS id, 'Case' AS kind, null AS ends, properties(c) AS properties
UNION ALL
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)-[:HAS_SITE|HAS_ROUTE]->(n)
RETURN n.id AS id, labels(n)[0] AS kind, [c.id] AS ends, properties(n) AS properties
UNION ALL
MATCH (:Run {id: $run})-[:HAS_CASE]->()-[:HAS_SITE]->(a)-[t:TRAFFIC]->(b)
RETURN t.id AS id, 'TRAFFIC' AS kind, [a.id, b.id] AS ends, properties(t) AS properties
"""
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


class Broken(Exception):
    """What ends a program in the middle of a chunk."""


def run_of(results: Sequence[InstanceResult]) -> RunRecord:
    first = results[0]
    return describe_run(first.model, first.settings, first.versions, f"run-{uuid4().hex}")


def sums(driver: Driver, run: RunRecord) -> list[str]:
    """All that was added up, exactly."""
    rows = driver.execute_query(SUMS, run=run.id).records
    return sorted(json.dumps(row.data(), sort_keys=True) for row in rows)


def chunks_of(
    run: RunRecord, results: Sequence[InstanceResult], sizes: Sequence[int], first: int = 0
) -> Iterator[ChunkRecord]:
    """Chunks of these sizes; the last holds the rest."""
    at = 0
    for index, size in enumerate([*sizes, len(results)], start=first):
        if at < len(results):
            yield from in_chunks(run, results[at : at + size], first=index)
            at += size


def undisturbed(store: Store, driver: Driver, run: RunRecord, results: Sequence[InstanceResult]) -> list[str]:
    """What there is after one writing; the graph is then as before."""
    store.begin(run, describe_model(results[0]))
    for chunk in in_chunks(run, results):
        assert store.write(chunk)
    store.finish(run.id)
    found = sums(driver, run)
    store.delete(run.id)
    assert sums(driver, run) == []
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_chunks_in_any_order_and_any_number_of_times(store, driver, data):
    drawn = data.draw(made.results())
    run = run_of(drawn)
    expected = undisturbed(store, driver, run, drawn)
    chunks = list(chunks_of(run, drawn, data.draw(st.lists(st.integers(1, 6), max_size=4))))
    store.begin(run, describe_model(drawn[0]))
    try:
        stored = set()
        for chunk in data.draw(st.permutations(chunks * 2)):
            assert store.write(chunk) == (chunk.id not in stored)
            stored.add(chunk.id)
        store.finish(run.id)
        assert sums(driver, run) == expected
    finally:
        store.delete(run.id)


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_a_run_that_is_continued_after_an_interruption(store, driver, data):
    drawn = data.draw(made.results())
    run = run_of(drawn)
    expected = undisturbed(store, driver, run, drawn)
    left = drawn
    try:
        while left:  # as `load` does: what is not there yet, in chunks of any size
            begun = store.resume_point(run)
            store.begin(run, describe_model(drawn[0]))
            left = [result for result in drawn if result.id not in begun.texts]
            sizes = data.draw(st.lists(st.integers(1, 6), max_size=4))
            breaks_after = data.draw(st.integers(0, 40))  # statements
            with pytest.MonkeyPatch.context() as patch:
                statements, execute = [], cypher.store.chunks.execute

                def broken(tx, name, statements=statements, breaks_after=breaks_after, execute=execute, **parameters):
                    execute(tx, name, **parameters)
                    statements.append(name)
                    if len(statements) == breaks_after:
                        raise Broken

                patch.setattr(cypher.store.chunks, "execute", broken)
                try:
                    for chunk in chunks_of(run, left, sizes, first=begun.chunks):
                        assert store.write(chunk)
                    left = []
                except Broken:
                    pass
        store.finish(run.id)
        assert sums(driver, run) == expected
    finally:
        store.delete(run.id)


@pytest.mark.parametrize("seed", range(3))
def test_two_stores_that_write_different_chunks_at_once(store, driver, neo4j_server, seed):
    results = some_results(48, seed=seed)
    run = run_of(results)
    expected = undisturbed(store, driver, run, results)
    store.begin(run, describe_model(results[0]))
    chunks = list(chunks_of(run, results, [4] * 11))
    barrier, failed = Barrier(2), []

    def writer(mine: list[ChunkRecord]) -> None:
        with Store.open(neo4j_server) as own:
            barrier.wait()
            try:
                for chunk in mine:
                    assert own.write(chunk)
            except (ServerError, AssertionError) as error:
                failed.append(error)

    threads = [Thread(target=writer, args=(chunks[part::2],)) for part in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.finish(run.id)
    assert failed == []
    assert sums(driver, run) == expected
    store.delete(run.id)


def test_what_is_compared_is_there(store, driver):
    results = some_results(12)
    run = run_of(results)
    found = [json.loads(line) for line in undisturbed(store, driver, run, results)]
    kinds = {row["kind"] for row in found}
    assert kinds == {"Case", "Site", "Route", "TRAFFIC"}
    routes = [
        row["properties"] for row in found if row["kind"] == "Route" and row["properties"]["level"] == "embedding"
    ]
    assert sum(route["instances"] for route in routes) == 12 * 10  # every word has one
