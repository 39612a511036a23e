"""Instances with too many edges for one transaction: stored as others are, unseen before, with nothing left behind."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest

import cypher.store.staging as module
import cypher.store.store
from cypher.ledger.ledger import Ledger
from cypher.store.driver_errors import ConcurrentWrite
from cypher.store.records import RunRecord
from cypher.store.statements import execute, fetch_first
from cypher.store.store import Store
from tests.cypher.ledger.jobs import LEASE, plan
from tests.cypher.store.export import export
from tests.workers.some_results import some_results
from workers.analysis.results import Edges
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

RESULTS = some_results(3)
LEAST = min(len(result.edges) for result in RESULTS if result.edges is not None)
OF_RUN = "MATCH (s:Staging {run: $run}) OPTIONAL MATCH (s)-[:HAS]->(n) RETURN count(DISTINCT s) AS s, count(n) AS n"


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server, migrate=True) as store:
        yield store


@pytest.fixture
def run(store, driver):
    first = RESULTS[0]
    run = describe_run(first.model, first.settings, first.versions, f"staged-{uuid4().hex}")
    yield run
    if run.id in {stored.id for stored in store.runs()}:
        store.delete(run.id)
    assert staged(driver, run) == (0, 0)
    assert driver.execute_query("MATCH (n:StagedActivation) RETURN count(n) AS n").records[0]["n"] == 0


@pytest.fixture
def small(monkeypatch) -> int:
    """How many edges a transaction writes, so that each result takes several."""
    monkeypatch.setattr(module, "FLOWS", LEAST // 3)
    return LEAST // 3


def write(store: Store, run: RunRecord) -> bool:
    store.begin(run, describe_model(RESULTS[0]))
    (chunk,) = in_chunks(run, RESULTS)
    written = store.write(chunk)
    store.finish(run.id)
    return written


def staged(driver, run: RunRecord) -> tuple[int, int]:
    """Stagings of a run, and the nodes below them."""
    (row,) = driver.execute_query(OF_RUN, run=run.id).records
    return row["s"], row["n"]


@pytest.fixture
def undisturbed(store, driver, run) -> str:
    """What there is of the run where each instance is small enough."""
    write(store, run)
    found = export(driver, run.id)
    store.delete(run.id)
    return found


def test_it_is_stored_as_any_other(store, driver, run, undisturbed, small):
    assert write(store, run)
    assert export(driver, run.id) == undisturbed and staged(driver, run) == (0, 0)
    assert not write(store, run)  # a second time, nothing changes
    assert export(driver, run.id) == undisturbed and staged(driver, run) == (0, 0)


def test_it_is_read_back_whole_and_deleted_whole(store, driver, run, small, monkeypatch):
    monkeypatch.setattr(cypher.store.store, "FLOWS", LEAST)
    monkeypatch.setattr(cypher.store.store, "MANY", 1)
    write(store, run)
    (chunk,) = in_chunks(run, RESULTS)
    batches = list(store.instances(run.id))
    assert [len(batch) for batch in batches] == [1, 1, 1] and [len(batch) for batch in every(store, run, 10**6)] == [3]
    read = [stored.instance for batch in batches for stored in batch]
    assert [each.name for each in read] == [result.id for result in RESULTS]
    own = {each.id: each for each in chunk.instances}
    assert all(set(each.flows) == set(own[each.id].flows) for each in read)
    edges = "MATCH (a)-[f:FLOWS]->() WHERE a.id STARTS WITH $id RETURN count(f) AS n"
    counts = [driver.execute_query(edges, id=each.id).records[0]["n"] for each in chunk.instances]
    assert counts == [len(each.flows) for each in chunk.instances]
    store.delete(run.id)
    assert all(driver.execute_query(edges, id=each.id).records[0]["n"] == 0 for each in chunk.instances)


def every(store: Store, run: RunRecord, flows: int) -> list:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cypher.store.store, "FLOWS", flows)
        return list(store.instances(run.id))


def test_nobody_sees_it_before_all_of_it_is_there(store, driver, run, undisturbed, small, monkeypatch):
    looked = []

    def look(tx, name, **parameters):
        if name == "store/write/hold_staged":  # all is staged
            looked.append((export(driver, run.id), staged(driver, run)))
            ids = [row.id for row in next(iter(in_chunks(run, RESULTS))).instances]
            seen = "MATCH (n:Activation|Instance) WHERE any(id IN $ids WHERE n.id STARTS WITH id) RETURN count(n) AS n"
            looked.append(driver.execute_query(seen, ids=ids).records[0]["n"])
        return fetch_first(tx, name, **parameters)

    monkeypatch.setattr(module, "fetch_first", look)
    write(store, run)
    (seen, (stagings, nodes)), instances = looked
    assert '"Instance' not in seen and instances == 0
    assert stagings == len(RESULTS) and nodes == sum(len(each.activations) for each in records(run))
    assert export(driver, run.id) == undisturbed


def records(run: RunRecord):
    return next(iter(in_chunks(run, RESULTS))).instances


@pytest.mark.parametrize("breaks_at", [0, 1, 2, 3, 5, 9])
def test_what_is_broken_off_leaves_nothing_and_can_be_done_again(
    store, driver, run, undisturbed, small, monkeypatch, breaks_at
):
    asked = []

    def broken(run_it):
        def once(tx, name, **parameters):
            asked.append(name)
            if len(asked) == breaks_at + 1:
                raise KeyboardInterrupt
            return run_it(tx, name, **parameters)

        return once

    with monkeypatch.context() as patch:
        patch.setattr(module, "execute", broken(execute))
        patch.setattr(module, "fetch_first", broken(fetch_first))
        with pytest.raises(KeyboardInterrupt):
            write(store, run)
    assert len(asked) == breaks_at + 1 and staged(driver, run) == (0, 0)
    assert write(store, run) and export(driver, run.id) == undisturbed


def test_what_a_killed_program_left_goes_before_the_next_attempt(store, driver, run, undisturbed, small, monkeypatch):
    left = leave(store, driver, run, monkeypatch)
    assert left[0] > 0 and left[1] > 0
    assert write(store, run)
    assert export(driver, run.id) == undisturbed and staged(driver, run) == (0, 0)


def test_what_a_killed_program_left_goes_with_the_run(store, driver, run, small, monkeypatch):
    assert leave(store, driver, run, monkeypatch)[1] > 0
    store.delete(run.id)
    assert staged(driver, run) == (0, 0)


def leave(store: Store, driver, run: RunRecord, monkeypatch) -> tuple[int, int]:
    """What is staged where a program is killed before it can store the last of it."""

    def killed(tx, name, **parameters):
        if name == "store/write/hold_staged":
            raise KeyboardInterrupt
        return fetch_first(tx, name, **parameters)

    with monkeypatch.context() as patch:
        patch.setattr(module, "fetch_first", killed)
        patch.setattr(module, "_discard", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            write(store, run)
    return staged(driver, run)


def test_who_is_overtaken_while_staging_is_told_and_changes_nothing(
    store, driver, run, undisturbed, small, monkeypatch
):
    rivals = []

    def overtaken(tx, name, **parameters):
        monkeypatch.setattr(module, "fetch_first", fetch_first)
        rivals.append(write(store, run))
        return fetch_first(tx, name, **parameters)

    monkeypatch.setattr(module, "fetch_first", overtaken)
    with pytest.raises(ConcurrentWrite, match="another program is writing the same run"):
        write(store, run)
    assert rivals == [True] and export(driver, run.id) == undisturbed


def test_what_another_program_has_deleted_is_not_stored_in_part(store, driver, run, undisturbed, small, monkeypatch):
    def without(tx, name, **parameters):
        if name == "store/write/hold_staged":
            monkeypatch.setattr(module, "fetch_first", fetch_first)
            one = records(run)[1].id
            store.execute_batches("store/write/delete_staged", ids=[], instances=[one], run=None)
        return fetch_first(tx, name, **parameters)

    monkeypatch.setattr(module, "fetch_first", without)
    with pytest.raises(ConcurrentWrite, match="another program is writing the same run"):
        write(store, run)
    assert '"Instance' not in export(driver, run.id) and staged(driver, run) == (0, 0)
    assert write(store, run) and export(driver, run.id) == undisturbed


def test_a_worker_that_lost_its_chunk_leaves_nothing_staged(store, driver, small):
    planned, ledger = plan(4), Ledger(store)
    assert ledger.submit(planned.job)
    ledger.add(planned.run, planned.chunks)
    ledger.submitted(planned.run)
    claimed = ledger.claim(planned.chunks[0].id, "one", "worker", LEASE)
    assert claimed is not None
    computed = planned.computed(claimed)
    assert not ledger.done(computed, "another", 1.0, "cpu")
    assert staged(driver, planned.job.run) == (0, 0)
    assert ledger.done(computed, "one", 1.0, "cpu") and ledger.done(computed, "one", 1.0, "cpu")
    assert staged(driver, planned.job.run) == (0, 0)
    found = [stored.instance for batch in store.instances(planned.run) for stored in batch]
    assert {each.id: set(each.flows) for each in found} == {each.id: set(each.flows) for each in computed.instances}
    store.delete(planned.run)


def test_as_many_edges_as_no_transaction_takes(store, driver, run):
    """Of a server with the memory that it has by default."""
    random, first = np.random.default_rng(1), RESULTS[0]
    length, layers, heads = len(first.tokens), len(first.words[0].components), 1200
    grid = np.indices((layers - 1, length, length, heads)).reshape(4, -1)
    influence = random.standard_normal(grid.shape[1])
    order = np.argsort(-np.abs(influence), kind="stable")
    layer, source, target, component = grid[:, order]
    large = replace(first, edges=Edges(layer, source, target, component, influence[order]))
    assert len(large.edges or ()) > 250_000
    store.begin(run, describe_model(large))
    (chunk,) = in_chunks(run, [large])
    assert store.write(chunk)
    (((stored,),),) = [list(store.instances(run.id))]
    assert set(stored.instance.flows) == set(chunk.instances[0].flows)
