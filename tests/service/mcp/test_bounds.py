"""Answers are bounded in rows and characters, and say what they leave out, whatever the run holds."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher.store.store import Store
from service.mcp.bounds import CELL, CHARACTERS, as_text, cell, clipped, first_of, rounded
from service.operations.storing import Destination, RunWriter
from tests.service.api.conftest import listening
from tests.service.made_up import make_result
from tests.service.mcp.conftest import over_http
from workers.analysis.settings import Settings
from workers.records.to_graph import describe_model, describe_run

MOST = 40_000
"""Characters of an answer: of its rows, and of all that stands around them."""
WORDS = 1200


@pytest.fixture(scope="module")
def large(neo4j_server):
    """A run of many cases with long names, and a sentence of many words."""
    names = ["x" * 200, *(f"case-{number:04} with quite a long name" for number in range(400))]
    usual = [
        replace(
            make_result(["[CLS]", "a", "[MASK]", "[SEP]"], name=f"{n:04}", target=2, layers=2, heads=2, seed=n),
            case=name,
        )
        for n, name in enumerate(names)
    ]
    long = make_result(
        ["[CLS]", *(f"word{n}" for n in range(WORDS)), "[MASK]", "[SEP]"],
        name="long",
        target=WORDS + 1,
        layers=2,
        heads=2,
        settings=Settings(),
        seed=1,
    )
    results = [*usual, long]
    run = describe_run(results[0].model, results[0].settings, results[0].versions, "large")
    with Store.open(neo4j_server, migrate=True) as store:
        with RunWriter(Destination(store, run, describe_model(results[0]))) as writer:
            for result in results:
                writer.write(result)
        yield run
        store.delete(run.id)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("describe_run", {}),
        ("run_report", {"report": "accuracy", "rows": 1000}),
        ("run_report", {"report": "flow-frequency", "rows": 1000}),
        ("run_report", {"report": "positions", "rows": 1000}),
        ("list_sentences", {"limit": 100}),
        ("describe_sentence", {"id": "long", "parts": ["words", "patterns", "edges"], "most": 500}),
    ],
    ids=lambda value: value if isinstance(value, str) else value.get("report", ""),
)
def test_no_answer_is_longer_than_an_agent_can_read(http_agent, large, tool, arguments):
    answer = http_agent.ask(tool, run="large", **arguments)
    assert len(as_text(answer)) < MOST
    assert answer["left_out"] or answer.get("next"), "and says nothing of it"


def test_every_row_of_a_report_can_be_had(http_agent, large):
    rows, offset = [], 0
    while True:
        answer = http_agent.ask("run_report", report="accuracy", run="large", rows=1000, offset=offset)
        rows += answer["rows"]
        if not answer["left_out"]:
            break
        (said,) = answer["left_out"]
        assert f"offset={len(rows)}" in said
        offset = len(rows)
    assert len(rows) == 402 and len({json.dumps(row) for row in rows}) == 402 and offset > 0


def test_every_sentence_can_be_had(http_agent, large):
    ids, cursor = [], None
    while True:
        page = http_agent.ask(
            "list_sentences", run="large", limit=100, **({} if cursor is None else {"cursor": cursor})
        )
        ids += [each["id"] for each in page["sentences"]]
        if (cursor := page["next"]) is None:
            break
    assert ids == [*(f"{number:04}" for number in range(401)), "long"]


def test_every_token_of_a_long_sentence_can_be_had(http_agent, large):
    tokens = []
    while len(tokens) < WORDS + 3:
        part = http_agent.ask("describe_sentence", run="large", id="long", tokens_from=len(tokens), most=1)
        assert any("tokens_from" in said for said in part["left_out"])
        tokens += part["tokens"]
    assert tokens[1] == "word0" and tokens[-3:] == [f"word{WORDS - 1}", "[MASK]", "[SEP]"]


@pytest.mark.parametrize(
    ("cypher", "said"),
    [
        ("UNWIND range(1, 5000) AS n RETURN n", "rows from number 100 on: aggregate, return less"),
        (
            "RETURN reduce(t = 'x', n IN range(1, 17) | t + t) AS long",
            f"ends of values of more than {CELL:,} characters",
        ),
        ("RETURN range(1, 100000) AS numbers", f"ends of values of more than {CELL:,} characters"),
        ("UNWIND range(1, 90) AS n RETURN reduce(t = 'x', m IN range(1, 9) | t + t) AS long", "rows from number"),
    ],
)
def test_answers_of_queries_are_bounded(http_agent, cypher, said):
    answer = http_agent.ask("query_graph", cypher=cypher)
    assert len(as_text(answer)) < MOST and any(said in each for each in answer["left_out"]), answer["left_out"]


def test_the_service_s_own_limits_hold(environment):
    with listening(environment, query_rows=3, query_seconds=1.0) as address, over_http(address) as agent:
        few = agent.ask("query_graph", cypher="UNWIND range(1, 10) AS n RETURN n", rows=1000)
        assert few["rows"] == [[1], [2], [3]] and "SKIP 3" in few["left_out"][0]
        slow = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a, b WHERE a = b RETURN count(*)"
        assert agent.refused("query_graph", cypher=slow, seconds=1000).startswith("timeout: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_a_value_of_a_table_is_small_and_near(value):
    small = cell(value)
    assert len(as_text(small)) <= 7 * CELL
    match value:
        case float():
            assert small == pytest.approx(value, rel=1e-5)
        case bool() | int() | None:
            assert small is value or small == value
        case str() if len(value) <= CELL:
            assert small == value
    assert len(as_text(rounded(value))) <= len(as_text(value)) + 5


def test_what_is_clipped_says_so():
    assert clipped("x" * 10, 10) == "x" * 10
    assert clipped("x" * 1200, 10) == "xxxxxxxxxx… (1,190 characters more)"


@given(st.lists(st.text(max_size=50)), st.integers(1, 200))
def test_the_first_rows_fit_and_one_is_always_there(rows, most):
    kept = first_of(rows, most)
    assert kept == rows[: len(kept)] and bool(kept) == bool(rows)
    assert len(kept) <= 1 or sum(len(as_text(row)) + 1 for row in kept) <= most
    assert len(as_text(first_of(["x" * 100] * 1000))) <= CHARACTERS
