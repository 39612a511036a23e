"""Databases of older and newer schemas: migrated when that is told, once and never back, and else left as they are."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from neo4j import Driver

from cypher.connection import Connection, open_driver
from cypher.errors import Conflict
from cypher.store.migrations import CURRENT, SCHEMA, migrate
from cypher.store.store import Store
from tests.cypher.store.export import export
from tests.workers.some_results import TWO_CHUNKS, some_results
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run


@pytest.fixture
def connection(server) -> Iterator[Connection]:
    """Of a server whose database is of the newest schema, and again in the end."""
    with Store.open(server.connection(), migrate=True):
        pass
    yield server.connection()
    with Store.open(server.connection(), migrate=True) as store:
        for run in store.runs():
            store.delete(run.id)


@pytest.fixture
def driver(connection) -> Iterator[Driver]:
    with open_driver(connection) as driver:
        yield driver


def everything(driver: Driver) -> list[str]:
    """Nodes, constraints and indexes."""
    told = ("MATCH (n) RETURN n", "SHOW CONSTRAINTS YIELD name", "SHOW INDEXES YIELD name")
    return [str(sorted(map(repr, driver.execute_query(query).records))) for query in told]


def set_version(driver: Driver, version: int) -> None:
    driver.execute_query("MERGE (s:Schema {name: 'influence'}) SET s.version = $version", version=version)


def test_the_schema_is_migrated_once_and_never_back(connection, driver):
    try:
        driver.execute_query("CREATE (:Probe {n: 0})")
        newer = f"\n// ---- version {CURRENT + 1}: a test\nMATCH (p:Probe) SET p.n = p.n + 1;\n"
        newer += f"MERGE (s:Schema {{name: 'influence'}}) SET s.version = {CURRENT + 1};\n"
        with Store.open(connection) as store:
            for _ in range(2):
                migrate(store, SCHEMA + newer)
            assert driver.execute_query("MATCH (p:Probe) RETURN p.n AS n").records[0]["n"] == 1
            told = f"schema version {CURRENT + 1}, and this version of influence-graph knows {CURRENT}"
            for open_it in (lambda: migrate(store), lambda: Store.open(connection, migrate=True)):
                with pytest.raises(Conflict, match=told):
                    open_it()
        with pytest.raises(Conflict, match=told):
            Store.open(connection)
    finally:
        set_version(driver, CURRENT)
        driver.execute_query("MATCH (p:Probe) DELETE p")


def test_a_database_of_version_1_is_migrated_when_that_is_told(connection, driver):
    results = some_results(TWO_CHUNKS)
    run = describe_run(results[0].model, results[0].settings, results[0].versions, f"run-{uuid4().hex}")
    with Store.open(connection) as store:
        store.begin(run, describe_model(results[0]))
        for chunk in in_chunks(run, results):
            store.write(chunk)
        store.finish(run.id)
    before = export(driver, run.id)
    driver.execute_query("DROP INDEX chunk_status")
    driver.execute_query(
        "MATCH (:Run {id: $run})-[:HAS_CHUNK]->(c)-[h:HOLDS]->() REMOVE c.run WITH c, h ORDER BY h.order "
        "WITH c, collect(h) AS held UNWIND range(0, size(held) - 1) AS k WITH held[k] AS h, k SET h.order = k",
        run=run.id,
    )
    set_version(driver, 1)
    old = everything(driver)
    with pytest.raises(Conflict, match=f"schema version 1, and .* needs {CURRENT}. Migrate it") as told:
        Store.open(connection)
    assert told.value.field == "schema" and everything(driver) == old
    for _ in range(2):
        with Store.open(connection, migrate=True) as store:
            assert export(driver, run.id) == before
            assert store.read("store/read/schema") == [{"version": CURRENT}]
            read = [stored.instance.name for some in store.instances(run.id) for stored in some]
            assert read == [result.id for result in results]
    names = {row["name"] for row in driver.execute_query("SHOW INDEXES YIELD name").records}
    assert "chunk_status" in names


def test_instances_of_version_2_learn_of_how_many_samples_they_are_and_that_no_word_is_left_out(connection, driver):
    results = some_results(3)
    stored = []
    settings = [
        results[0].settings,
        {"samples": 7, "beam": 1, "distribution": "uniform:1"},
        {"distribution": "point:1"},
    ]
    with Store.open(connection) as store:
        for each in settings:
            run = describe_run(results[0].model, each, results[0].versions, f"run-{uuid4().hex}")
            store.begin(run, describe_model(results[0]))
            for chunk in in_chunks(run, results):
                store.write(chunk)
            stored.append(run.id)
    driver.execute_query("MATCH (i:Instance) REMOVE i.samples, i.left_out, i.left_out_share, i.wrong_is_given")
    set_version(driver, 2)
    for _ in range(2):
        with Store.open(connection, migrate=True) as store:
            found = [[one.instance for some in store.instances(run) for one in some] for run in stored]
            assert [{each.samples for each in some} for some in found] == [{32}, {7}, {1}]
            assert {(each.left_out, each.left_out_share) for some in found for each in some} == {(0, 0.0)}


def test_an_empty_database_is_read_and_left_empty(connection, driver):
    for row in driver.execute_query("SHOW CONSTRAINTS YIELD name").records:
        driver.execute_query(f"DROP CONSTRAINT {row['name']}")  # pyright: ignore[reportArgumentType]
    driver.execute_query("MATCH (n) DETACH DELETE n")
    empty = everything(driver)
    results = some_results(1)
    run = describe_run(results[0].model, {}, {}, "none")
    with Store.open(connection) as store:
        assert store.runs() == []
        with pytest.raises(Conflict, match="the graph is empty and was opened for reading"):
            store.begin(run, describe_model(results[0]))
    assert everything(driver) == empty
    with Store.open(connection, migrate=True) as store:
        store.begin(run, describe_model(results[0]))
        assert [stored.name for stored in store.runs()] == ["none"]
        store.delete(run.id)
