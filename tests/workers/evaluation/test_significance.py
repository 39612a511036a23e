"""Every word's pattern among random ones: what is drawn, and that it depends on nothing else."""

from dataclasses import replace

import pytest

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.patterns import Pattern, pattern_influence
from workers.evaluation.significance import PatternSignificance, own_and_random, rank_among_random, rank_found
from workers.influence.component import SKIP
from workers.influence.graph import Graph
from workers.influence.passes.pattern_influence import Patterns
from workers.models import Model, load_model

SETTINGS = Settings(samples=4)
DRAWS = 40
SENTENCES = [
    Instance("a", "the pilot that the guards like ***mask*** tall .", correct="is", wrong="are"),
    Instance("b", "the guards ***mask*** tall .", correct="are", wrong="is"),
    Instance("c", "the author that the men admire ***mask*** tall .", correct="is", wrong="are"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=16)
    return load_model(path, device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def ranked(model: Model) -> list[PatternSignificance]:
    return list(rank_among_random(model, SENTENCES, SETTINGS, draws=DRAWS))


def test_every_word_has_one_at_each_level(model: Model, ranked: list[PatternSignificance]):
    expected = [
        (result.id, word.position, word.token, level, influence)
        for result in analyze(model, SENTENCES, SETTINGS)
        for level in ("embedding", "attention")
        for word, influence in (
            (word, word.embedding_influence if level == "embedding" else word.attention_influence)
            for word in result.words
        )
    ]
    assert [(row.id, row.position, row.token, row.level) for row in ranked] == [row[:4] for row in expected]
    assert [row.influence for row in ranked] == pytest.approx([row[4] for row in expected], rel=1e-9, abs=1e-13)


def paths_of(patterns: Patterns) -> list[tuple[int, ...]]:
    columns = [nodes[0].tolist() for nodes in patterns.nodes if nodes is not None]
    return list(zip(*columns, strict=True))


def test_the_numbers_are_those_of_the_patterns_drawn(model: Model, ranked: list[PatternSignificance]):
    (result,) = analyze(model, SENTENCES[:1], SETTINGS)
    rows = {(row.level, row.position): row for row in ranked if row.id == "a"}
    for level in ("embedding", "attention"):
        patterns = own_and_random(result, level, Graph(3, 4, len(result.tokens)), DRAWS, seed=0)
        paths = paths_of(patterns)
        chosen = [None if level == "embedding" else tuple(some) for some in patterns.component[0].tolist()]
        found = pattern_influence(
            model, SENTENCES[0], [Pattern(*one) for one in zip(paths, chosen, strict=True)], SETTINGS
        )
        for index, word in enumerate(result.words):
            start = index * (1 + DRAWS)
            own, *drawn = found[start : start + 1 + DRAWS]
            row = rows[level, word.position]
            assert row.beaten == sum(word.sign * own > word.sign * value for value in drawn)
            assert row.mean == pytest.approx(sum(drawn) / DRAWS, rel=1e-9)
            assert row.z == pytest.approx(word.sign * (own - row.mean) / row.deviation, rel=1e-6)
            assert row.p_empirical == (1 + DRAWS - row.beaten) / (1 + DRAWS)
            assert 0 <= row.p_normal <= 1


def test_patterns_that_results_hold_are_taken_as_they_are(model: Model, ranked: list[PatternSignificance]):
    results = list(analyze(model, SENTENCES, SETTINGS))
    assert list(rank_found(model, results, SETTINGS, draws=DRAWS)) == ranked
    (first, *others) = results[0].words
    path = (first.path[0], *(0 for _ in first.path[1:-1]), first.path[-1])
    assert path != first.path
    changed = replace(results[0], words=(replace(first, path=path), *others))
    row = next(rank_found(model, [changed], SETTINGS, draws=DRAWS))
    sentence = next(each for each in SENTENCES if each.id == changed.id)
    assert [row.influence] == pytest.approx(pattern_influence(model, sentence, [Pattern(path)], SETTINGS), rel=1e-9)
    with pytest.raises(InvalidInput, match="Name the model that made the results"):
        rank_found(model, [replace(results[0], model="0123")], SETTINGS, draws=DRAWS)
    with pytest.raises(InvalidInput, match="1 have no standard deviation"):
        rank_found(model, results, SETTINGS, draws=1)


def test_at_attention_level_only_components_are_drawn(model: Model):
    (result,) = analyze(model, SENTENCES[:1], SETTINGS)
    patterns = own_and_random(result, "attention", Graph(3, 4, len(result.tokens)), DRAWS, seed=0)
    paths = paths_of(patterns)
    assert paths == [word.path for word in result.words for _ in range(1 + DRAWS)]
    assert patterns.component[0, :: 1 + DRAWS].tolist() == [list(word.components) for word in result.words]
    stays = [nodes[:-1][step] == nodes[1:][step] for nodes in paths for step in range(3)]
    skips = (patterns.component[0] == SKIP).flatten().tolist()
    assert any(skips) and all(stay for stay, skip in zip(stays, skips, strict=True) if skip)


def test_a_word_is_given_the_same_whatever_else_is_computed(model: Model, ranked: list[PatternSignificance]):
    settings = Settings(samples=4, sources=(2, 1))
    again = list(rank_among_random(model, SENTENCES[::-1], settings, draws=DRAWS))
    before = {(row.id, row.position, row.level): row for row in ranked}
    assert len(again) == 3 * 2 * 2
    for row in again:
        same = before[row.id, row.position, row.level]
        assert (row.beaten, row.p_empirical) == (same.beaten, same.p_empirical)
        assert (row.mean, row.deviation) == pytest.approx((same.mean, same.deviation), rel=1e-9)


def test_another_seed_or_another_id_draws_others(model: Model, ranked: list[PatternSignificance]):
    seeded = list(rank_among_random(model, SENTENCES[:1], SETTINGS, draws=DRAWS, seed=1))
    renamed = Instance("d", SENTENCES[0].text, correct="is", wrong="are")
    other = list(rank_among_random(model, [renamed], SETTINGS, draws=DRAWS))
    for row, one, two in zip([row for row in ranked if row.id == "a"], seeded, other, strict=True):
        assert row.influence == pytest.approx(one.influence, rel=1e-9)
        assert len({row.mean, one.mean, two.mean}) == 3


def test_bad_input_before_anything_is_computed(model: Model):
    with pytest.raises(InvalidInput, match="draws: 1 have no standard deviation"):
        rank_among_random(model, SENTENCES, draws=1)
    with pytest.raises(InvalidInput, match="sources"):
        rank_among_random(model, SENTENCES, Settings(sources=(40,)))
