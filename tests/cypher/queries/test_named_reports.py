"""Every report on a real Neo4j against the plain computation of tests/oracle/reports.py over the same results."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import cycle, pairwise, product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher.errors import RequestError
from cypher.queries.named_reports import REPORTS, run_report
from cypher.store.records import RunRecord
from cypher.store.store import Store
from cypher.store.table import Table
from tests.oracle import results as made
from tests.oracle.reports import SPECIFIED, Align, Level, Row, Specified, places_of, roles_of
from tests.workers.some_results import seen_by, some_results
from workers.analysis.results import InstanceResult
from workers.influence.baselines.methods import METHODS
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

COLUMNS = {
    "overview": "run id status model model_name instances correct accuracy tasks cases completeness_error settings "
    "versions created_at finished_at",
    "accuracy": "task case instances correct accuracy low high qoi",
    "flow-frequency": "task case layer source source_label target target_label component instances positive "
    "positive_low positive_high negative negative_low negative_high influence",
    "pattern-frequency": "task case sign pattern instances share low high influence",
    "pattern-entropy": "task case instances nodes entropy accuracy",
    "node-entropy": "task case layer place label share entropy",
    "entropy-correlation": "cases spearman",
    "attractors": "task case rank place label role instances negative influence negative_total matched_case contrast "
    "modal_pattern modal_share",
    "skip-share": "task case layer steps skips mass",
    "concentration": "task case level instances mean sd",
    "heads": "layer component patterns pattern_share influence_share",
    "positions": "task case place label role instances influence positive negative positive_visits negative_visits "
    "position",
    "stability": "task case kind top sentences size jaccard low high",
}
ANSWERED = [name for name, report in REPORTS.items() if not report.resampled]
"""Reports whose rows are what their query answers; tests/service/statistics/test_stability.py has the other one."""
FOR_PEOPLE = {"label", "role", "source_label", "target_label"}
BY_ITSELF = {"rank", *FOR_PEOPLE}  # checked, but not by comparing
OF_THE_RUN = set("run id status model model_name settings versions created_at finished_at".split())
ALL = 10**6


@dataclass(frozen=True)
class Names:
    """What sentences call a place."""

    tokens: set[str] = field(default_factory=set)
    roles: set[str | None] = field(default_factory=set)


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


@contextmanager
def stored(store: Store, results: Sequence[InstanceResult], sizes: Sequence[int] = (32,)) -> Iterator[RunRecord]:
    """A run of these results as a results file gives them back, in chunks of these sizes in turn, and of a model of its
    own, with their layers."""
    model = uuid4().hex
    results = [InstanceResult.from_json(replace(result, model=model).to_json()) for result in results]
    first = results[0]
    run = describe_run(first.model, first.settings, first.versions, f"run-{uuid4().hex}")
    store.begin(run, describe_model(first))
    try:
        at = index = 0
        for size in cycle(sizes):
            if at >= len(results):
                break
            for chunk in in_chunks(run, results[at : at + size], first=index):
                assert store.write(chunk)
                index += 1
            at += size
        store.finish(run.id)
        yield run
    finally:
        store.delete(run.id)


def aligns(results: Sequence[InstanceResult]) -> tuple[Align, ...]:
    """Those that there are: by role only where every sentence has roles."""
    return ("position",) if any(result.roles is None for result in results) else ("position", "role")


def ways(specified: Specified, results: Sequence[InstanceResult]) -> Iterator[dict[str, Any]]:
    """Every level and alignment with every task, every case and every case of a task, and all of them."""
    levels: tuple[Level | None, ...] = ("embedding", "attention") if "level" in specified.parameters else (None,)
    names = {(result.task, result.case) for result in results}
    tasks, cases = ({name[part] for name in names} for part in (0, 1))
    chosen = {(None, None)}
    if "task" in specified.parameters:
        chosen |= {(task, None) for task in tasks}
    if "case" in specified.parameters:
        chosen |= {(None, case) for case in cases} | names
    alignments = aligns(results) if "align" in specified.parameters else (None,)
    for level, align, (task, case) in product(levels, alignments, sorted(chosen, key=str)):
        every = {"level": level, "align": align, "task": task, "case": case}
        yield {name: value for name, value in every.items() if value is not None}


def told_apart(store: Store, run: str, results: Sequence[InstanceResult]) -> list[str]:
    """Where a report and the oracle differ."""
    found = []
    names: dict[str, Any] = {align: names_of_places(results, align) for align in aligns(results)}
    for name, specified in SPECIFIED.items():
        for parameters in ways(specified, results):
            limit = {"limit": ALL} if "limit" in REPORTS[name].parameters else {}
            table = run_report(store, name, {"run": run, **parameters, **limit})
            expected = specified.rows(results, **parameters)
            align = parameters.get("align", "position")
            found += [
                f"{name} {parameters}: {difference}"
                for difference in differences(specified, rows_of(table), expected, names[align])
            ]
    return found


def rows_of(table: Table) -> list[Row]:
    assert not table.cut
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def differences(
    specified: Specified,
    rows: list[Row],
    expected: list[Row],
    names: Mapping[tuple[str, str, Any], Names],
) -> Iterator[str]:
    found, wanted = ({tuple(row[name] for name in specified.key): row for row in them} for them in (rows, expected))
    if len(found) != len(rows):
        yield "two rows of one name"
    for key in wanted.keys() - found.keys():
        yield f"no row for {wanted[key]}"
    for key in found.keys() - wanted.keys():
        yield f"a row too many: {found[key]}"
    for key in found.keys() & wanted.keys():
        for column in wanted[key].keys() - BY_ITSELF:
            if column == "sd" and wanted[key]["sd"] is not None:
                agree = same_spread(found[key], wanted[key])
            else:
                agree = same(found[key][column], wanted[key][column])
            if not agree:
                yield f"{key}: {column} is {found[key][column]!r}, not {wanted[key][column]!r}"
        yield from misnamed(found[key], names)
    for one, other in pairwise(rows):
        if not in_order(one, other, specified.order):
            yield f"{one} comes before {other}"
    if "rank" in specified.order:
        yield from misranked(rows)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float | int):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-6)
    return found == wanted and isinstance(found, type(wanted))


def same_spread(found: Row, wanted: Row) -> bool:
    """Of sums of squares, which are rounded: what they leave uncertain is the square of a standard deviation."""
    return abs(found["sd"] ** 2 - wanted["sd"] ** 2) <= 1e-8 * (1 + wanted["mean"] ** 2)


def in_order(one: Row, other: Row, order: Sequence[str]) -> bool:
    """Values that only rounding tells apart leave the order open; None comes last."""
    for name in order:
        column = name.removeprefix("-")
        before, after = one[column], other[column]
        if before == after:
            continue
        if before is None or after is None:
            return after is None
        if isinstance(before, float) and math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-6):
            return True
        return before > after if name.startswith("-") else before < after
    return True


def misnamed(row: Row, names: Mapping[tuple[str, str, Any], Names]) -> Iterator[str]:
    """A label is a text, and the token where all sentences have the same there. A role is that which all have there."""
    for label in row.keys() & {"label", "source_label", "target_label"}:
        place = row["place" if label == "label" else label.removesuffix("_label")]
        there = names[row["task"], row["case"], place]
        if not row[label] or (len(there.tokens) == 1 and row[label] not in there.tokens):
            yield f"{row}: {label} names {there.tokens}"
        if "role" in row and row["role"] not in there.roles and (len(there.roles) == 1 or row["role"] is not None):
            yield f"{row}: the role is one of {there.roles}"


def names_of_places(results: Sequence[InstanceResult], align: Align) -> Mapping[tuple[str, str, Any], Names]:
    found: dict[tuple[str, str, Any], Names] = defaultdict(Names)
    for result in results:
        roles = [None] * len(result.tokens) if result.roles is None else roles_of(result)
        for place, token, role in zip(places_of(result, align), result.tokens, roles, strict=True):
            there = found[result.task, result.case, place]
            there.tokens.add(token)
            there.roles.add(role)
    return found


def misranked(rows: list[Row]) -> Iterator[str]:
    """The ranks of a case count its places, by their share of the negative total; who ties may share one or not."""
    for case in {(row["task"], row["case"]) for row in rows}:
        shares = {row["place"]: row["negative_total"] or 0 for row in rows if (row["task"], row["case"]) == case}
        for row in rows:
            if (row["task"], row["case"]) == case:
                larger = sum(share > shares[row["place"]] + 1e-9 for share in shares.values())
                not_smaller = sum(share > shares[row["place"]] - 1e-9 for share in shares.values())
                if not larger < row["rank"] <= not_smaller:
                    yield f"{row}: rank {row['rank']} is not in {larger + 1}..{not_smaller}"


def test_all_reports_are_there_with_their_columns():
    assert REPORTS.keys() == COLUMNS.keys() and set(ANSWERED) == SPECIFIED.keys()
    assert all(tuple(REPORTS[name].columns) == tuple(COLUMNS[name].split()) for name in REPORTS)
    for name, specified in SPECIFIED.items():
        assert set(specified.parameters) <= set(REPORTS[name].parameters)
        (row, *_) = specified.rows(some_results(6))
        assert set(COLUMNS[name].split()) - FOR_PEOPLE - OF_THE_RUN == row.keys()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(results=made.results(), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_reports_on_random_results(store, results, sizes):
    with stored(store, results, sizes) as run:
        assert told_apart(store, run.id, results) == []


def test_entropy_by_hand(store):
    """One sentence a chunk. The shares are told apart in tests/oracle/test_reports.py."""
    shares = {(1, 0): 2 / 3, (1, 1): 2 / 3, (1, 2): 0.0, (2, 0): 1 / 3, (2, 1): 1 / 3, (2, 2): 2 / 3}
    one = math.log2(3) - 2 / 3  # bits: the entropy of 1/3 and of 2/3
    with stored(store, made.three_sentences(), [1]) as run:
        nodes = rows_of(run_report(store, "node-entropy", {"run": run.id}))
        (case,) = rows_of(run_report(store, "pattern-entropy", {"run": run.id}))
    assert {(row["layer"], row["place"]): row["share"] for row in nodes} == pytest.approx(shares)
    entropies = {node: 0.0 if node == (1, 2) else one for node in shares}
    assert {(row["layer"], row["place"]): row["entropy"] for row in nodes} == pytest.approx(entropies)
    assert (case["task"], case["case"], case["instances"], case["nodes"]) == ("sva-obj", "SP", 3, 6)
    assert (case["entropy"], case["accuracy"]) == pytest.approx((5 * one / 6, 2 / 3))


def test_reports_on_realistic_results(store):
    results = some_results(60)
    with stored(store, results, [7, 20]) as run:
        assert told_apart(store, run.id, results) == []


@pytest.mark.parametrize("edges", [0, 30])
@pytest.mark.parametrize("sign", [1, -1])
def test_reports_without_edges_or_without_patterns_of_a_sign(store, edges, sign):
    results = [
        replace(
            result,
            words=tuple(
                replace(word, influence=sign * (abs(word.influence) + 0.5), sign=sign) for word in result.words
            ),
        )
        for result in some_results(9, edges=edges)
    ]
    with stored(store, results) as run:
        assert told_apart(store, run.id, results) == []


@pytest.mark.parametrize("limit", [1, 7, None])
@pytest.mark.parametrize("align", ["position", "role"])
def test_the_most_frequent_patterns(store, align, limit):
    results = some_results(60)
    limited = {} if limit is None else {"limit": limit}
    with stored(store, results) as run:
        for level in ("embedding", "attention"):
            table = run_report(store, "pattern-frequency", {"run": run.id, "level": level, "align": align, **limited})
            best = SPECIFIED["pattern-frequency"].rows(results, level=level, align=align)[: limit or 20]
            rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            named = ("share", "task", "case", "pattern")
            assert [[row[name] for name in named] for row in rows] == [[row[name] for name in named] for row in best]


def test_what_is_left_out_takes_its_default(store):
    results = some_results(12)
    with stored(store, results) as run:
        for name in ANSWERED:
            usual = {
                "task": None,
                "case": None,
                "level": "attention",
                "method": "gpr",
                "align": "position",
                "limit": 20,
            }
            taken = {parameter: value for parameter, value in usual.items() if parameter in REPORTS[name].parameters}
            assert run_report(store, name, {"run": run.id}) == run_report(store, name, {"run": run.id, **taken})


def test_a_resampled_report_is_not_what_its_query_answers(store):
    with pytest.raises(ValueError, match="stability are of resamples"):
        run_report(store, "stability", {"run": "0"})


def test_reports_by_method(store):
    """A method's patterns as if they were the words' own; of nodes, those at its first level."""
    results = some_results(12, methods=tuple(METHODS))
    names: dict[str, Any] = {align: names_of_places(results, align) for align in aligns(results)}
    found = []
    with stored(store, results, [5]) as run:
        for method, levels in METHODS.items():
            seen = {level: [seen_by(result, method, level) for result in results] for level in levels}
            for name, specified in SPECIFIED.items():
                report = REPORTS[name]
                if "method" not in report.parameters or report.level not in (None, *levels):
                    continue
                aligned = ({"align": align} for align in names) if "align" in specified.parameters else [{}]
                asked = [{"level": level} for level in levels] if "level" in specified.parameters else [{}]
                limit = {"limit": ALL} if "limit" in report.parameters else {}
                for align, level in product(aligned, asked):
                    table = run_report(store, name, {"run": run.id, "method": method, **align, **level, **limit})
                    at = level.get("level", report.level or levels[0])
                    expected = specified.rows(seen[at], **align, **level)
                    assert expected
                    place = names[align.get("align", "position")]
                    found += [
                        f"{name} {method}: {one}" for one in differences(specified, rows_of(table), expected, place)
                    ]
    assert found == []


def test_the_level_is_one_that_the_method_has(store):
    with stored(store, some_results(4, methods=("attention", "random", "repl_skip"))) as run:
        for method, usual in (("attention", "embedding"), ("random", "attention"), ("repl_skip", "attention")):
            asked = {"run": run.id, "method": method}
            answer = run_report(store, "flow-frequency", asked)
            assert answer.rows and answer == run_report(store, "flow-frequency", {**asked, "level": usual})
        with pytest.raises(RequestError, match="level: the method 'attention' has no patterns at that of attention"):
            run_report(store, "attractors", {"run": run.id, "method": "attention", "level": "attention"})
        with pytest.raises(
            RequestError, match="the report heads is about components, and the method 'attention' has none"
        ):
            run_report(store, "heads", {"run": run.id, "method": "attention"})
        with pytest.raises(RequestError, match="the run has no method named 'conductance'"):
            run_report(store, "heads", {"run": run.id, "method": "conductance"})


def test_entropies_that_only_rounding_tells_apart_tie(store):
    """Two nodes visited in 2/3 and 1/3 of the sentences, or in 1/3 and 2/3: the same entropy; a third case has none."""
    through = {"A": (0, 0, 1), "B": (0, 1, 1), "C": (0, 0, 0)}
    right = {"A": (1, 1, 1), "B": (1, 1, -1), "C": (-1, -1, -1)}
    results = [
        made.result(f"{case}/{number}", [made.word((0, at, 3), 1.0)], case=case, qoi=right[case][number])
        for case, visited in through.items()
        for number, at in enumerate(visited)
    ]
    with stored(store, results) as run:
        table = run_report(store, "entropy-correlation", {"run": run.id})
        # ranks 2.5, 2.5, 1 and 3, 2, 1: covariance 1.5, squares 1.5 and 2
        assert rows_of(table) == [{"cases": 3, "spearman": pytest.approx(math.sqrt(3) / 2)}]


def test_roles_align_only_where_every_sentence_has_them(store):
    results = some_results(4)
    for missing in (1, 4):
        some = [replace(result, roles=None) if at < missing else result for at, result in enumerate(results)]
        with stored(store, some) as run, pytest.raises(RequestError, match="roles"):
            run_report(store, "positions", {"run": run.id, "align": "role"})


def test_another_run_is_not_looked_at(store):
    results = some_results(20)
    other = replace(results[0], settings={"samples": 8})
    with stored(store, results[:10]) as run, stored(store, [other, *results[10:]]):
        assert told_apart(store, run.id, results[:10]) == []


def test_the_overview_names_the_run(store):
    results = some_results(5)
    with stored(store, results) as run:
        (row,) = rows_of(run_report(store, "overview", {"run": run.id}))
        assert (row["run"], row["id"], row["status"]) == (run.name, run.id, "completed")
        assert row["model"] == run.model
        assert (json.loads(row["settings"]), json.loads(row["versions"])) == (results[0].settings, results[0].versions)
        created, finished = (
            value if isinstance(value, datetime) else value.to_native()
            for value in (row["created_at"], row["finished_at"])
        )
        assert created <= finished


def test_reports_on_the_demo_run(demo_run):
    lines = Path(demo_run.results).read_text().splitlines()
    results = [InstanceResult.from_json(line) for line in lines]
    with Store.open(demo_run.connection) as store:
        assert told_apart(store, demo_run.id, results) == []
