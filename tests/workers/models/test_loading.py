"""Devices, dtypes, memory, silence, and what is left unimported."""

import logging as standard_logging
import subprocess
import sys

import pytest
import torch
from transformers.utils import logging

from cypher.errors import InvalidInput, ModelError, OutOfMemory
from workers.models import load_model, loading
from workers.models.objective import MaskedLanguageModelling, SequenceClassification


def test_a_masked_language_model(masked_lm_directory):
    model = load_model(masked_lm_directory)
    assert (model.name, model.architecture) == ("masked-lm", "BertForMaskedLM")
    assert isinstance(model.objective, MaskedLanguageModelling)
    assert model.head is model.objective.head
    assert model.baseline_id == model.tokenizer.get_vocab()["[MASK]"]
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
        InvalidInput, match=r"device: 'cuda.*' was requested, but torch finds no CUDA device. Use cpu or auto"
    ):
        load_model(masked_lm_directory, device=device)


def test_a_cuda_device_too_many(masked_lm_directory, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InvalidInput, match=r"device: 'cuda:2' was requested, but torch finds 2. Use cuda:0 to cuda:1."):
        load_model(masked_lm_directory, device="cuda:2")


@pytest.mark.parametrize("length", [9, int(1e30), None])
def test_the_limit_is_the_model_s_positions_whatever_the_tokenizer_says(copy, edit_json, length):
    edit_json(copy / "tokenizer_config.json", model_max_length=length)
    assert load_model(copy).max_length == 64


LOAD = """
import sys
from transformers.utils import logging
logging.set_verbosity_info()
from workers.models import load_model, loading
from workers.models.objective import MaskedLanguageModelling, SequenceClassification
print("loading", load_model(sys.argv[1]).architecture)
"""


def test_loading_is_silent(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({"unused.weight": weights["cls.predictions.bias"].clone()}))
    done = subprocess.run([sys.executable, "-c", LOAD, copy], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("loading BertForMaskedLM\n", "")


def test_loading_leaves_transformers_as_it_was(masked_lm_directory, copy, edit_weights):
    edit_weights(copy, lambda weights: weights.pop("cls.predictions.bias"))
    verbosity = logging.get_verbosity()
    logging.set_verbosity_info()
    try:
        load_model(masked_lm_directory)
        with pytest.raises(ModelError):
            load_model(copy)
        assert logging.get_verbosity() == standard_logging.INFO
    finally:
        logging.set_verbosity(verbosity)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory")]
)
def test_a_device_with_too_little_memory(masked_lm_directory, error, monkeypatch):
    def full(*_):
        raise error

    monkeypatch.setattr(loading, "read_weights", full)
    message = r"memory: cpu has too little left for the weights of masked-lm, which take [\d.]+ kB. Free memory there"
    with pytest.raises(OutOfMemory, match=message):
        load_model(masked_lm_directory, "cpu")


def test_other_errors_of_torch_stay_what_they_are(masked_lm_directory, monkeypatch):
    def broken(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(loading, "read_weights", broken)
    with pytest.raises(RuntimeError, match="something else"):
        load_model(masked_lm_directory, "cpu")


IMPORTED = """
import sys
from workers.analysis.analysis import analyze
from workers.datasets.instance import Instance
from workers.models import load_model
list(analyze(load_model(sys.argv[1]), [Instance("1", "women ***mask*** tall", correct="is", wrong="are")]))
print(*sorted(sys.modules))
"""


def test_no_model_classes_of_the_library_are_imported(masked_lm_directory):
    """They alone take longer than all the rest; only the first loading of a checkpoint needs them."""
    load_model(masked_lm_directory)
    command = [sys.executable, "-c", IMPORTED, masked_lm_directory]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    heavy = {
        "transformers.modeling_utils",
        "transformers.generation.utils",
        "torch._dynamo",
        "torch._inductor",
        "sympy",
    }
    assert "transformers" in done.stdout.split()
    assert heavy.isdisjoint(done.stdout.split())
