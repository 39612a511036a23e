from dataclasses import replace

import pytest
import torch
from rich.console import Console

from workers.bundled.sentiment.accuracy import Evaluation, accuracies
from workers.bundled.sentiment.language import known_words
from workers.bundled.sentiment.settings import SentimentSettings
from workers.bundled.sentiment.train import train
from workers.bundled.vocabulary import make_tokenizer, vocabulary

SMALL = SentimentSettings(steps=4, batch=8, warmup=2, undisturbed=2, layers=2, width=32)
QUIET = Console(quiet=True)


def test_the_same_settings_give_the_same_weights():
    first, second, third = (train(settings, QUIET).state_dict() for settings in (SMALL, SMALL, replace(SMALL, seed=1)))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_the_classes_have_their_names():
    config = train(SMALL, QUIET).config
    assert config.id2label == {0: "negative", 1: "positive"}
    assert config.label2id == {"negative": 0, "positive": 1}


@pytest.mark.slow
def test_a_brief_training_of_a_small_model_learns_negation_and_contrast(tmp_path):
    model = train(SentimentSettings(steps=1000, warmup=100, undisturbed=800, layers=2, width=64), QUIET)
    tokenizer = make_tokenizer(tmp_path, vocabulary(known_words()), 64)
    assert min(accuracies(model, tokenizer, Evaluation(n=100, seed=0)).values()) > 0.9
