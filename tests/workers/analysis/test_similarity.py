"""How similar two texts are: any encoder's question, on the whole way; against the library in the families' tests."""

from dataclasses import replace

import pytest
import torch

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from workers.analysis.analysis import analyze, prepare
from workers.analysis.questions import of_logits
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import MASK, Instance
from workers.evaluation.ablation.running import ablate
from workers.evaluation.patterns import Pattern, pattern_influence
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences, forward
from workers.jobs.inputs import from_input, to_input
from workers.models import Model, load_model

TEXT = "the pilot that the guards like is tall ."
SETTINGS = Settings(samples=8, edges="all")


@pytest.fixture(scope="module")
def masked_lm(tmp_path_factory) -> Model:
    return load_model(random_bert(tmp_path_factory.mktemp("model"), layers=3), "cpu", "float64")


@pytest.fixture(scope="module")
def model(masked_lm) -> Model:
    return masked_lm.with_question("similarity")


def sentence(name: str = "1", **changes) -> Instance:
    return replace(Instance(name, TEXT, reference="a tall pilot is happy"), **changes)


def hidden(model: Model, text: str, position: int) -> torch.Tensor:
    ids = model.tokenizer(text)["input_ids"]
    given = Sentences(torch.tensor([ids]), torch.tensor([position]), None, lambda hidden: hidden.sum(-1))
    return forward(model.encoder, given, Line.at(1.0, like=model.encoder.word_embeddings))[0, 0]


def test_a_model_with_a_head_can_be_asked_too(masked_lm, model):
    assert masked_lm.objective.quantity == "logit_difference" and masked_lm.with_question(None) is masked_lm
    assert model.with_question("similarity") is model and model.fingerprint == masked_lm.fingerprint
    (result,) = analyze(model, [sentence()], SETTINGS)
    expected = torch.cosine_similarity(hidden(model, TEXT, 0), hidden(model, sentence().reference or "", 0), dim=0)
    assert result.qoi == pytest.approx(expected.item(), rel=1e-12)
    assert result.quantity == "cosine with 'a tall pilot is happy'" and not result.tells_right
    with pytest.raises(InvalidInput, match=r"question: 'accuracy' cannot be asked of .* Use logit_difference or simil"):
        masked_lm.with_question("accuracy")


def test_a_text_is_as_similar_to_itself_as_can_be(model):
    (result,) = analyze(model, [sentence(reference=TEXT)], SETTINGS)
    assert result.qoi == pytest.approx(1, abs=1e-12)


def test_a_word_in_two_texts(model):
    (result,) = analyze(model, [sentence(target_word="tall")], SETTINGS)
    at = result.tokens.index("tall")
    expected = torch.cosine_similarity(hidden(model, TEXT, at), hidden(model, sentence().reference or "", 2), dim=0)
    assert result.target == at and result.qoi == pytest.approx(expected.item(), rel=1e-12)
    own = next(word for word in result.words if word.position == at)
    assert own.influence == pytest.approx(result.target_influence, rel=1e-12) and own.influence != 0
    again = InstanceResult.from_json(result.to_json())
    assert (again.reference, again.target_word) == ("a tall pilot is happy", "tall")


def test_a_batch_is_its_sentences_one_by_one_and_in_slices(model):
    instances = [
        sentence("1"),
        sentence("2", reference="the movie is great"),
        sentence("3", target_word="is", text="the pilot near the guards is tall now ."),
    ]
    together = list(analyze(model, instances, SETTINGS))
    adaptive = analyze(model, instances, replace(SETTINGS, sampling="adaptive", samples=None, tolerance=0.001))
    for instance, result, more in zip(instances, together, adaptive, strict=True):
        (alone,) = analyze(model, [instance], SETTINGS)
        assert [word.influence for word in alone.words] == pytest.approx([word.influence for word in result.words])
        assert more.within_tolerance and more.qoi == pytest.approx(result.qoi, rel=1e-10)


def test_patterns_and_ablation_of_its_results(model):
    instances = [sentence(), sentence("2", target_word="tall")]
    results = list(analyze(model, instances, SETTINGS))
    for instance, result in zip(instances, results, strict=True):
        word = result.words[0]
        found = pattern_influence(model, instance, Pattern(word.path, word.components), SETTINGS)
        assert found == pytest.approx(word.attention_influence, rel=1e-10)
    for ablated in ablate(model, results):
        assert all(-1 <= value <= 1 for values in ablated.quantities.values() for value in values)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reference": None}, r"reference: it is missing, and .* is asked how similar two texts are"),
        ({"reference": "a [CLS] b"}, r"reference: .* holds \[CLS\]"),
        ({"target_word": "guard"}, "target_word: 'guard' is in '.*' nowhere"),
        ({"target_word": "the"}, "target_word: 'the' is in '.*' 2 times"),
        ({"target_word": "guards"}, "target_word: 'guards' is in 'a tall pilot is happy' nowhere"),
        ({"text": "a zqx is tall", "target_word": "zqx"}, r"'zqx' is 3 tokens of '.*' \(z ##q ##x\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(model, changes, problem):
    with pytest.raises(InvalidInput, match=problem):
        prepare(model, [sentence(**changes)], SETTINGS)


def test_words_of_the_reference_that_are_unknown_are_told(model):
    assert model.encode(sentence(reference="the 日 pilot")).unknown == ("日",)


def test_a_masked_text_can_be_compared(model):
    (result,) = analyze(model, [sentence(text=f"the {MASK} is tall .")], SETTINGS)
    assert result.target == 0 and "[MASK]" in result.tokens


def test_a_question_of_logits_needs_a_head(model, masked_lm):
    @of_logits
    def first(logits, sentence):
        return logits[:, 0]

    (result,) = analyze(masked_lm.with_question("similarity"), [sentence()], SETTINGS, question=first)
    assert result.settings["question"] == "first"


def test_it_waits_in_a_job_as_it_was_given():
    given = sentence(target_word="tall")
    assert from_input(to_input(given)) == given
