"""The first loading of a checkpoint: the library's own model must agree, once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import BertForMaskedLM

from cypher.errors import ModelError
from workers.models import library, load_model, loading
from workers.models.families import bert


@pytest.fixture(autouse=True)
def checked(tmp_path, monkeypatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setattr(library, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "checked"


@pytest.fixture
def compared(monkeypatch) -> list[str]:
    """The architectures of the models that are compared."""
    seen: list[str] = []
    compare = library.compare

    def spy(model, directory, config, exact=True) -> None:
        seen.append(model.architecture)
        compare(model, directory, config, exact)

    monkeypatch.setattr(library, "compare", spy)
    return seen


def test_once_a_checkpoint(masked_lm_directory, classifier_directory, compared, checked):
    for directory in (masked_lm_directory, masked_lm_directory, classifier_directory, classifier_directory):
        model = load_model(directory)
    assert compared == ["BertForMaskedLM", "BertForSequenceClassification"]
    assert model.fingerprint in {file.name for file in checked.glob("*/*")}
    assert len(list(checked.glob("*/*"))) == 2


def test_again_where_anything_of_it_changed(copy, edit_json, compared):
    load_model(copy)
    edit_json(copy / "config.json", layer_norm_eps=1e-6)
    load_model(copy)
    assert len(compared) == 2


def test_each_time_where_nothing_can_be_remembered(copy, compared, checked):
    checked.parent.write_text("a file in the folder's place")
    load_model(copy)
    load_model(copy)
    assert len(compared) == 2


def test_bundled_models_are_compared_by_these_tests_instead(compared):
    for name in ("bundled", "bundled-sentiment"):
        model = load_model(name, "cpu")
        library.compare(model, loading.BUNDLED[name], bert.FAMILY.check(*_config(name, model.architecture)))
    assert compared == ["BertForMaskedLM", "BertForSequenceClassification"]


def _config(name: str, architecture: str) -> tuple[dict, str, str]:
    file = loading.BUNDLED[name] / "config.json"
    return json.loads(file.read_text()), architecture, str(file)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_logits_are_refused_and_not_remembered(masked_lm_directory, monkeypatch, checked, dtype):
    """An engine that leaves out a bias, by a hundredth of its size."""
    build = bert.FAMILY.build

    def wrong(weights, config, architecture):
        weights["bert.encoder.layer.1.output.dense.bias"] *= 0.99
        return build(weights, config, architecture)

    monkeypatch.setattr(loading.registry, "FAMILIES", (replace(bert.FAMILY, build=wrong),))
    with pytest.raises(ModelError, match=r"transformers [\d.]+ gives other logits \(by up to .*\) for '.*\[MASK\].*'"):
        load_model(masked_lm_directory, dtype=dtype)
    assert not list(checked.glob("*/*"))


def test_other_tokens_are_refused(masked_lm_directory, monkeypatch):
    pieces = library.pieces_of
    monkeypatch.setattr(library, "pieces_of", lambda *text: replace(found := pieces(*text), ids=found.ids[1:]))
    with pytest.raises(ModelError, match=r"gives other tokens of '.*'. Do not use it"):
        load_model(masked_lm_directory)


def test_what_the_library_cannot_read_is_refused(masked_lm_directory, monkeypatch):
    def fails(*_, **__):
        raise ValueError("no such thing\nand more")

    monkeypatch.setattr(BertForMaskedLM, "from_pretrained", fails)
    with pytest.raises(ModelError, match=r"transformers [\d.]+ cannot read it \(no such thing\)"):
        load_model(masked_lm_directory)


def test_weights_that_overflow_do_so_in_the_library_too(copy, edit_weights):
    name = "cls.predictions.transform.dense.weight"
    edit_weights(copy, lambda weights: weights[name].mul_(1e38))
    model = load_model(copy)
    assert model.dtype == torch.float32
