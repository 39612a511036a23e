"""The report `stability`: sets and their Jaccard indices by themselves, and the whole on a real Neo4j."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher.errors import RequestError
from cypher.store.store import Store
from service.operations.reports import Choices, ReportAnswer, run_report
from service.statistics import stability as computed
from service.statistics.elements import Elements
from service.statistics.stability import agreement, jaccard_indices, sets, sizes
from tests.oracle import results as made
from tests.oracle import stability as oracle
from tests.workers.some_results import some_results
from workers.analysis.results import Edges, InstanceResult
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

FEW = 12
"""Draws where the oracle looks at every pair of them."""


@pytest.fixture(scope="module")
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


@contextmanager
def stored(store: Store, results: Sequence[InstanceResult]) -> Iterator[str]:
    """The id of a run of these results, of a model of its own."""
    model = uuid4().hex
    results = [replace(result, model=model) for result in results]
    run = describe_run(model, results[0].settings, results[0].versions, f"run-{uuid4().hex}")
    store.begin(run, describe_model(results[0]))
    try:
        for chunk in in_chunks(run, results):
            store.write(chunk)
        store.finish(run.id)
        yield run.id
    finally:
        store.delete(run.id)


def elements(sentences: Sequence[dict[int, float]]) -> Elements:
    entries = [entry for sentence in sentences for entry in sentence.items()]
    return Elements.of(
        [len(sentence) for sentence in sentences], [name for name, _ in entries], [value for _, value in entries]
    )


def agree(sentences: Sequence[dict[int, float]], tops: Sequence[int] = (5,)) -> dict[tuple[int | None, int], tuple]:
    return {row[:2]: row[2:] for row in agreement(elements(sentences), tops)}


def told_apart(answer: ReportAnswer, expected: list[dict[str, Any]]) -> list[str]:
    """Where the report and the oracle differ, rows in their order."""
    rows = answer.table.dicts()
    found = [] if len(rows) == len(expected) else [f"{len(rows)} rows, not {len(expected)}"]
    for row, wanted in zip(rows, expected, strict=False):
        for name, value in wanted.items():
            if row[name] != (value if not isinstance(value, float) else pytest.approx(value, abs=1e-12)):
                found.append(f"{name} is {row[name]}, not {value}: {row}")
    return found


def without_ties(results: Sequence[InstanceResult]) -> list[InstanceResult]:
    """The results with other influences, no two of the same size."""
    random = np.random.default_rng(0)
    found = []
    for result in results:
        words = tuple(
            replace(word, embedding_influence=random.normal(), attention_influence=random.normal())
            for word in result.words
        )
        kept = result.edges
        if kept is not None:
            columns = (kept.layer, kept.source, kept.target, kept.component)
            kept = Edges(*columns, influence=random.normal(size=len(kept.layer)))
        found.append(replace(result, words=words, edges=kept))
    return found


class TestSets:
    @given(
        sentences=st.lists(st.dictionaries(st.integers(0, 8), st.integers(-3, 3)), min_size=1, max_size=6),
        data=st.data(),
    )
    def test_the_strongest_and_the_most_frequent(self, sentences, data):
        """Small whole numbers: there are ties, and sums that are 0."""
        counts = data.draw(st.lists(st.integers(0, 3), min_size=len(sentences), max_size=len(sentences)))
        counts[0] = max(counts[0], 1)
        tops = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True))
        names = sorted({name for sentence in sentences for name in sentence})
        *strongest, frequent = sets(elements(sentences), np.array(counts), tops)
        times = list(zip(counts, sentences, strict=True))
        sums = {name: abs(sum(count * one.get(name, 0) for count, one in times)) for name in names}
        by_strength = sorted((name for name in names if sums[name]), key=lambda name: (-sums[name], name))
        for top, found in zip(tops, strongest, strict=True):
            assert [names[each] for each in found] == by_strength[:top]
        assert [names[each] for each in frequent] == [
            name for name in names if 2 * sum(count * (name in one) for count, one in times) >= sum(counts)
        ]

    def test_entries_of_one_element_in_one_sentence_are_added_up(self):
        of = Elements.of([3, 0, 1], [7, 2, 7, 7], [1.0, 4.0, 2.0, -5.0])
        influence, sentences = of.totals(np.array([2, 1, 1]))
        assert (influence.tolist(), sentences.tolist()) == ([8.0, 1.0], [2, 3])  # of 2 and of 7

    @given(st.lists(st.sets(st.integers(0, 6)), min_size=2, max_size=6))
    def test_jaccard_indices_are_those_of_every_pair(self, some):
        members = [np.array(sorted(each), dtype=np.int64) for each in some]
        pairs = [oracle.jaccard(one, other) for at, one in enumerate(some) for other in some[at + 1 :]]  # pyright: ignore[reportArgumentType]
        assert jaccard_indices(members).tolist() == pytest.approx(pairs, abs=1e-15)

    @pytest.mark.parametrize(
        ("sentences", "expected"),
        [(1, [1]), (10, [10]), (11, [10, 11]), (30, [10, 20, 30]), (1000, [10, 20, 50, 100, 200, 500, 1000])],
    )
    def test_sizes(self, sentences, expected):
        assert sizes(sentences) == expected


class TestAgreement:
    def test_sentences_that_are_the_same_agree(self):
        found = agree([{1: 0.5, 2: -3.0, 3: 0.1}] * 30, tops=(1, 2, 50))
        assert {size for _, size in found} == {10, 20, 30}
        assert {top: size for (top, _), (size, *_) in found.items()} == {1: 1, 2: 2, 50: 3, None: 3}
        assert {row[1:] for row in found.values()} == {(1.0, 1.0, 1.0)}

    def test_two_elements_in_half_of_the_sentences_each(self):
        """The stronger of the two is that of the sentences that are drawn more often: either, with 1/2 each, but for
        draws with a tie, which take the first one. Two draws agree with p² + (1 - p)²."""
        _, jaccard, low, high = agree([{1: 1.0}, {2: 1.0}] * 500, tops=(1,))[1, 1000]
        assert jaccard == pytest.approx(0.5, abs=0.03)
        assert (low, high) == (0.0, 1.0)

    def test_a_kind_without_any_element_in_half_of_the_sentences_agrees_on_that(self):
        assert agree([{number: 1.0} for number in range(40)])[None, 40] == (0, 1.0, 1.0, 1.0)

    def test_a_single_sentence_tells_nothing(self):
        assert agree([{1: 2.0, 2: 1.0}], tops=(1, 5)) == {
            (1, 1): (1, None, None, None),
            (5, 1): (2, None, None, None),
            (None, 1): (2, None, None, None),
        }

    def test_more_sentences_agree_more(self):
        """The same distribution: 40 elements of means 0 to 1, and noise."""
        random = np.random.default_rng(1)
        sentences = [dict(enumerate(random.normal(np.linspace(0, 1, 40)))) for _ in range(1000)]
        found = agree(sentences, tops=(10,))
        by_size = [found[10, size][1] for size in sizes(1000)]
        assert by_size == sorted(by_size) and by_size[0] < 0.5 < 0.75 < by_size[-1]
        assert all(0 <= low <= mean <= high <= 1 for _, mean, low, high in found.values())
        fewer = agree(sentences[:100], tops=(10,))
        assert fewer[10, 100][1] == pytest.approx(found[10, 100][1], abs=0.1)

    def test_it_is_the_same_each_time(self):
        sentences = [{number % 7: 1.0, 9: float(number)} for number in range(60)]
        assert agree(sentences) == agree(sentences)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(results=made.results(), top=st.sampled_from([None, 1, 3]))
def test_random_results(store, results, top):
    results = without_ties(results)
    alignments = ("position", "role") if all(result.roles is not None for result in results) else ("position",)
    with pytest.MonkeyPatch.context() as patch, stored(store, results) as run:
        patch.setattr(computed, "RESAMPLES", FEW)
        for align in alignments:
            answer = run_report(store, "stability", run, Choices(align=align, top=top))
            tops = (5, 10, 20, 50) if top is None else (top,)
            assert told_apart(answer, oracle.stability(results, align=align, tops=tops, draws=FEW)) == []


def test_realistic_results(store):
    """All 200 draws, of one case; and the same whatever the order in which the sentences were stored."""
    results = some_results(75)
    expected = oracle.stability(results, "sva-obj", "SP", tops=(10,))
    assert {row["kind"] for row in expected} == {"edge", "head", "pattern", "path"}
    assert {row["sentences"] for row in expected} == {10, 20, 25}
    choices = Choices("sva-obj", "SP", top=10)
    with stored(store, results) as run:
        answer = run_report(store, "stability", run, choices)
        assert told_apart(answer, expected) == []
        assert run_report(store, "stability", run, choices).table == answer.table
        assert run_report(store, "stability", run, choices, rows=3).table.rows == answer.table.rows[:3]
    with stored(store, results[::-1]) as run:
        assert run_report(store, "stability", run, choices).table == answer.table


def test_by_method(store):
    """Attention has paths alone; edges are of no method."""
    with stored(store, some_results(6, methods=("attention", "random"))) as run:
        rows = {
            method: run_report(store, "stability", run, Choices(case="SP", method=method, top=5))
            for method in ("gpr", "attention", "random")
        }
    kinds = {method: list(dict.fromkeys(row["kind"] for row in one.table.dicts())) for method, one in rows.items()}
    assert kinds == {
        "gpr": ["edge", "head", "pattern", "path"],
        "attention": ["edge", "path"],
        "random": ["edge", "head", "pattern", "path"],
    }
    assert "there are no rows of the kind head: the run has none stored" in rows["attention"].notices


def test_what_a_run_has_not_kept_is_told(store):
    results = some_results(6)
    some = [replace(result, settings={**result.settings, "edges": "top:30", "words": "top:3"}) for result in results]
    none = [replace(result, settings={**result.settings, "edges": "none"}, edges=None) for result in results]
    mixed = [replace(result, edges=None) if result.case == "PS" else result for result in some]
    notices = []
    for each in (some, none, mixed):
        with stored(store, each) as run:
            answer = run_report(store, "stability", run, Choices(top=5))
            assert answer.table.rows
            notices.append([notice.replace(answer.run.name, "R") for notice in answer.notices])
    words = "run 'R' has patterns of the strongest words only (top:3); what is counted is of these"
    edges = "run 'R' keeps the strongest edges of each sentence only (top:30); others count as 0"
    assert notices == [
        [words, edges],
        ["there are no rows of the kind edge: the run has none stored"],
        [words, edges, "there are no rows of the kind edge of ra-na PS: the run has none stored"],
    ]


def test_bad_choices_are_named(store):
    with stored(store, some_results(3)) as run:
        with pytest.raises(RequestError, match="top: 0 is not a number of elements"):
            run_report(store, "stability", run, Choices(top=0))
        with pytest.raises(RequestError, match="the report heads has no top"):
            run_report(store, "heads", run, Choices(top=5))
        with pytest.raises(RequestError, match="the report stability has no level"):
            run_report(store, "stability", run, Choices(level="attention"))
