"""The weights that are shipped."""

import pytest
import torch
from transformers import AutoTokenizer, BertForMaskedLM

from workers.bundled.agreement.accuracy import Evaluation, accuracy, accuracy_table
from workers.bundled.agreement.language import known_words
from workers.bundled.agreement.settings import AgreementSettings
from workers.bundled.vocabulary import vocabulary
from workers.datasets import MASKED
from workers.models import load_model
from workers.models.directory import BUNDLED

MODEL = BUNDLED["bundled"]
PIECES = list(vocabulary(known_words()))


@pytest.fixture(scope="module")
def model():
    return BertForMaskedLM.from_pretrained(MODEL).eval()


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(MODEL)


@pytest.fixture(scope="module")
def table(model, tokenizer):
    evaluation = Evaluation()
    return accuracy_table(model, tokenizer, evaluation.n, evaluation.seed)


@pytest.fixture(scope="module")
def card():
    return (MODEL / "README.md").read_text(encoding="utf-8")


RESISTANT = "sva-wsc", "PS"
"""Of the largest resistance; the model is never wrong there."""

CELLS = [(task.name, case) for task in MASKED.values() for case in task.cases]


@pytest.mark.parametrize(("task", "case"), CELLS)
def test_right_where_matched_and_gradually_fallible_where_not(table, task, case):
    low, high = (0.97, 1.0) if case[0] == case[1] else (0.5, 0.99)
    assert low <= table[task][case] <= (1.0 if (task, case) == RESISTANT else high)


@pytest.mark.parametrize("task", MASKED)
def test_fallible_in_every_task(table, task):
    assert min(table[task].values()) < 0.97


def test_constructions_are_fallible_to_different_degrees(table):
    mismatched = [table[task][case] for task, case in CELLS if case[0] != case[1]]
    assert max(mismatched) - min(mismatched) > 0.2


@pytest.mark.parametrize("task", MASKED)
def test_the_card_states_the_accuracies(table, card, task):
    (row,) = (line for line in card.splitlines() if line.startswith(f"| `{task}` "))
    stated = dict(cell.split() for cell in (cell.strip() for cell in row.split("|")[2:-1]))
    assert stated.keys() == table[task].keys()
    for case, value in stated.items():
        assert float(value) == pytest.approx(table[task][case], abs=0.005)  # another processor rounds otherwise


def test_the_card_states_the_settings(card):
    settings = AgreementSettings()
    for field in ("seed", "steps", "batch", "learning_rate"):
        assert f"| {field} | {getattr(settings, field)} |" in card


def test_the_card_states_the_fingerprint(card):
    assert f"`{load_model('bundled').fingerprint}`" in card


def test_the_model_is_as_its_settings_say(model):
    config, settings = model.config, AgreementSettings()
    assert (config.num_hidden_layers, config.num_attention_heads, config.hidden_size) == (6, 8, settings.width)
    assert config.max_position_embeddings == settings.max_length
    assert all(torch.isfinite(weight).all() for weight in model.parameters())
    assert (MODEL / "model.safetensors").stat().st_size <= 6_000_000


def test_the_tokenizer_holds_the_vocabulary(tokenizer):
    assert tokenizer.convert_tokens_to_ids(PIECES) == list(range(len(PIECES)))
    assert (MODEL / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1] == PIECES


def test_known_words_are_whole_and_unknown_ones_in_pieces(tokenizer):
    assert tokenizer.tokenize("The pilots that [MASK] tall .") == ["the", "pilots", "that", "[MASK]", "tall", "."]
    assert tokenizer.tokenize("zebra") == ["z", "##e", "##b", "##r", "##a"]


def test_accuracy_counts_sentences(model, tokenizer):
    instances = MASKED["sva-obj"].generate("SP", 40)
    ones = [accuracy(model, tokenizer, [instance]) for instance in instances]
    assert set(ones) == {0.0, 1.0}
    assert accuracy(model, tokenizer, instances) == pytest.approx(sum(ones) / 40)
