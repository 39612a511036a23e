"""Patterns of the strongest words alone: the same numbers, of fewer words, and what was left out is said."""

from dataclasses import replace

import pytest

from tests.random_models import random_bert
from workers.analysis.analysis import analyze
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.influence.baselines.methods import METHODS
from workers.models import Model, load_model

SENTENCES = [
    Instance("a", "the pilot that the guards like ***mask*** tall .", correct="is", wrong="are"),
    Instance("b", "the guards that the pilot likes ***mask*** tall .", correct="are", wrong="is"),
    Instance("c", "the guards that the pilot likes ***mask*** old .", correct="are", wrong="is"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=2, width=16), "cpu", "float64")


def strongest(result: InstanceResult, words: str) -> set[int]:
    """Positions of the words that are to be kept, by sorting and adding up."""
    kind, _, amount = words.partition(":")
    order = sorted(result.words, key=lambda word: (-abs(word.influence), word.position))
    whole, kept, mass = sum(abs(word.influence) for word in order), set[int](), 0.0
    for word in order:
        if len(kept) == int(amount) if kind == "top" else mass >= float(amount) * whole:
            break
        kept.add(word.position)
        mass += abs(word.influence)
    return kept


@pytest.mark.parametrize("words", ["top:1", "top:3", "top:100", "mass:0.5", "mass:0.9", "mass:1"])
@pytest.mark.parametrize(
    "settings",
    [
        Settings(samples=6, methods=tuple(METHODS), edges="all"),
        Settings(samples=6, refine="independent", beam=2, sources=(6, 0, 2, 3)),
        Settings(sampling="adaptive", tolerance=0.02),
    ],
    ids=["all methods", "some sources", "adaptive"],
)
def test_the_strongest_words_have_the_patterns_that_they_have_among_all(model: Model, settings: Settings, words: str):
    whole = list(analyze(model, SENTENCES, settings))
    some = list(analyze(model, SENTENCES, replace(settings, words=words)))
    for every, few in zip(whole, some, strict=True):
        kept = strongest(every, words)
        assert [word.position for word in few.words] == [w.position for w in every.words if w.position in kept]
        same = {word.position: word for word in every.words}
        for word in few.words:
            other = same[word.position]
            assert (word.path, word.components, word.sign) == (other.path, other.components, other.sign)
            assert word.attention_influence == pytest.approx(other.attention_influence, rel=1e-9, abs=1e-12)
            assert word.influence == pytest.approx(other.influence, rel=1e-9, abs=1e-12)
        chosen = [each for each in every.patterns if each.position in kept]
        assert [(p.method, p.path, p.components) for p in few.patterns] == [
            (p.method, p.path, p.components) for p in chosen
        ]
        total = sum(abs(word.influence) for word in every.words)
        share = sum(abs(word.influence) for word in every.words if word.position not in kept) / total
        assert few.left_out == len(every.words) - len(kept)
        assert few.left_out_share == pytest.approx(share, abs=1e-9)
        assert few.completeness_error == pytest.approx(every.completeness_error, rel=1e-6, abs=1e-12)
        assert (few.edges is None) == (every.edges is None)
        if every.edges is not None and few.edges is not None:
            assert few.edges.influence == pytest.approx(every.edges.influence, rel=1e-9, abs=1e-12)


def test_what_was_left_out_is_in_the_file(model: Model):
    few, *_ = analyze(model, SENTENCES, Settings(samples=6, words="top:2"))
    assert InstanceResult.from_json(few.to_json()) == few and few.left_out == 8
    every, *_ = analyze(model, SENTENCES, Settings(samples=6))
    assert "left_out" not in every.to_json() and InstanceResult.from_json(every.to_json()) == every
    assert "words" in few.settings and "words" not in every.settings


@pytest.mark.parametrize("words", ["top:2", "mass:0.6"])
def test_memory_changes_nothing(model: Model, words: str):
    settings = Settings(samples=50, words=words)
    whole = list(analyze(model, SENTENCES, settings))
    for result, same in zip(analyze(model, SENTENCES, settings, memory=3_000_000), whole, strict=True):
        assert [word.path for word in result.words] == [word.path for word in same.words]
        assert result.left_out_share == pytest.approx(same.left_out_share, abs=1e-9)
