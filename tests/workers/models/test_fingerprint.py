"""One fingerprint for one model, and another for any change to it."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.random_models import random_bert
from workers.models import load_model


def fingerprint(directory: Path) -> str:
    return load_model(directory).fingerprint


def test_is_a_sha256(masked_lm_directory):
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(masked_lm_directory))


def test_does_not_depend_on_dtype_place_or_name(masked_lm_directory, copy):
    assert load_model(copy, dtype="float64").fingerprint == fingerprint(masked_lm_directory)


def test_does_not_depend_on_origin(copy, edit_json):
    before = fingerprint(copy)
    edit_json(copy / "config.json", _name_or_path="elsewhere", transformers_version="4.0.0", dtype=None)
    edit_json(copy / "config.json", torch_dtype="float32")
    assert fingerprint(copy) == before


def test_changes_with_one_weight(copy, edit_weights):
    before = fingerprint(copy)
    weight = "bert.encoder.layer.0.output.dense.weight"
    edit_weights(copy, lambda weights: weights[weight].view(-1)[-1].add_(1e-3))
    assert fingerprint(copy) != before


def test_changes_with_how_the_same_bytes_are_read(copy, edit_weights):
    found = set()
    for reading in (torch.zeros(6), torch.zeros(2, 3), torch.zeros(6, dtype=torch.int32)):
        edit_weights(copy, lambda weights, reading=reading: weights.update({"extra": reading}))
        found.add(fingerprint(copy))
    assert len(found) == 3


def test_weights_of_any_stored_dtype_and_shape(copy, edit_weights):
    def add(weights):
        weights["extra.scalar"] = torch.tensor(1.5, dtype=torch.bfloat16)
        weights["extra.ids"] = torch.arange(3)

    before = fingerprint(copy)
    edit_weights(copy, add)
    assert fingerprint(copy) != before


@pytest.mark.parametrize("change", [{"layer_norm_eps": 1e-6}, {"hidden_act": "relu"}, {"hidden_dropout_prob": 0.2}])
def test_changes_with_one_config_value(copy, edit_json, change):
    before = fingerprint(copy)
    edit_json(copy / "config.json", **change)
    assert fingerprint(copy) != before


def test_changes_with_one_word_of_the_vocabulary(copy, edit_json):
    before = fingerprint(copy)
    model = json.loads((copy / "tokenizer.json").read_text())["model"]
    edit_json(
        copy / "tokenizer.json",
        model=model | {"vocab": {word.replace("pilots", "sailors"): index for word, index in model["vocab"].items()}},
    )
    assert fingerprint(copy) != before


def test_changes_with_two_words_swapped(copy, edit_json):
    before = fingerprint(copy)
    model = json.loads((copy / "tokenizer.json").read_text())["model"]
    vocabulary = model["vocab"]
    swapped = vocabulary | {"pilot": vocabulary["pilots"], "pilots": vocabulary["pilot"]}
    edit_json(copy / "tokenizer.json", model=model | {"vocab": swapped})
    assert fingerprint(copy) != before


def test_changes_with_the_normalisation(copy, edit_json):
    before = fingerprint(copy)
    edit_json(copy / "tokenizer_config.json", do_lower_case=False)
    assert fingerprint(copy) != before


def test_changes_with_a_special_token(copy, edit_json):
    before = fingerprint(copy)
    edit_json(copy / "tokenizer_config.json", mask_token="[PAD]")
    assert fingerprint(copy) != before


def test_two_models_differ(tmp_path):
    assert fingerprint(random_bert(tmp_path / "a", seed=1)) != fingerprint(random_bert(tmp_path / "b", seed=2))
    assert fingerprint(random_bert(tmp_path / "c", seed=1)) == fingerprint(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("bundled", "871b1f8e1d47b0e8b9c06cc450b1d94f1f59385207d49ef0a4098167fe695d78"),
        ("bundled-sentiment", "373a459093414a560b3b6dd1a49648d75206de5151fa5b53a0b1a9dd33903b7e"),
    ],
)
def test_stays_what_stored_results_and_graphs_name(name, known):
    assert load_model(name, "cpu").fingerprint == known
