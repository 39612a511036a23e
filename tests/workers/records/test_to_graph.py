"""Results as records: ids, chunks, and what a chunk adds to the superposition."""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher.bulk.totals import Totals
from cypher.errors import InvalidInput
from cypher.store.records import RunRecord, key
from tests.workers.some_results import LAYERS, some_results
from workers.analysis.results import Edges, InstanceResult, PatternResult
from workers.records.chunks import INSTANCES, in_chunks, to_chunk
from workers.records.exact_sums import rounded
from workers.records.superposition import roles_of, signature
from workers.records.to_graph import describe_model, describe_run, to_record


def run_of(results: list[InstanceResult], name: str = "some") -> RunRecord:
    return describe_run(results[0].model, results[0].settings, results[0].versions, name)


def test_a_run_is_its_model_its_settings_and_its_name():
    (result,) = some_results(1)
    ids = {
        describe_run(model, settings, {"torch": versions}, name).id
        for versions in ("1", "2")
        for model, settings, name in (
            ("a", result.settings, "x"),
            ("b", result.settings, "x"),
            ("a", result.settings | {"samples": 7}, "x"),
            ("a", result.settings, "y"),
            ("a", dict(reversed(result.settings.items())), "x"),
        )
    }
    assert len(ids) == 4


def test_ids_say_what_a_row_is_of():
    results = some_results(40)
    run = run_of(results)
    chunks, again = list(in_chunks(run, results)), list(in_chunks(run, some_results(40)))
    assert chunks == again
    other = list(in_chunks(run_of(results, "other"), results))
    ids, others = (
        {
            row.id
            for chunk in them
            for row in (chunk, *chunk.instances, *chunk.cases, *chunk.sites, *chunk.traffic, *chunk.routes)
        }
        for them in (chunks, other)
    )
    assert not ids & others
    inside = [part.id for chunk in chunks for one in chunk.instances for part in (*one.activations, *one.patterns)]
    assert len(set(inside)) == len(inside) == 40 * (LAYERS * 11 + 1 + 2 * 10)


def test_a_record_holds_the_result():
    (result,) = some_results(1)
    record = to_record(run_of([result]), result)
    assert (record.name, record.text, record.qoi, record.predicted_correctly) == (result.id, result.text, 2.5, True)
    assert len(record.activations) == LAYERS * 11 + 1
    assert record.activations[-1][1:] == (LAYERS, 7, "[MASK]", "target")
    for flow, edge in zip(record.flows, result.edges or (), strict=True):
        source, target = record.activations[flow.source], record.activations[flow.target]
        assert (source.layer, source.position) == (edge.layer, edge.source)
        assert (target.layer, target.position) == (edge.layer + 1, edge.target)
        assert (flow.component, flow.influence) == (edge.component, edge.influence)
    at_embeddings, at_heads = record.patterns[:2]
    word = result.words[0]
    assert (at_embeddings.influence, at_heads.influence) == (word.embedding_influence, word.attention_influence)
    assert (at_embeddings.trace, at_heads.trace) == (word.embedding_trace, word.attention_trace)
    assert at_embeddings.components is None and at_heads.components == word.components
    for pattern in (at_embeddings, at_heads):
        assert [record.activations[step.activation].position for step in pattern.steps] == list(word.path)
        assert [step.order for step in pattern.steps] == list(range(LAYERS + 1))
    assert [step.component for step in at_heads.steps] == [*word.components, None]
    assert {step.component for step in at_embeddings.steps} == {None}


def test_a_record_holds_the_patterns_of_baseline_methods():
    (result,) = some_results(1, methods=("random", "attention"))
    record = to_record(run_of([result]), result)
    found = record.patterns[2 * len(result.words) :]
    words = {word.position: word for word in result.words}
    for made, pattern in zip(found, result.patterns, strict=True):
        word = words[pattern.position]
        assert (made.method, made.level, made.source) == (pattern.method, pattern.level, pattern.position)
        assert (made.path, made.components, made.influence) == (pattern.path, pattern.components, pattern.influence)
        assert (made.sign, made.token, made.total_influence) == (word.sign, word.token, word.influence)
        assert made.trace is None and made.signature == signature(pattern.path, pattern.components)
        assert [record.activations[step.activation].position for step in made.steps] == list(pattern.path)
        assert [step.component for step in made.steps[:-1]] == list(pattern.components or [None] * LAYERS)
    assert len({made.id for made in record.patterns}) == len(record.patterns)


def test_derived_numbers():
    (result,) = some_results(1)
    record = to_record(run_of([result]), result)
    positive = [word for word in result.words if word.influence > 0]
    through = sum(word.attention_influence for word in positive) / sum(word.influence for word in positive)
    assert record.attention_concentration == pytest.approx(through)
    assert record.embedding_concentration == pytest.approx(0.8)
    for layer in range(LAYERS):
        strengths = [(abs(edge.influence), edge.component) for edge in result.edges or () if edge.layer == layer]
        assert (record.edge_mass or ())[layer] == pytest.approx(sum(value for value, _ in strengths))
        assert (record.skip_mass or ())[layer] == pytest.approx(sum(value for value, by in strengths if by == -1))
    assert record.completeness_error == result.completeness_error
    negative = replace(result, words=tuple(replace(word, influence=-1.0, sign=-1) for word in result.words))
    assert to_record(run_of([result]), negative).embedding_concentration is None


@pytest.mark.parametrize(("errors", "worst"), [((0.02, 0.03), 0.03), ((None, 0.02), 0.02), ((None, None), None)])
def test_a_case_has_the_worst_completeness_error_there_is(errors, worst):
    result = some_results(1)[0]
    results = [replace(result, id=str(number), completeness_error=error) for number, error in enumerate(errors)]
    ((chunk,),) = [list(in_chunks(run_of(results), results))]
    assert [case.completeness_error for case in chunk.cases] == [worst]
    totals = Totals()
    for each in results:
        for one in in_chunks(run_of(results), [each]):
            totals.add(one)
    assert [case.completeness_error for case in totals.cases.values()] == [worst]


def test_versions_are_kept_where_they_are_not_the_runs():
    first, second = some_results(2)
    run = run_of([first])
    assert to_record(run, first).versions is None
    assert to_record(run, replace(second, versions={"torch": "9"})).versions == '{"torch": "9"}'


def test_signatures():
    assert signature((2, 2, 7), None) == "2>2>7"
    assert signature((2, 2, 7), (-1, 3)) == "2 skip 2 h3 7"


def test_roles_are_unique_in_a_sentence():
    (result,) = some_results(1)
    names = roles_of(replace(result, roles=("", "det", "subject", "", "det", "", "", "det", "", "", "")))
    assert names is not None
    assert names == (result.tokens[0], "det", "subject", result.tokens[3], "det 2", *names[5:7], "det 3", *names[8:])
    assert len(set(names)) == 11
    clashing = roles_of(replace(result, roles=("det", "det 2", "det", "det 2", *"abcdefg")))
    assert clashing is not None and clashing[:4] == ("det", "det 2", "det 3", "det 2 2")
    assert roles_of(replace(result, roles=None)) is None


def test_places_are_called_by_the_tokens_as_they_read():
    results = [replace(each, case="SS") for each in some_results(2)]
    spelled = [tuple(f"Ġ{token}" for token in each.tokens) for each in results]
    bytes_ = [replace(each, tokens=tokens, texts=each.tokens) for each, tokens in zip(results, spelled, strict=True)]
    for own, other in ((results, bytes_), (results, results)):
        labels = [
            [site.label for chunk in in_chunks(run_of(some), some) for site in chunk.sites] for some in (own, other)
        ]
        assert labels[0] == labels[1] and "pilot" not in labels[0] and "guards" in labels[0]
    record = to_record(run_of(bytes_), bytes_[0])
    assert (record.tokens, record.texts) == (spelled[0], results[0].tokens)
    assert roles_of(replace(bytes_[0], roles=("",) * 11)) == roles_of(replace(results[0], roles=("",) * 11))
    assert to_record(run_of(results), results[0]).texts is None


def test_without_edges():
    (result,) = some_results(1, edges=0)
    record = to_record(run_of([result]), result)
    assert record.flows == () and record.edge_mass is None and record.skip_mass is None


def test_chunks_are_bounded_by_instances_and_by_rows():
    results = some_results(2 * INSTANCES + 3)
    run = run_of(results)
    chunks = list(in_chunks(run, results, first=5))
    assert [(chunk.index, len(chunk.instances)) for chunk in chunks] == [(5, INSTANCES), (6, INSTANCES), (7, 3)]
    for chunk in chunks:
        for rows in (chunk.instances, chunk.cases, chunk.sites, chunk.traffic, chunk.routes):
            assert [row.id for row in rows] == sorted(row.id for row in rows)
        assert sum(case.instances for case in chunk.cases) == len(chunk.instances)
    large = some_results(5, edges=18_000)
    assert [len(chunk.instances) for chunk in in_chunks(run, large)] == [2, 2, 1]


def test_chunks_cut_off_go_on_as_if_they_had_not_been():
    results = some_results(2 * INSTANCES)
    run = run_of(results)
    whole = list(in_chunks(run, results))
    assert [*whole[:1], *in_chunks(run, results[INSTANCES:], first=1, before=INSTANCES)] == whole


def test_a_result_that_does_not_hold_together_is_refused():
    (result,) = some_results(1)
    beyond = Edges(np.array([0]), np.array([0]), np.array([11]), np.array([0]), np.array([0.1]))
    short = replace(result.words[0], path=(0, 7))
    far = replace(result.words[0], path=(0, 0, -1, 7))
    pattern = PatternResult("attention", 0, (0, 0, 7, 7), None, 0.1)
    for wrong in (
        replace(result, edges=beyond),
        replace(result, words=(short,)),
        replace(result, words=(far,)),
        replace(result, words=()),
        replace(result, qoi=float("nan")),
        replace(result, words=(replace(result.words[0], attention_influence=float("inf")),)),
        replace(result, patterns=(pattern, pattern)),
        replace(result, patterns=(replace(pattern, position=7),)),
        replace(result, patterns=(replace(pattern, path=(3, 0, 0, 7)),)),
        replace(result, patterns=(replace(pattern, influence=float("nan")),)),
    ):
        with pytest.raises(InvalidInput, match="sva-obj/SS/0"):
            to_record(run_of([result]), wrong)
    assert describe_model(result).layers == LAYERS


@settings(deadline=None)
@given(count=st.integers(1, 12), seed=st.integers(0, 50))
def test_the_superposition_is_what_counting_by_hand_gives(count, seed):
    results = some_results(count, seed=seed)
    run = run_of(results)
    chunk = to_chunk(run, "whole", 0, results, [to_record(run, result) for result in results], range(count))
    by_place = {(site.case, site.layer, site.position): site for site in chunk.sites}
    for task, case in {(result.task, result.case) for result in results}:
        members = [result for result in results if (result.task, result.case) == (task, case)]
        name = key(run.id, "case", task, case)
        for layer in range(LAYERS):
            for position in range(11):
                site = by_place[name, layer, position]
                assert site.role == (roles_of(members[0]) or ())[position]
                through = [[word for word in one.words if word.path[layer] == position] for one in members]
                assert site.instances == len(members)
                assert site.positive == sum(any(word.sign > 0 for word in words) for words in through)
                assert site.negative == sum(any(word.sign < 0 for word in words) for words in through)
                total = sum(word.influence for words in through for word in words)
                assert site.positive_influence + site.negative_influence == pytest.approx(total, abs=1e-7)
                tokens = {one.tokens[position] for one in members}
                assert site.label == (tokens.pop() if len(tokens) == 1 else site.role)
    taken: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    flowing: Counter[tuple[object, ...]] = Counter()
    for result in results:
        signs = set()
        for word in result.words:
            for layer, component in enumerate(word.components):
                place = (result.task, result.case, layer, word.path[layer], word.path[layer + 1])
                for step, value in (
                    ((*place, "embedding", None), word.embedding_influence),
                    ((*place, "attention", component), word.attention_influence),
                ):
                    taken[step]["patterns"] += 1
                    flowing[step] += value  # type: ignore[assignment]
                    signs.add((step, word.sign))
        for step, sign in signs:
            taken[step]["positive" if sign > 0 else "negative"] += 1
    assert len(chunk.traffic) == len(taken)
    by_id = {site.id: site for site in chunk.sites}
    names = {key(run.id, "case", one.task, one.case): (one.task, one.case) for one in results}
    for row in chunk.traffic:
        source, target = by_id[row.source], by_id[row.target]
        step = (*names[source.case], source.layer, source.position, target.position, row.level, row.component)
        expected = taken[step]
        assert (row.positive, row.negative, row.patterns) == tuple(
            expected[what] for what in ("positive", "negative", "patterns")
        )
        assert row.influence == pytest.approx(flowing[step], abs=1e-7)
    routes: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for result in results:
        for word in result.words:
            for components, value in ((None, word.embedding_influence), (word.components, word.attention_influence)):
                routes[result.task, result.case, word.sign, word.path, components].append(value)
    assert len(chunk.routes) == len(routes)
    for row in chunk.routes:
        values = routes[*names[row.case], row.sign, row.path, row.components]
        assert row.instances == len(values) and row.influence == pytest.approx(sum(values), abs=1e-7)


@given(st.lists(st.floats(-1e4, 1e4), max_size=200), st.randoms())
def test_sums_have_no_order(values, random):
    terms = [rounded(value) for value in values]
    whole = sum(terms)
    random.shuffle(terms)
    assert sum(terms) == whole
    assert whole == pytest.approx(sum(values), abs=1e-7)
