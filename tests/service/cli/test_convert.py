"""`influence convert`: pickled weights on the command line."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from tests.service.cli.experiments import refusal
from workers.models import load_model


@pytest.fixture
def pickled(masked, tmp_path):
    path = tmp_path / "pickled"
    shutil.copytree(masked, path)
    torch.save(load_file(path / "model.safetensors") | {"cls.own": torch.ones(1)}, path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    return path


def test_what_is_refused_says_how_to_convert_it_and_what_is_converted_is_analysed(influence, pickled, tmp_path):
    sentence = ("--text", "the pilot ***mask*** tall .", "--correct", "is", "--wrong", "are", "--samples", 2)
    line = refusal(influence("analyze", "--model", pickled, *sentence))
    assert "pickled weights are never read" in line and "`influence convert DIR OUT` does." in line
    made = tmp_path / "made"
    ended = influence("convert", pickled, made)
    assert ended.code == 0 and ended.out.startswith(f"{made}: BertForMaskedLM, ")
    assert "weights that BertForMaskedLM does not have are left out: cls.own" in ended.err
    assert influence("analyze", "--model", made, *sentence).code == 0
    assert refusal(influence("convert", pickled, made)).endswith("--force replaces it.")
    told = json.loads(influence("convert", pickled, made, "--force", "--json").out)
    assert (told["architecture"], told["left_out"]) == ("BertForMaskedLM", ["cls.own"])


def test_a_class_of_ones_own_is_named_as_an_option(influence, pickled, tmp_path):
    config = json.loads((pickled / "config.json").read_text()) | {"architectures": ["MyBert"]}
    (pickled / "config.json").write_text(json.dumps(config))
    line = refusal(influence("convert", pickled, tmp_path / "made"))
    assert line.startswith("error: --as: 'MyBert' is not supported. Name the class whose weights it has")
    assert influence("convert", pickled, tmp_path / "made", "--as", "BertForMaskedLM").code == 0
    assert load_model(tmp_path / "made").architecture == "BertForMaskedLM"
