"""Devices, dtypes, architectures, and silence."""

import logging as standard_logging
import subprocess
import sys

import pytest
import torch
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
from transformers import AutoTokenizer, BertConfig, BertForPreTraining, BertModel
from transformers.utils import logging

from cypher.errors import InvalidInput
from workers.influence.blocks.prediction_heads import MaskedLMHead
from workers.models import load_model
from workers.models.objective import MaskedLanguageModelling, SequenceClassification


def test_a_masked_language_model(masked_lm_directory):
    model = load_model(masked_lm_directory)
    assert (model.name, model.architecture) == ("masked-lm", "BertForMaskedLM")
    assert isinstance(model.objective, MaskedLanguageModelling)
    assert model.head is model.objective.head
    assert model.tokenizer.convert_ids_to_tokens(model.baseline_id) == "[MASK]"
    assert model.dtype == torch.float32


def test_a_classifier(classifier_directory):
    model = load_model(classifier_directory)
    assert model.architecture == "BertForSequenceClassification"
    assert isinstance(model.objective, SequenceClassification)
    assert model.objective.labels == ("negative", "neutral", "Positive")


@pytest.mark.parametrize("dtype", ["float32", "float64", torch.float32, torch.float64])
def test_dtypes(masked_lm_directory, dtype):
    assert str(load_model(masked_lm_directory, dtype=dtype).dtype).endswith(str(dtype))


@pytest.mark.parametrize("dtype", ["float16", "double precision", torch.bfloat16, ""])
def test_unknown_dtypes(masked_lm_directory, dtype):
    with pytest.raises(InvalidInput, match=r"dtype: .* is not supported. Use float32 or float64."):
        load_model(masked_lm_directory, dtype=dtype)


def test_auto_is_what_the_machine_has(masked_lm_directory):
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert load_model(masked_lm_directory).device.type == expected
    assert load_model(masked_lm_directory, device="cpu").device == torch.device("cpu")


@pytest.mark.parametrize("device", ["gpu", "mps", "cuda:", "cuda:x", "cpu:1", ""])
def test_unknown_devices(masked_lm_directory, device):
    with pytest.raises(InvalidInput, match=r"device: .* is not known. Use auto, cpu, cuda or cuda:N."):
        load_model(masked_lm_directory, device=device)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", torch.device("cuda")])
def test_cuda_asked_for_and_not_there(masked_lm_directory, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        InvalidInput, match=r"device: 'cuda.*' is asked for and torch finds no CUDA device. Use cpu or auto"
    ):
        load_model(masked_lm_directory, device=device)


def test_a_cuda_device_too_many(masked_lm_directory, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InvalidInput, match=r"device: 'cuda:2' is asked for and torch finds 2. Use cuda:0 to cuda:1."):
        load_model(masked_lm_directory, device="cuda:2")


@pytest.mark.parametrize("name", ["BertModel", "RobertaForMaskedLM", "GPT2LMHeadModel"])
def test_unsupported_architectures(copy, edit_json, name):
    edit_json(copy / "config.json", architectures=[name])
    with pytest.raises(
        InvalidInput,
        match=rf"architectures: '{name}' is not supported. Use one of: BertForMaskedLM, BertForSequenceClassification.",
    ):
        load_model(copy)


@pytest.mark.parametrize("named", [None, [], "BertForMaskedLM", ["BertForPreTraining"]])
def test_without_an_architecture_the_weights_tell_the_head(copy, classifier_copy, edit_json, named):
    for directory in (copy, classifier_copy):
        known = load_model(directory)
        edit_json(directory / "config.json", architectures=named)
        assert load_model(directory).architecture == known.architecture


def test_a_checkpoint_of_pre_training_is_a_masked_language_model(masked_lm_directory, tmp_path):
    both = BertForPreTraining(BertConfig.from_pretrained(masked_lm_directory))
    both.save_pretrained(tmp_path / "both")
    AutoTokenizer.from_pretrained(masked_lm_directory).save_pretrained(tmp_path / "both")
    model = load_model(tmp_path / "both")
    assert model.architecture == "BertForMaskedLM"
    assert isinstance(model.head, MaskedLMHead)
    assert torch.equal(model.head.dense_weight, both.cls.predictions.transform.dense.weight)


@pytest.mark.parametrize("named", [None, ["BertForPreTraining"]])
def test_no_architecture_and_no_head(masked_lm_directory, tmp_path, edit_json, named):
    bare = BertModel.from_pretrained(masked_lm_directory)
    copy = tmp_path / "bare"
    bare.save_pretrained(copy)
    AutoTokenizer.from_pretrained(masked_lm_directory).save_pretrained(copy)
    edit_json(copy / "config.json", architectures=named)
    with pytest.raises(
        InvalidInput, match=r"architectures: it names no single prediction head, and the weights hold none"
    ):
        load_model(copy)


def test_the_limit_is_the_smaller_of_positions_and_tokenizer(copy, edit_json):
    assert load_model(copy).max_length == 64
    edit_json(copy / "tokenizer_config.json", model_max_length=9)
    assert load_model(copy).max_length == 9
    edit_json(copy / "tokenizer_config.json", model_max_length=int(1e30))
    assert load_model(copy).max_length == 64


LOAD = """
import sys
from transformers.utils import logging
logging.set_verbosity_info()
from workers.models import load_model
from workers.models.objective import MaskedLanguageModelling, SequenceClassification
print("loading", load_model(sys.argv[1]).architecture)
"""


def test_loading_is_silent(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({"unused.weight": weights["cls.predictions.bias"].clone()}))
    done = subprocess.run([sys.executable, "-c", LOAD, copy], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("loading BertForMaskedLM\n", "")


@pytest.mark.parametrize(("bars", "hub_bars"), [(True, True), (True, False), (False, False)])
def test_loading_leaves_transformers_as_it_was(masked_lm_directory, copy, edit_weights, bars, hub_bars):
    edit_weights(copy, lambda weights: weights.pop("cls.predictions.bias"))
    verbosity = logging.get_verbosity()
    logging.set_verbosity_info()
    if not bars:
        logging.disable_progress_bar()
    if not hub_bars:
        disable_progress_bars()
    try:
        load_model(masked_lm_directory)
        with pytest.raises(InvalidInput):
            load_model(copy)
        assert logging.get_verbosity() == standard_logging.INFO
        assert logging.is_progress_bar_enabled() == bars
        assert are_progress_bars_disabled() == (not hub_bars)
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()
