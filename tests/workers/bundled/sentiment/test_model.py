"""The weights that are shipped."""

import pytest
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from workers.bundled.sentiment.accuracy import Evaluation, accuracies, accuracy
from workers.bundled.sentiment.language import TASK, held_out, known_words
from workers.bundled.sentiment.settings import SentimentSettings
from workers.bundled.vocabulary import vocabulary
from workers.datasets import Instance
from workers.models import load_model
from workers.models.directory import BUNDLED

MODEL = BUNDLED["bundled-sentiment"]
PIECES = list(vocabulary(known_words()))


@pytest.fixture(scope="module")
def model():
    return BertForSequenceClassification.from_pretrained(MODEL).eval()


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(MODEL)


@pytest.fixture(scope="module")
def card():
    return (MODEL / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", TASK.cases)
def test_right_about_fresh_sentences_that_were_held_out(model, tokenizer, case):
    assert accuracy(model, tokenizer, held_out(case, 400, seed=77)) >= 0.95


def test_the_card_states_the_accuracies(model, tokenizer, card):
    measured = accuracies(model, tokenizer, Evaluation())
    for case, value in measured.items():
        (row,) = (line for line in card.splitlines() if line.startswith(f"| `{case}` "))
        stated = float(row.split("|")[2])
        assert stated == pytest.approx(value, abs=0.005)  # another processor rounds otherwise
        assert stated >= 0.95


def test_it_knows_nothing_of_a_sentence_of_masks(model, tokenizer):
    for length in (7, 12, 17, 22, 27):
        ids = torch.full((1, length), tokenizer.mask_token_id)
        negative, positive = model(input_ids=ids).logits[0].tolist()
        assert abs(positive - negative) < 0.75


def test_the_card_states_the_settings(card):
    settings = SentimentSettings()
    for field in ("seed", "steps", "batch", "learning_rate", "layers", "width", "masked", "smoothing"):
        assert f"| {field} | {getattr(settings, field)} |" in card


def test_the_card_states_the_fingerprint(card):
    assert f"`{load_model('bundled-sentiment').fingerprint}`" in card


def test_the_model_is_as_its_settings_say(model):
    config, settings = model.config, SentimentSettings()
    assert config.num_hidden_layers == settings.layers == 6
    assert (config.num_attention_heads, config.hidden_size) == (settings.heads, settings.width)
    assert config.max_position_embeddings == settings.max_length
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_it_is_small():
    assert sum(file.stat().st_size for file in MODEL.iterdir()) <= 6_000_000


def test_the_tokenizer_holds_the_vocabulary(tokenizer):
    assert tokenizer.convert_tokens_to_ids(PIECES) == list(range(len(PIECES)))
    assert (MODEL / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1] == PIECES
    assert tokenizer.tokenize("The film is GREAT .") == ["the", "film", "is", "great", "."]


def test_its_words_are_whole_and_others_in_pieces(tokenizer):
    longest = max((one for case in TASK.cases for one in TASK.generate(case, 200)), key=lambda one: len(one.text))
    assert tokenizer.tokenize(longest.text) == longest.text.split()
    assert tokenizer.tokenize("zebra") == ["z", "##e", "##b", "##r", "##a"]


def test_accuracy_counts_sentences(model, tokenizer):
    right = Instance("right", "the film was good .", label="positive")
    wrong = Instance("wrong", "today the film itself was very good overall .", label="negative")
    assert accuracy(model, tokenizer, [right]) == 1.0
    assert accuracy(model, tokenizer, [right, right, right, wrong]) == 0.75
