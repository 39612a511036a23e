"""Two sides of a report beside each other, on a real Neo4j."""

from dataclasses import replace
from math import sqrt
from uuid import uuid4

import numpy as np
import pytest

from cypher.errors import RequestError
from cypher.queries.named_reports import REPORTS, run_report
from cypher.store.store import Store
from service.statistics import bootstrap
from service.statistics.comparison import NOT_COMPARABLE, Side, comparable, compare, sides
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.influence.baselines.methods import METHODS
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

PARAMETERS = {"level": "attention", "method": "gpr", "align": "position"}
MEASURES = {
    "accuracy": {"accuracy", "qoi"},
    "attractors": {"influence", "negative", "negative_total"},
    "concentration": {"mean"},
    "flow-frequency": {"positive", "negative", "influence"},
    "heads": {"pattern_share", "influence_share"},
    "node-entropy": {"share"},
    "pattern-entropy": {"entropy"},
    "pattern-frequency": {"share", "influence"},
    "positions": {"influence", "positive", "negative", "positive_visits", "negative_visits"},
    "skip-share": {"skips", "mass"},
}
VALUES = ("first", "second", "difference", "low", "high")


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


def stored(store: Store, results: list[InstanceResult]) -> str:
    run = describe_run(results[0].model, results[0].settings, results[0].versions, f"run-{uuid4().hex}")
    store.begin(run, describe_model(results[0]))
    for chunk in in_chunks(run, results):
        store.write(chunk)
    store.finish(run.id)
    return run.id


@pytest.fixture(scope="module")
def run(store) -> str:
    return stored(store, some_results(60))


@pytest.fixture(scope="module")
def other(store) -> str:
    """A run on the same sentences, with another model."""
    return stored(store, some_results(60, seed=1, model="f" * 16))


def rows_of(store: Store, report: str, side: Side, parameters: dict) -> list[dict]:
    """The report's own rows, of which a comparison has one side."""
    asked = {"run": side.run, "task": side.task, "case": side.case, "limit": 10_000, **parameters}
    known = REPORTS[report].parameters
    return run_report(store, report, {name: value for name, value in asked.items() if name in known}).dicts()


def assert_each_side_is_what_the_report_says(store: Store, run: str, report: str, parameters: dict) -> None:
    pairs = sides(store, (run, "SP"), (run, "SS"), "sva-obj")
    assert pairs == [(Side(run, "sva-obj", "SP"), Side(run, "sva-obj", "SS"))]
    table = compare(store, report, pairs, parameters)
    names = [name for name in table.columns[2:] if name not in (*VALUES, "measure")]
    reported = [rows_of(store, report, side, parameters) for side in pairs[0]]
    for row in table.dicts():
        assert (row["task"], row["case"]) == ("sva-obj", "SP − SS")
        for rows, value in zip(reported, (row["first"], row["second"]), strict=True):
            (expected,) = [one for one in rows if all(one[name] == row[name] for name in names)] or [{}]
            absent = None if (row["measure"], value) == ("influence", None) else 0.0  # a mean of no patterns
            assert value == pytest.approx(expected.get(row["measure"], absent), abs=1e-6), row
        if row["difference"] is not None:
            assert row["difference"] == pytest.approx(row["first"] - row["second"])
            assert row["low"] <= row["high"]
    sizes = [-1.0 if row["difference"] is None else abs(row["difference"]) for row in table.dicts()]
    assert sizes == sorted(sizes, reverse=True)
    assert {row["measure"] for row in table.dicts()} == MEASURES[report]


@pytest.mark.parametrize("align", ["position", "role"])
@pytest.mark.parametrize("report", comparable())
def test_each_side_is_what_the_report_says(store, run, report, align):
    assert_each_side_is_what_the_report_says(store, run, report, PARAMETERS | {"align": align})


@pytest.mark.parametrize("method", ["attention", "random", "repl_skip"])
def test_each_side_is_what_the_report_says_of_a_method(store, method):
    run = stored(store, some_results(30, methods=("attention", "random", "repl_skip")))
    for report in (REPORTS[name] for name in comparable()):
        for level in METHODS[method]:
            if "method" in report.parameters and report.level in (None, level):
                asked = PARAMETERS | {"method": method, "level": level}
                assert_each_side_is_what_the_report_says(store, run, report.name, asked)


def test_the_interval_of_shares_is_that_of_their_normal_approximation(store):
    results = [replace(one, task="t", case="AB"[i % 2]) for i, one in enumerate(some_results(400))]
    right = np.random.default_rng(0).random(400) < np.where(np.arange(400) % 2, 0.5, 0.8)
    run = stored(store, [replace(one, qoi=1.0 if yes else -1.0) for one, yes in zip(results, right, strict=True)])
    table = compare(store, "accuracy", sides(store, (run, "A"), (run, "B"), None), PARAMETERS)
    (row,) = (row for row in table.dicts() if row["measure"] == "accuracy")
    first, second = right[::2].mean(), right[1::2].mean()
    assert (row["first"], row["second"]) == pytest.approx((first, second))
    half = 1.96 * sqrt((first * (1 - first) + second * (1 - second)) / 200)
    assert row["low"] == pytest.approx(first - second - half, abs=0.01)
    assert row["high"] == pytest.approx(first - second + half, abs=0.01)


def test_the_interval_of_means_is_that_of_their_normal_approximation(store, run):
    """Of words' influences, whose spread the results tell."""
    results = some_results(60)
    members = [[one for one in results if one.case == case and one.task == "sva-obj"] for case in ("SP", "SS")]
    values = [np.array([one.words[2].influence for one in side]) for side in members]
    table = compare(store, "attractors", sides(store, (run, "SP"), (run, "SS"), "sva-obj"), PARAMETERS)
    (row,) = (r for r in table.dicts() if (r["place"], r["measure"]) == (members[0][0].words[2].position, "influence"))
    half = 1.96 * sqrt(sum(side.var() / len(side) for side in values))
    assert row["difference"] == pytest.approx(values[0].mean() - values[1].mean(), abs=1e-6)
    assert row["high"] - row["low"] == pytest.approx(2 * half, rel=0.1)


def test_the_same_sentences_are_drawn_together(store, run, other):
    itself = sides(store, (run, None), (run, None), None)
    same = compare(store, "attractors", itself, PARAMETERS)
    assert [side.case for side, _ in itself] == ["PS", "SP", "SS"]
    assert {(row["difference"], row["low"], row["high"]) for row in same.dicts()} == {(0.0, 0.0, 0.0)}
    assert {(row["task"], row["case"]) for row in same.dicts()} == {
        ("sva-obj", "SS"),
        ("sva-obj", "SP"),
        ("ra-na", "PS"),
    }
    between = compare(store, "accuracy", sides(store, (run, None), (other, None), None), PARAMETERS)
    assert {(row["difference"], row["low"], row["high"]) for row in between.dicts()} == {(0.0, 0.0, 0.0)}
    assert any(
        row["difference"]
        for row in compare(store, "heads", sides(store, (run, None), (other, None), None), PARAMETERS).dicts()
    )


def test_a_mean_of_what_one_side_lacks_is_none_and_a_share_of_it_is_nothing(store):
    """In one case the first word goes through head 0, in the other through head 1."""
    results = [
        replace(one, task="t", case="AB"[number % 2], words=(replace(one.words[0], components=(number % 2,) * 3),))
        for number, one in enumerate(some_results(20))
    ]
    run = stored(store, results)
    table = compare(store, "pattern-frequency", sides(store, (run, "A"), (run, "B"), None), PARAMETERS)
    shares = [row for row in table.dicts() if row["measure"] == "share"]
    assert shares and all(min(row["first"], row["second"]) == 0.0 for row in shares)
    one_sided = [row for row in table.dicts() if row["measure"] == "influence"]
    assert one_sided and all((row["first"] is None) != (row["second"] is None) for row in one_sided)
    assert {row["difference"] for row in one_sided} == {None}


@pytest.mark.parametrize("report", ["heads", "pattern-entropy"])
def test_resamples_in_blocks_are_those_of_one_block(store, run, other, report, monkeypatch):
    for pairs in (
        sides(store, (run, "SP"), (run, "SS"), "sva-obj"),
        sides(store, (run, None), (other, None), None),
    ):
        whole = compare(store, report, pairs, PARAMETERS)
        with monkeypatch.context() as patch:
            patch.setattr(bootstrap, "CELLS", 20 * 300)  # of the 20 sentences of a case: 7 blocks, the last not full
            assert [len(block) for block in bootstrap.Resamples(20, (0, 0))] == [1, *[300] * 6, 200]
            blocks = compare(store, report, pairs, PARAMETERS)
        found, expected = ({row[:-5]: row[-5:] for row in table.rows} for table in (blocks, whole))
        assert found.keys() == expected.keys() and expected
        for key, numbers in expected.items():
            assert found[key] == pytest.approx(numbers, rel=1e-9, abs=1e-9)


def test_what_cannot_be_compared_is_named(store, run):
    assert {*comparable(), *NOT_COMPARABLE} == REPORTS.keys()
    with pytest.raises(RequestError, match=r"overview is of a whole run, and cases are compared\. Compare accuracy, "):
        compare(store, "overview", [], PARAMETERS)
    with pytest.raises(RequestError, match="Compare pattern-entropy and accuracy"):
        compare(store, "entropy-correlation", [], PARAMETERS)
    with pytest.raises(RequestError, match=r"stability is of resamples already, .*Run it for each side"):
        compare(store, "stability", [], PARAMETERS)
    with pytest.raises(RequestError, match="Did you mean 'SS'"):
        sides(store, (run, "SS"), (run, "SSS"), None)
    with pytest.raises(RequestError, match="no task and case in common"):
        sides(store, (run, "PS"), (run, "SS"), None)
