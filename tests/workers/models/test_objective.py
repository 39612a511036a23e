"""What tells masked-language models from classifiers, beside how they read an instance (test_model.py)."""

from dataclasses import replace

import pytest
import torch

from cypher.errors import InvalidInput
from workers.analysis.notices import notices
from workers.datasets import TASKS, Instance
from workers.models import Model, load_model

SENTENCE = Instance("1", "the pilot that the guards like ***mask*** tall .", correct="is", wrong="are")
REVIEW = Instance("2", "a great movie !", label="2")


@pytest.fixture(scope="module")
def masked_lm(masked_lm_directory) -> Model:
    return load_model(masked_lm_directory, "cpu", "float64")


@pytest.fixture(scope="module")
def classifier(classifier_directory) -> Model:
    return load_model(classifier_directory, "cpu", "float64")


def test_which_tasks_suit_it(masked_lm, classifier):
    assert [name for name, task in TASKS.items() if classifier.objective.suits(bool(task.labels))] == ["sa"]
    assert [name for name, task in TASKS.items() if masked_lm.objective.suits(bool(task.labels))] == [
        name for name in TASKS if name != "sa"
    ]


def test_the_default_baseline_is_the_mask(masked_lm, classifier):
    for model in (masked_lm, classifier):
        assert model.objective.baseline == "mask"
        assert model.baseline_id == model.baseline("mask") == model.tokenizer.mask_token_id


@pytest.mark.parametrize(("length", "target", "sources"), [(4, 0, (1, 2, 3)), (4, 2, (0, 1, 3)), (1, 0, ())])
def test_sources_are_all_but_the_target(masked_lm, classifier, length, target, sources):
    for model in (masked_lm, classifier):
        assert model.objective.sources(length, target) == sources


def test_answers_of_a_masked_word_are_the_instance_s_own(masked_lm):
    encoded, hidden = masked_lm.encode(replace(SENTENCE, correct="Is")), torch.zeros(16, dtype=torch.float64)
    objective = masked_lm.objective
    assert (objective.correct_answer(encoded), objective.wrong_answer(encoded, hidden)) == ("Is", "are")
    assert objective.ask(replace(SENTENCE, correct=None, wrong=None), "Is", "are") == encoded.instance


def test_answers_of_a_classifier_are_its_classes(classifier):
    encoded, objective = classifier.encode(REVIEW), classifier.objective
    assert objective.correct_answer(encoded) == "Positive"
    best = set()
    for seed in range(20):
        hidden = torch.randn(16, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        logits = objective.head.logits(hidden).tolist()
        best.add(answer := objective.wrong_answer(encoded, hidden))
        assert answer == ("negative" if logits[0] > logits[1] else "neutral")
    assert best == {"negative", "neutral"}
    asked = objective.ask(replace(REVIEW, label=None), "Positive", "neutral")
    assert classifier.encode(asked).correct == encoded.correct


def test_a_sentence_names_the_class_that_its_label_is_told_apart_from(classifier):
    encoded, objective = classifier.encode(replace(REVIEW, wrong="0")), classifier.objective
    assert encoded.wrong == 0 and list(notices(classifier, [encoded])) == []
    hidden = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert {objective.wrong_answer(encoded, one) for one in hidden[0]} == {"negative"}
    logits = objective.head.logits(hidden)
    found = objective.interest([encoded, classifier.encode(REVIEW)], classifier.device)(hidden)
    best = logits[1, :, [0, 1]].amax(-1)
    torch.testing.assert_close(found[0], logits[0, :, 2] - logits[0, :, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(found[1], logits[1, :, 2] - best, rtol=0, atol=1e-12)
    assert classifier.encode(objective.ask(REVIEW, "Positive", "negative")).wrong == 0
    assert classifier.encode(objective.ask(REVIEW, "Positive", None)).wrong is None
    with pytest.raises(InvalidInput, match=r"wrong: 'positive' is the label\. Give another class"):
        classifier.encode(replace(REVIEW, wrong="positive"))
    with pytest.raises(InvalidInput, match="wrong: 'bad' is not a class of the model"):
        classifier.encode(replace(REVIEW, wrong="bad"))


@pytest.mark.parametrize("text", ["the zqxwv ***mask*** tall .", "***mask*** the zqxwv tall ."])
def test_roles_are_of_words_or_tokens_or_stretches_of_characters(masked_lm, text):
    words = Instance("1", text, correct="is", wrong="are", roles=tuple(text.split()))
    encoded = masked_lm.encode(words)
    assert encoded.roles is not None and len(encoded.roles) > 7  # a word is several tokens
    own = encoded.roles[1:-1]
    assert masked_lm.encode(replace(words, roles=own)).roles == encoded.roles
    at = text.index("zqxwv")
    spans = ((at, at + 3, "first"), (at + 3, at + 5, "last"), (len(text) - 1, len(text), "end"))
    by_span = masked_lm.encode(replace(words, roles=None, spans=spans))
    assert by_span.roles is not None
    pieces = dict.fromkeys(role for role in by_span.roles[1:-1])
    assert set(pieces) == {"first", "last", "end", "other"}
    for token, role, word in zip(by_span.tokens[1:-1], by_span.roles[1:-1], own, strict=True):
        assert (role in ("first", "last")) == (word == "zqxwv"), token
        assert (role == "end") == (token == "."), token
    with pytest.raises(InvalidInput, match="roles: there are 2 of them for 5 words "):
        masked_lm.encode(replace(words, roles=("a", "b")))


def test_the_difference_of_logits(masked_lm, classifier):
    hidden = torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for model, instance in ((masked_lm, SENTENCE), (classifier, REVIEW)):
        encoded, logits = model.encode(instance), model.head.logits(hidden)
        right = logits[..., encoded.correct]
        others = logits[..., [0, 1]].amax(-1) if encoded.wrong is None else logits[..., encoded.wrong]
        found = model.objective.interest([encoded], model.device)(hidden)
        torch.testing.assert_close(found, right - others, rtol=0, atol=1e-12)
