"""The patterns found beside the best of all, against plain enumeration."""

from itertools import pairwise, product
from math import inf

import pytest

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from workers.analysis import memory
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation import optimum, prepared
from workers.evaluation.optimum import PatternOptimum, compare_with_best
from workers.evaluation.patterns import Pattern, pattern_influence
from workers.influence.component import SKIP
from workers.models import Model, load_model

SETTINGS = Settings(samples=3)
SENTENCES = [
    Instance("a", "the guards ***mask*** tall .", correct="are", wrong="is", origin="mine.jsonl:1"),
    Instance("b", "the pilot near the guards ***mask***", correct="is", wrong="are", origin="mine.jsonl:2"),
]
BEAMS = (1, 2, 500)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=16)
    return load_model(path, device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def compared(model: Model) -> list[PatternOptimum]:
    return list(compare_with_best(model, SENTENCES, SETTINGS, beams=BEAMS))


def assert_is_best(row: PatternOptimum, sign: int, every: list[Pattern], influences: list[float]) -> None:
    gains = [sign * influence for influence in influences]
    assert row.tried == len(every)
    assert sign * row.best == pytest.approx(max(gains), rel=1e-9)
    chosen = gains[every.index(Pattern(row.path, row.components))]
    assert chosen == pytest.approx(max(gains), rel=1e-9)
    assert row.gap == pytest.approx((max(gains) - sign * row.influence) / abs(max(gains)), rel=1e-6, abs=1e-12)
    assert row.optimal == (row.gap == 0)


@pytest.mark.parametrize("beam", BEAMS)
def test_against_every_pattern_there_is(model: Model, compared: list[PatternOptimum], beam: int):
    settings = Settings(samples=3, beam=beam)
    for sentence, result in zip(SENTENCES, analyze(model, SENTENCES, settings), strict=True):
        rows = {(row.level, row.position): row for row in compared if (row.id, row.beam) == (result.id, beam)}
        assert len(rows) == 2 * len(result.words)
        for word in result.words:
            assert rows["embedding", word.position].token == rows["attention", word.position].token == word.token
            between = product(range(len(result.tokens)), repeat=2)
            paths = [Pattern((word.position, *nodes, result.target)) for nodes in between]
            steps = [range(SKIP if here == there else 0, 4) for here, there in pairwise(word.path)]
            along = [Pattern(word.path, chosen) for chosen in product(*steps)]
            for row, every in ((rows["embedding", word.position], paths), (rows["attention", word.position], along)):
                assert_is_best(row, word.sign, every, pattern_influence(model, sentence, every, SETTINGS))
            assert rows["embedding", word.position].influence == pytest.approx(word.embedding_influence, rel=1e-9)
            assert rows["attention", word.position].influence == pytest.approx(word.attention_influence, rel=1e-9)


def test_a_beam_of_all_patterns_finds_the_best_and_the_greedy_search_not_always(compared: list[PatternOptimum]):
    assert all(row.optimal and row.gap == 0 for row in compared if row.beam == 500)
    assert not all(row.optimal for row in compared if row.beam == 1)
    assert all(row.gap > 0 for row in compared if not row.optimal)


def test_memory_changes_nothing(model: Model, compared: list[PatternOptimum], monkeypatch: pytest.MonkeyPatch):
    """Too little for all samples, or for all words."""
    monkeypatch.setattr(memory, "fit", lambda *_: memory.Share(1, 2, 0))
    monkeypatch.setattr(prepared, "half_of_free_memory", lambda _: 1000)
    monkeypatch.setattr(prepared, "pattern_bytes", lambda *_: 25)
    for row, same in zip(compare_with_best(model, SENTENCES, SETTINGS, beams=BEAMS), compared, strict=True):
        assert (row.path, row.components, row.optimal) == (same.path, same.components, same.optimal)
        assert (row.best, row.gap) == pytest.approx((same.best, same.gap), rel=1e-9, abs=1e-12)


def test_one_level_alone(model: Model, compared: list[PatternOptimum]):
    rows = list(compare_with_best(model, SENTENCES, SETTINGS, levels=("attention",)))
    same = [row for row in compared if row.level == "attention" and row.beam == 1]
    assert [(row.id, row.path, row.components) for row in rows] == [(row.id, row.path, row.components) for row in same]


def test_bad_input_before_anything_is_computed(model: Model, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InvalidInput, match="beams: there are none"):
        compare_with_best(model, SENTENCES, beams=())
    with pytest.raises(InvalidInput, match="levels: 'both' is not known"):
        compare_with_best(model, SENTENCES, levels=("both",))  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(optimum, "LIMIT", 80)
    compare_with_best(model, SENTENCES, levels=("embedding",))
    with pytest.raises(
        InvalidInput, match=r"mine\.jsonl:1: levels: at attention level there are 125 choices"
    ) as caught:
        compare_with_best(model, SENTENCES)
    assert "leave the level out" in caught.value.fix
    monkeypatch.setattr(optimum, "LIMIT", 50)
    with pytest.raises(
        InvalidInput, match=r"mine\.jsonl:2: levels: at embedding level there are 64 paths from each word of 8"
    ):
        compare_with_best(model, SENTENCES, levels=("embedding",))


@pytest.mark.parametrize(
    ("best", "found", "gap"), [(2.0, 2.0, 0.0), (2.0, 1.5, 0.25), (-1.0, -2.0, 1.0), (0.0, 0.0, 0.0), (0.0, -1.0, inf)]
)
def test_the_gap_is_a_share_of_the_best(best: float, found: float, gap: float):
    assert optimum.gap_to(best, found) == gap
