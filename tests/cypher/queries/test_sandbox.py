"""What users ask: only what reads the graph runs, and within limits."""

import json
import socket
import time

import pytest
from neo4j.exceptions import ClientError

from cypher.connection import open_driver
from cypher.errors import InfluenceError, InvalidInput, InvalidQuery, QueryLimitExceeded, RefusedQuery, RequestError
from cypher.queries.sandbox import objections, run_query
from cypher.store.query_plan import Operator, QueryPlan
from cypher.store.store import Store
from service.operations.storing import Destination, RunWriter
from tests.cypher.queries.corpora import ALLOWED, HIDDEN, NO_QUERIES, PARAMETERS, REFUSED
from tests.cypher.store.export import export
from tests.workers.some_results import some_results
from workers.records.to_graph import describe_model, describe_run


@pytest.fixture
def run(store):
    """Something that an attack could change."""
    results = some_results(20)
    run = describe_run(results[0].model, results[0].settings, results[0].versions, "attacked")
    with RunWriter(Destination(store, run, describe_model(results[0]))) as writer:
        for result in results:
            writer.write(result)
    yield run
    store.delete(run.id)


@pytest.fixture
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


def everything(driver) -> str:
    """Graph, schema, names, users, settings."""
    told = [
        "SHOW CONSTRAINTS YIELD name, labelsOrTypes, properties",
        "SHOW INDEXES YIELD name, labelsOrTypes, properties",
        "CALL db.labels()",
        "CALL db.relationshipTypes()",
        "CALL db.propertyKeys()",
        "SHOW USERS YIELD user, passwordChangeRequired",
        "SHOW DATABASES YIELD name, currentStatus",
        "SHOW SETTINGS YIELD name, value",
    ]
    answers = [sorted(map(repr, driver.execute_query(query).records)) for query in told]
    return json.dumps([export(driver), *answers])


def test_the_corpora_are_large():
    assert len(set(REFUSED)) >= 60 and len(set(ALLOWED)) >= 40
    assert not set(REFUSED) & set(NO_QUERIES)


def test_every_attack_is_refused_and_nothing_changes(neo4j_server, store, run):
    with open_driver(neo4j_server) as driver:
        before = everything(driver)
        passed = []
        for text in REFUSED + HIDDEN + NO_QUERIES:
            kind = InvalidQuery if text in NO_QUERIES else RefusedQuery
            try:
                passed.append((text, run_query(store, text, PARAMETERS, seconds=20, rows=10)))
            except InfluenceError as error:
                if type(error) is not kind:
                    passed.append((text, error))
        assert passed == []
        assert everything(driver) == before


def test_an_attack_that_runs_does_change_what_is_compared(neo4j_server, run):
    with open_driver(neo4j_server) as driver:
        before = everything(driver)
        driver.execute_query("CREATE (:Attack {name: 'x'})")
        assert everything(driver) != before
        driver.execute_query("MATCH (n:Attack) DELETE n")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1:{}/x", "http://localhost:{}/", "ftp://[::1]:{}/"]
)
def test_the_local_server_loads_nothing_from_anywhere(neo4j_server, url):
    with socket.create_server(("127.0.0.1", 0)) as listener, open_driver(neo4j_server) as driver:
        with pytest.raises(ClientError, match="Cannot load from URL"):
            driver.execute_query("LOAD CSV FROM $url AS line RETURN line", url=url.format(listener.getsockname()[1]))
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("text", ALLOWED)
def test_what_reads_passes(demo_run, store, text):
    run_query(store, text, PARAMETERS, seconds=60, rows=20)


def test_it_answers(demo_run, store):
    table = run_query(store, "MATCH (r:Run {id: $run}) RETURN r.name AS name, r.instances AS n", {"run": demo_run.id})
    assert (table.columns, table.rows, table.cut) == (("name", "n"), [("demo", 240)], False)


def plan(*operators: Operator, kind: str | None = "r") -> QueryPlan:
    return QueryPlan(kind, "neo4j", operators)


SCAN = Operator("AllNodesScan", "neo4j", ("n",))


@pytest.mark.parametrize(
    ("plan", "objection"),
    [
        (plan(kind="r"), "does not say how"),
        (plan(SCAN, kind=None), "does not say that it only reads"),
        (plan(SCAN, kind="rw"), "it writes"),
        (plan(SCAN, Operator("Teleport(All)", "neo4j", ())), "Teleport is not among the steps"),
        (plan(SCAN, Operator("Expand(All)", "other", ())), "it uses the database other"),
        (plan(SCAN, Operator("ProcedureCall", "neo4j", ("strange() :: ()",))), "a procedure is not among"),
        (plan(SCAN, Operator("ProcedureCall", "neo4j", ("apoc.load.json($x) :: ()",))), "apoc.load.json is not among"),
        (
            plan(SCAN, Operator("Projection", "neo4j", ("apoc.cypher.runFirst($x) AS y",))),
            "apoc.cypher.runFirst is not",
        ),
        (plan(SCAN, Operator("Filter", "neo4j", ("n.x = COUNT { LOAD CSV FROM $u AS l }",))), "has LOAD CSV"),
    ],
)
def test_what_a_plan_must_not_have(plan, objection):
    (found,) = objections(plan)
    assert objection in found


def test_of_more_rows_than_asked_for_only_those_are_fetched(store):
    started = time.monotonic()
    table = run_query(store, "UNWIND range(1, 1000000000) AS x RETURN x", {}, rows=10, seconds=60)
    assert (table.rows, table.cut) == ([(x,) for x in range(1, 11)], True)
    assert not run_query(store, "UNWIND range(1, 10) AS x RETURN x", {}, rows=10).cut
    assert time.monotonic() - started < 30


def test_a_query_ends_when_its_time_is_over(store):
    started = time.monotonic()
    with pytest.raises(QueryLimitExceeded, match="takes more than 1 s") as raised:
        run_query(store, "UNWIND range(1, 100000000000) AS x RETURN count(x)", {}, seconds=1)
    assert time.monotonic() - started < 20 and not isinstance(raised.value, RequestError)


def test_a_query_takes_half_of_the_memory_at_most_and_is_not_tried_again(store):
    started = time.monotonic()
    with pytest.raises(QueryLimitExceeded, match="more memory than it may") as raised:
        run_query(store, "UNWIND range(1, 100000000) AS x RETURN size(collect(x)) AS n", {}, seconds=120)
    assert "limit 256" in str(raised.value.__cause__)
    assert time.monotonic() - started < 60
    assert run_query(store, "RETURN 1 AS x", {}).rows == [(1,)]


@pytest.mark.parametrize("text", ["", " \n", ";", "// RETURN 1", "/* RETURN 1\n*/ ;\n// and no more\n"])
def test_no_query_is_told(store, text):
    with pytest.raises(InvalidInput, match="there is no query"):
        run_query(store, text, {})


def test_a_range_that_is_too_long_is_refused_before_it_runs(store):
    with pytest.raises(QueryLimitExceeded) as raised:
        run_query(store, "WITH range(1, $n) AS a RETURN [x IN a | x * 2]", {"n": 10**8})
    assert raised.value.problem == (
        "range(1, $n) is too large: it makes a list of 100,000,000 numbers, and the limit is 1,000,000"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (n)\nRETURN m", '(line 2, column 8 (offset: 17))\n"RETURN m"\n        ^'),
        ("MATCH (n RETURN n", '(line 1, column 10 (offset: 9))\n"MATCH (n RETURN n"\n          ^'),
        ("RETURN 1 / 0", "/ by zero"),
        ("RETURN nope(1)", "Unknown function 'nope'"),
        ("RETURN 1; RETURN 2", "Expected exactly one statement per query but got: 2"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_neo4j(store, text, message):
    with pytest.raises(InvalidQuery) as raised:
        run_query(store, text, {})
    assert message in str(raised.value) and "EXPLAIN" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({}, "Give $sentence a value."),
        ({"sentnce": 1}, "Did you mean $sentnce, which is given?"),
        ({"SENTENCE": 1}, "Did you mean $SENTENCE, which is given?"),
    ],
)
def test_a_parameter_that_is_missing_is_named(store, given, fix):
    with pytest.raises(RequestError) as raised:
        run_query(store, "RETURN $sentence AS x", given)
    assert str(raised.value) == f"parameters: no value is given for $sentence. {fix}"
