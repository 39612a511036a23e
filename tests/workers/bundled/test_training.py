"""What the trainings share."""

import pytest
import torch
from rich.console import Console
from torch.nn import Parameter
from transformers import BertConfig, BertModel

from workers.bundled.settings import TrainingSettings
from workers.bundled.training import draw_masks, dropped_targets, make_config, optimise, pad
from workers.bundled.vocabulary import SPECIAL, make_tokenizer, vocabulary, words_of
from workers.datasets.frames import Frame, words


def test_the_learning_rate_rises_and_falls():
    settings = TrainingSettings(steps=10, undisturbed=10, warmup=4)
    assert [settings.rate(step) for step in range(10)] == pytest.approx(
        [1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    )


def test_padding_reaches_the_longest():
    ids = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4}
    assert pad([("a",), ("b", "a", "b")], ids).tolist() == [[1, 3, 2, 0, 0], [1, 4, 3, 4, 2]]


def test_the_config_is_as_the_settings_say():
    config = make_config(TrainingSettings(steps=1, undisturbed=1, layers=3, heads=2, width=8), ["a", "[PAD]", "b"])
    assert (config.num_hidden_layers, config.num_attention_heads, config.hidden_size) == (3, 2, 8)
    assert (config.vocab_size, config.pad_token_id, config.intermediate_size) == (3, 1, 32)


def test_the_words_of_a_construction_are_those_of_its_sentences_and_answers():
    def slots(case):
        return words("opening", ("", "in the end")), words("correct", ("is",)), words("label", ("positive",))

    assert words_of(Frame("{opening} a {mask} .", slots), ["x"]) == {"in", "the", "end", "a", ".", "is"}


def test_the_vocabulary_has_each_piece_once():
    pieces = vocabulary({"film", "a", "."})
    assert pieces[:5] == SPECIAL and pieces[-1] == "film"
    assert len(set(pieces)) == len(pieces)


def test_a_tokenizer_of_the_pieces(tmp_path):
    tokenizer = make_tokenizer(tmp_path, vocabulary({"film"}), 9)
    assert tokenizer.tokenize("A Film fil") == ["a", "film", "f", "##i", "##l"]
    assert tokenizer.model_max_length == 9


class Falling(torch.nn.Module):
    """Its loss is its one weight's square."""

    def __init__(self):
        super().__init__()
        self.weight = Parameter(torch.tensor(1.0))


def test_optimising_lowers_the_loss_and_ends_in_evaluation_mode():
    settings = TrainingSettings(steps=50, undisturbed=50, warmup=5, learning_rate=0.05)
    model = optimise(Falling, lambda model, _: model.weight.square(), settings, Console(quiet=True))  # pyright: ignore
    assert abs(float(model.weight.detach())) < 0.2
    assert not model.training


def test_masks_hide_few_words_or_all_in_a_share_of_the_sentences():
    torch.manual_seed(0)
    attended = torch.ones(4000, 20, dtype=torch.bool)
    attended[:, 15:] = False
    masks = draw_masks(attended, 0.5)
    assert not masks[:, 15:].any()
    hidden = masks[:, :15].double().mean(1)
    assert float((hidden > 0).double().mean()) == pytest.approx(0.5 * 15 / 16, abs=0.03)  # none of 15: 1 in 16
    assert float(hidden.mean()) == pytest.approx(0.25, abs=0.02)
    assert float((hidden == 1).double().mean()) == pytest.approx(0.5 / 16, abs=0.01)
    assert not draw_masks(attended, 0.0).any()
    assert float(draw_masks(attended, 0.0, 0.1)[:, :15].double().mean()) == pytest.approx(0.1, abs=0.01)


def test_states_of_the_target_are_dropped_in_each_layer_but_the_last():
    torch.manual_seed(0)
    model = BertModel(BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=2, num_attention_heads=2)).eval()
    ids, targets = torch.randint(9, (400, 3)), torch.arange(400) % 3
    with torch.no_grad():
        whole = model(ids).last_hidden_state
        with dropped_targets(model, targets, 0.3):
            disturbed = model(ids, output_hidden_states=True).hidden_states
        assert torch.equal(model(ids).last_hidden_state, whole)
    for states in disturbed[:-1]:
        gone = (states == 0).all(2)
        assert float(gone[torch.arange(400), targets].double().mean()) == pytest.approx(0.3, abs=0.1)
        assert float(gone.double().mean()) == pytest.approx(0.1, abs=0.03)
    assert not (disturbed[-1] == 0).any()


def test_states_are_dropped_in_the_last_part():
    settings = TrainingSettings(steps=10, undisturbed=8, drop=0.2)
    assert [settings.dropped(step) for step in range(10)] == [0] * 8 + [0.2] * 2
