"""The store on a real Neo4j: what is written, written again, listed and deleted."""

import pickle
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from neo4j import Driver
from neo4j.exceptions import ClientError, TransientError

import cypher.store.chunks
from cypher.connection import Connection
from cypher.errors import InfluenceError, InvalidQuery, RequestError, ServerError
from cypher.ledger.ledger import Ledger
from cypher.store.records import ChunkRecord, RunRecord
from cypher.store.statements import STATEMENTS
from cypher.store.store import Store
from tests.cypher.ledger.jobs import plan
from tests.cypher.store.export import count, export
from tests.workers.some_results import LAYERS, TWO_CHUNKS, some_results
from workers.analysis.results import InstanceResult
from workers.records.chunks import INSTANCES, in_chunks, to_chunk
from workers.records.to_graph import describe_model, describe_run, to_record


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


@pytest.fixture
def run() -> RunRecord:
    (result,) = some_results(1)
    return describe_run(result.model, result.settings, result.versions, f"run-{uuid4().hex}")


def write(store: Store, run: RunRecord, results: list[InstanceResult]) -> list[ChunkRecord]:
    store.begin(run, describe_model(results[0]))
    begun = store.resume_point(run)
    chunks = list(in_chunks(run, results, first=begun.chunks, before=len(begun.texts)))
    for chunk in chunks:
        store.write(chunk)
    store.finish(run.id)
    return chunks


def one(driver: Driver, query: str, run: RunRecord):
    (record,) = driver.execute_query(query, run=run.id).records  # pyright: ignore
    return tuple(record.values())


def test_the_graph_holds_what_the_records_say(store, driver, run):
    results = some_results(TWO_CHUNKS)
    chunks = write(store, run, results)
    records = {row.id: row for chunk in chunks for row in chunk.instances}
    flows = driver.execute_query(
        "MATCH (:Run {id: $run})-[:HAS_CASE]->(c)<-[:OF]-(i)-[:HAS]->(a)-[f:FLOWS]->(b)<-[:HAS]-(i) "
        "RETURN i.id AS i, c.id AS c, a.id AS a, b.id AS b, f.component AS component, f.influence AS influence",
        run=run.id,
    ).records
    assert sorted(tuple(row.values()) for row in flows) == sorted(
        (row.id, row.case, row.activations[f.source].id, row.activations[f.target].id, f.component, f.influence)
        for row in records.values()
        for f in row.flows
    )
    steps = driver.execute_query(
        "MATCH (:Run {id: $run})-[:HAS_CASE]->()<-[:OF]-(i)-[:HAS_PATTERN]->(p)-[s:STEP]->(a)<-[:HAS]-(i) "
        "RETURN p.id AS p, a.id AS a, s.order AS order, coalesce(s.component, -9) AS component",
        run=run.id,
    ).records
    assert sorted(tuple(row.values()) for row in steps) == sorted(
        (p.id, row.activations[s.activation].id, s.order, -9 if s.component is None else s.component)
        for row in records.values()
        for p in row.patterns
        for s in p.steps
    )
    (found,) = (stored for stored in store.runs() if stored.id == run.id)
    right = [result for result in results if result.qoi > 0]
    assert (found.status, found.instances, found.correct, found.chunks) == ("completed", TWO_CHUNKS, len(right), 2)
    assert found.settings == results[0].settings and found.finished_at is not None
    cases = driver.execute_query(
        "MATCH (:Run {id: $run})-[:HAS_CASE]->(c) RETURN c.task, c.name, c.instances, c.correct", run=run.id
    ).records
    counts, correct = (Counter((one.task, one.case) for one in some) for some in (results, right))
    assert (len(counts), len(correct)) == (3, 2)
    assert {tuple(row.values()) for row in cases} == {(*case, counts[case], correct[case]) for case in counts}
    nodes = "MATCH (i:Instance {id: $id}) RETURN properties(i) AS p"
    for row in (chunks[0].instances[0], chunks[1].instances[-1]):
        stored = driver.execute_query(nodes, id=row.id).records[0]["p"]
        for name in ("name", "text", "target", "qoi", "completeness_error", "embedding_concentration", "correct"):
            assert stored[name] == getattr(row, name)
        assert tuple(stored["tokens"]) == row.tokens and tuple(stored["edge_mass"]) == row.edge_mass
    routes = {route.id for chunk in chunks for route in chunk.routes}
    places = LAYERS * 11 + 1
    assert count(driver, run.id) == 2 + 2 + 3 + 3 * places + len(routes) + TWO_CHUNKS * (1 + places + 20)


def test_tokens_as_they_read_are_there_where_they_differ(store, driver, run):
    first, second = some_results(2)
    results = [replace(first, texts=tuple(f"‿{token}" for token in first.tokens)), second]
    write(store, run, results)
    found = {stored.instance.name: stored.instance for some in store.instances(run.id) for stored in some}
    assert [found[each.id].texts for each in results] == [results[0].texts, None]
    query = (
        "MATCH (:Run {id: $run})-[:HAS_CASE]->()<-[:OF]-(i)-[:HAS]->(a {layer: 0, position: 2}) "
        "RETURN coalesce(i.texts, i.tokens)[a.position] AS text"
    )
    texts = [row["text"] for row in driver.execute_query(query, run=run.id).records]
    assert sorted(texts) == sorted(each.shown[2] for each in results)


@pytest.mark.parametrize("errors", [(0.01, 0.03), (None, None), (None, 0.01)])
def test_what_chunks_add_to_their_cases_is_what_the_whole_run_would(store, driver, run, errors):
    results = [
        replace(result, completeness_error=errors[number >= INSTANCES])
        for number, result in enumerate(some_results(2 * INSTANCES))
    ]
    write(store, run, results)
    whole = to_chunk(run, "whole", 0, results, [to_record(run, result) for result in results], range(2 * INSTANCES))
    of_cases = "MATCH (:Run {id: $run})-[:HAS_CASE]->(c) "
    for query, rows, left_out in (
        ("RETURN properties(c)", whole.cases, set()),
        ("MATCH (c)-[:HAS_SITE]->(s) RETURN properties(s)", whole.sites, {"case", "fallback"}),
        ("MATCH (c)-[:HAS_ROUTE]->(p) RETURN properties(p)", whole.routes, {"case"}),
        (
            "MATCH (c)-[:HAS_SITE]->(a)-[t:TRAFFIC]->(b) RETURN t {.*, source: a.id, target: b.id}",
            whole.traffic,
            set(),
        ),
    ):
        stored = {row[0]["id"]: row[0] for row in driver.execute_query(of_cases + query, run=run.id).records}
        expected = {row.id: asdict(row) for row in rows}
        assert stored.keys() == expected.keys()
        for name, properties in expected.items():
            kept = {key: value for key, value in properties.items() if value is not None and key not in left_out}
            assert {key: tuple(v) if isinstance(v, list) else v for key, v in stored[name].items()} == kept


def test_the_order_of_a_run_is_kept(store, driver, run):
    results = some_results(TWO_CHUNKS)
    write(store, run, results)
    ordered = "MATCH (:Run {id: $run})-[:HAS_CHUNK]->(c)-[h:HOLDS]->(i) RETURN i.name AS name ORDER BY c.index, h.order"
    assert [row["name"] for row in driver.execute_query(ordered, run=run.id).records] == [one.id for one in results]


def test_writing_twice_changes_nothing(store, driver, run):
    results = some_results(TWO_CHUNKS)
    chunks = write(store, run, results)
    before = export(driver, run.id)
    assert before.count("\n") > 9_000
    store.begin(run, describe_model(results[0]))
    assert [store.write(chunk) for chunk in chunks] == [False, False]
    store.finish(run.id)
    assert export(driver, run.id) == before


@pytest.mark.parametrize("failing", ["store/write/instances", "store/write/traffic", "store/write/lock_run"])
def test_a_transaction_that_fails_in_the_middle_leaves_nothing_and_is_tried_again(
    store, driver, run, monkeypatch, failing
):
    results = some_results(10)
    store.begin(run, describe_model(results[0]))
    (chunk,) = in_chunks(run, results)
    execute, failed = cypher.store.chunks.execute, []

    def fail_once(tx, name, **parameters):
        execute(tx, name, **parameters)
        if name == failing and not failed:
            failed.append(name)
            raise TransientError("the connection is gone")

    monkeypatch.setattr(cypher.store.chunks, "execute", fail_once)
    assert store.write(chunk)
    assert failed
    monkeypatch.undo()
    store.finish(run.id)
    after = export(driver, run.id)
    store.delete(run.id)
    write(store, run, results)
    assert export(driver, run.id) == after


def test_two_writers_of_one_chunk_store_it_once(store, neo4j_server, driver, run):
    results = some_results(32)
    store.begin(run, describe_model(results[0]))
    (chunk,) = in_chunks(run, results)
    barrier, wrote = Barrier(2), []

    def writer():
        with Store.open(neo4j_server) as mine:
            barrier.wait()
            wrote.append(mine.write(chunk))

    threads = [Thread(target=writer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wrote) == [False, True]
    assert one(driver, "MATCH (r:Run {id: $run}) RETURN r.instances, r.chunks", run) == (32, 1)


def test_delete_takes_the_run_and_nothing_else(store, driver, run):
    other = describe_run(run.model, {"samples": 1}, {}, run.name)
    results = some_results(TWO_CHUNKS)
    write(store, other, results)
    before = export(driver, other.id)
    write(store, run, results)
    deleted = []
    store.delete(run.id, lambda: deleted.append(1))
    assert len(deleted) == TWO_CHUNKS
    assert count(driver, run.id) == 0
    assert export(driver, other.id) == before
    ids = [
        row.id for chunk in in_chunks(run, results) for row in (*chunk.instances, *chunk.sites, *chunk.routes, chunk)
    ]
    assert driver.execute_query("MATCH (n) WHERE n.id IN $ids RETURN n", ids=ids).records == []
    parts = "MATCH (n:Activation|Pattern) WHERE NOT EXISTS { (n)<-[:HAS|HAS_PATTERN]-() } RETURN count(n) AS n"
    assert driver.execute_query(parts).records[0]["n"] == 0


@pytest.mark.parametrize(
    ("what", "bound"), [("-[:HAS_CHUNK]->(:Chunk)-[:HOLDS]->(n:Instance)", 20), ("-[:HAS_CASE]->(n:Case)", 1000)]
)
def test_a_deletion_is_bounded_and_one_that_was_killed_is_finished(store, driver, run, neo4j_server, what, bound):
    write(store, run, some_results(TWO_CHUNKS))
    more = "MATCH (r:Run {id: $run}) UNWIND range(1, 2500) AS n CREATE (r)-[:HAS_CASE]->(:Case {id: $run + '/' + n})"
    driver.execute_query(more, run=run.id)
    parts = f"MATCH (:Run {{id: $run}}){what} "

    def there() -> list[str]:
        return [row["id"] for row in driver.execute_query(f"{parts} RETURN n.id AS id", run=run.id).records]  # pyright: ignore

    before = there()
    half, left, deadline = len(before) // 2, len(before), time.monotonic() + 300
    with driver.session() as session, session.begin_transaction() as holding:
        lock = f"{parts} WHERE n.id = $id SET n.id = n.id"
        holding.run(lock, run=run.id, id=before[half]).consume()  # pyright: ignore
        deletion = subprocess.Popen([sys.executable, "-c", DELETE, pickle.dumps((neo4j_server, run.id)).hex()])
        while left > len(before) - bound * (half // bound):
            assert deletion.poll() is None and time.monotonic() < deadline
            left = len(there())
            assert (len(before) - left) % bound == 0  # what a transaction deletes is gone at once
        deletion.kill()
        deletion.wait()
    assert 0 < left < len(before) and store.find(run.id).status == "deleting"
    store.delete(run.id)
    assert count(driver, run.id) == 0
    assert driver.execute_query("MATCH (c:Case) WHERE c.id STARTS WITH $run RETURN c", run=run.id).records == []


DELETE = """
import pickle, sys
from cypher.store.store import Store
connection, run = pickle.loads(bytes.fromhex(sys.argv[1]))
with Store.open(connection) as store:
    store.delete(run)
"""


def test_the_model_goes_with_its_last_run(store, driver):
    model = uuid4().hex
    results = some_results(2, model=model)
    runs = [describe_run(model, {}, {}, f"{name}-{model}") for name in "ab"]
    for run in runs:
        write(store, run, results)
    models = "MATCH (m:Model {fingerprint: $model}) RETURN m.layers AS layers"
    store.delete(runs[0].id)
    assert [row["layers"] for row in driver.execute_query(models, model=model).records] == [LAYERS]
    store.delete(runs[1].id)
    assert driver.execute_query(models, model=model).records == []


def test_a_half_deleted_run_takes_nothing_and_can_be_deleted_again(store, driver, run):
    write(store, run, some_results(3))
    driver.execute_query("MATCH (r:Run {id: $run}) SET r.status = 'deleting'", run=run.id)
    with pytest.raises(RequestError, match=rf"half deleted. Delete it again \({run.id}\)"):
        store.resume_point(run)
    store.finish(run.id, "partial")  # as a writer does that met the deletion
    assert store.find(run.id).status == "deleting"
    store.delete(run.id)
    assert store.resume_point(run).status is None


def test_a_name_that_a_job_has_is_told(store, run):
    planned = plan(2, name=run.name)
    job = replace(planned.job, run=replace(planned.job.run, id=f"{run.id}-job"))  # made of its idempotency key
    told = f"'{run.name}' (that )?belongs to a job. .*delete that run, {job.run.id}"
    assert Ledger(store).submit(job)
    for wanted in (planned.job.run, job.run, replace(run, model="another")):
        with pytest.raises(RequestError, match=told):
            store.resume_point(wanted)
    store.delete(job.run.id)


def test_runs_are_found_by_name_and_by_id_and_the_nearest_is_suggested(store, run):
    write(store, run, some_results(1))
    for wanted in (run.name, run.id, run.id[:8]):
        assert store.find(wanted).id == run.id
    with pytest.raises(RequestError, match=f"there is no run '{run.name}x'. Did you mean '{run.name}'"):
        store.find(f"{run.name}x")
    write(store, describe_run(run.model, {"samples": 2}, {}, run.name), some_results(1))
    with pytest.raises(RequestError, match=f"2 runs are named '{run.name}'. Use an id: .*{run.id}"):
        store.find(run.name)


def test_what_is_known_of_a_model_is_not_forgotten(store, driver):
    model = describe_model(some_results(1, model=uuid4().hex)[0])
    run = describe_run(model.fingerprint, {}, {}, "a run of its own")
    store.begin(run, replace(model, name="tiny", heads=4))
    store.begin(run, model)
    query = "MATCH (:Run {id: $run})-[:USES]->(m) RETURN m.name, m.heads, m.layers"
    assert one(driver, query, run) == ("tiny", 4, LAYERS)


def test_ids_are_unique(store, driver):
    names = {row["name"] for row in driver.execute_query("SHOW CONSTRAINTS YIELD name").records}
    labels = "model_fingerprint run_id chunk_id case_id instance_id site_id route_id schema_name"
    assert set(labels.split()) <= names


def test_every_statement_runs_by_hand(store, driver):
    for path in sorted(set(STATEMENTS.rglob("*.cypher")) - {STATEMENTS / "store/schema.cypher"}):
        text = path.read_text()
        assert text.startswith("// "), path
        if "$" in text:
            with pytest.raises(ClientError, match="Expected parameter"):
                driver.execute_query(text)  # pyright: ignore[reportArgumentType]
        else:
            driver.execute_query(text)  # pyright: ignore[reportArgumentType]


def test_rows_are_read_as_they_come(store):
    """More than are sent at a time; and an error tells what is wrong."""
    total = store.stream("UNWIND range(1, $n) AS n RETURN n, -n", {"n": 1000}, lambda rows: sum(n for n, _ in rows))
    assert total == 500_500
    first = store.stream("UNWIND range(1, 1000) AS n RETURN n", {}, lambda rows: next(rows))
    assert first == (1,)
    with pytest.raises(InvalidQuery):
        store.stream("RETURNS 1", {}, list)


def test_only_the_store_opens_a_session():
    asking = {
        f"{path.parent.name}/{path.name}": found
        for folder in ("cypher", "workers", "service")
        for path in (STATEMENTS.parent / folder).rglob("*.py")
        if (found := re.findall(r"driver\.(session|execute_query)\(", path.read_text()))
    }
    assert asking == {"store/database.py": ["session"], "cypher/connection.py": ["execute_query"]}


def test_a_wrong_password_is_told(neo4j_server):
    with pytest.raises(ServerError, match="password"):
        Store.open(Connection(neo4j_server.uri, neo4j_server.user, "wrong"))


def test_a_server_that_is_gone_is_told(neo4j_server):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ServerError, match="unset INFLUENCE_NEO4J_URI to use a local server"):
        Store.open(Connection(f"bolt://127.0.0.1:{port}", "neo4j", "x"))
    with pytest.raises(ServerError, match="Start the local server, or name another with INFLUENCE_NEO4J_URI"):
        Store.open(Connection(f"bolt://127.0.0.1:{port}", "neo4j", "x", logs=Path()))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("UNWIND range(1, 100000000) AS n RETURN size(collect(n)) AS size", "too little memory for so many edges"),
        ("CREATE (:Run {id: 'twice'}) CREATE (:Run {id: 'twice'})", "another program is writing the same run"),
        ("RETURN 1 / 0", "the graph's server refused: / by zero"),
    ],
)
def test_what_the_server_refuses_is_one_line(store, query, told):
    with pytest.raises(InfluenceError, match=told), store.session() as session:
        session.run(query).consume()
