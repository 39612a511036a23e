"""Patterns of one's own, from Python: their influence, and what is not a pattern."""

import random

import pytest
import torch

from cypher.errors import InvalidInput
from tests.oracle.brute_force import BruteForce
from tests.oracle.brute_force import Pattern as Literal
from tests.random_models import random_bert
from workers.analysis import memory
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import generate
from workers.datasets.instance import Instance
from workers.evaluation import prepared
from workers.evaluation.patterns import Pattern, pattern_influence
from workers.influence.blocks.prediction_heads import MaskedLMHead
from workers.influence.component import SKIP
from workers.models import Model, load_model

SENTENCE = Instance(
    "a", "the pilot that the guards like ***mask*** tall .", correct="is", wrong="are", origin="mine.jsonl:3"
)
TARGET, LENGTH = 7, 11
SETTINGS = Settings(samples=4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=16)
    return load_model(path, device="cpu", dtype="float64")


def brute_force(model: Model) -> BruteForce:
    encoded, head = model.encode(SENTENCE), model.head
    assert isinstance(head, MaskedLMHead)
    correct, wrong = torch.tensor([encoded.correct]), torch.tensor([encoded.wrong])
    return BruteForce(
        model.encoder,
        encoded.ids,
        encoded.target,
        lambda hidden: head.difference(hidden, correct, wrong),
        model.baseline_id,
        samples=SETTINGS.points,
    )


PATTERNS = [
    Pattern((2, 2, 5, TARGET)),
    Pattern((2, 2, 5, None)),
    Pattern((2, None, 5, None)),
    Pattern((3, None, None, None)),
    Pattern((2, 2, 5, TARGET), (SKIP, 3, 0)),
    Pattern((2, 2, TARGET, TARGET), (None, 1, SKIP)),
    Pattern((4, None, None, TARGET), (SKIP, None, 2)),
    Pattern((TARGET, 1, 1, TARGET)),
]


@pytest.mark.parametrize("distribution", ["line", "point:1", "gaussian:0.2", "uniform:0.2"])
@pytest.mark.parametrize("baseline", ["mask", "zero", "token:the"])
def test_the_chain_rule_holds_whatever_the_distribution_and_the_baseline(
    model: Model, distribution: str, baseline: str
):
    """Proposition 1: over all nodes of a layer influences add up; and over all layers to the word's own."""
    settings = Settings(distribution=distribution, baseline=baseline)
    patterns = [Pattern((2, node, None, TARGET)) for node in range(LENGTH)]
    through, *split = pattern_influence(model, SENTENCE, [Pattern((2, None, None, TARGET)), *patterns], settings)
    (result,) = analyze(model, [SENTENCE], settings)
    assert sum(split) == pytest.approx(through, rel=1e-10)
    assert through == pytest.approx(next(word.influence for word in result.words if word.position == 2), rel=1e-10)


def test_each_of_several_patterns_against_the_brute_force(model: Model):
    literal = [Literal((*one.path[:-1], TARGET), one.components or (None,) * 3) for one in PATTERNS]
    brute = brute_force(model)
    split = brute.gradient_influence(literal)
    expected = [row[one.path[0]].item() for row, one in zip(split, PATTERNS, strict=True)]
    assert pattern_influence(model, SENTENCE, PATTERNS, SETTINGS) == pytest.approx(expected, rel=1e-10, abs=1e-14)


def test_one_pattern_gives_a_number_and_none_of_them_an_empty_list(model: Model):
    several = pattern_influence(model, SENTENCE, PATTERNS, SETTINGS)
    for pattern, value in zip(PATTERNS, several, strict=True):
        assert pattern_influence(model, SENTENCE, pattern, SETTINGS) == pytest.approx(value, rel=1e-12, abs=1e-16)
    assert pattern_influence(model, SENTENCE, [], SETTINGS) == []


def test_memory_changes_nothing(model: Model, monkeypatch: pytest.MonkeyPatch):
    """Too little for all samples, or for all patterns."""
    several = pattern_influence(model, SENTENCE, PATTERNS * 3, SETTINGS)
    monkeypatch.setattr(memory, "fit", lambda *_: memory.Share(1, 3, 0))
    monkeypatch.setattr(prepared, "half_of_free_memory", lambda _: 1000)
    monkeypatch.setattr(prepared, "pattern_bytes", lambda *_: 250)
    made = prepared.PreparedSentence.of(
        model, model.encode(SENTENCE), SETTINGS, lambda *_: lambda hidden: hidden.sum(-1)
    )
    assert len(made.slices) == 2 and made.at_a_time == 2
    assert pattern_influence(model, SENTENCE, PATTERNS * 3, SETTINGS) == pytest.approx(several, rel=1e-12, abs=1e-16)


def test_the_patterns_that_were_found_in_the_bundled_model():
    model = load_model("bundled", dtype="float64")
    sentences = generate("sva-obj", "SP", 2, seed=4)
    for sentence, result in zip(sentences, analyze(model, sentences, SETTINGS), strict=True):
        assert result.id == sentence.id
        paths = [Pattern(word.path) for word in result.words]
        through = [Pattern(word.path, word.components) for word in result.words]
        anything = [Pattern((word.position, *(None,) * 6)) for word in result.words]
        found = pattern_influence(model, sentence, paths + through + anything, SETTINGS)
        expected = [word.embedding_influence for word in result.words]
        expected += [word.attention_influence for word in result.words]
        expected += [word.influence for word in result.words]
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_another_question(model: Model):
    def norm(*_):
        return lambda hidden: (hidden**2).sum(-1)

    (result,) = analyze(model, [SENTENCE], SETTINGS, question=norm)
    found = pattern_influence(model, SENTENCE, Pattern(result.words[3].path), SETTINGS, question=norm)
    assert found == pytest.approx(result.words[3].embedding_influence, rel=1e-10)


@pytest.mark.parametrize(
    ("pattern", "field", "problem"),
    [
        (Pattern((2, 2, TARGET)), "path", "has 3 positions"),
        (Pattern((2, 2, 2, 2, TARGET)), "path", "has 5 positions"),
        (Pattern((None, 2, 2, TARGET)), "path", "does not start from a word"),
        (Pattern((LENGTH, 2, 2, TARGET)), "path", "position 11 is not in the sentence"),
        (Pattern((2, -1, 2, TARGET)), "path", "position -1 is not in the sentence"),
        (Pattern((2, 2, 2, 3)), "path", "ends at 3"),
        (Pattern((2, 2, 2, None), (0, 1)), "components", "there are 2 of them"),
        (Pattern((2, 2, 2, None), (0, 4, 1)), "components", "4 in layer 1 is not a head"),
        (Pattern((2, 2, 2, None), (0, -2, 1)), "components", "-2 in layer 1 is not a head"),
        (Pattern((2, 3, 2, None), (SKIP, 0, 1)), "components", "does not lead from 2 to 3"),
        (Pattern((2, 2, 2, None), (0, 0, SKIP)), "components", f"does not lead from 2 to {TARGET}"),
    ],
)
def test_what_is_no_pattern_of_the_sentence(model: Model, pattern: Pattern, field: str, problem: str):
    with pytest.raises(InvalidInput) as caught:
        pattern_influence(model, SENTENCE, [PATTERNS[0], pattern], SETTINGS)
    assert caught.value.field == field and problem in caught.value.problem
    assert caught.value.fix and caught.value.where == "mine.jsonl:3"


def test_many_random_patterns_in_float32_are_those_of_float64(model: Model):
    draw = random.Random(0)
    patterns = [Pattern((2, *(draw.randrange(LENGTH) for _ in range(2)), None)) for _ in range(50)]
    single = load_model("bundled", dtype="float32")
    double = load_model("bundled", dtype="float64")
    longer = [Pattern((*pattern.path[:3], *pattern.path[:3], None)) for pattern in patterns]
    exact = pattern_influence(double, SENTENCE, longer)
    near = 1e-5 * max(map(abs, exact))
    assert pattern_influence(single, SENTENCE, longer) == pytest.approx(exact, abs=near)
