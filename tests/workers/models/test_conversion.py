"""Checkpoints as others saved them, made into directories that can be loaded."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from cypher.errors import Conflict, InvalidInput, ModelError, PickledWeights
from tests.random_models import SPECIAL, WORDS, random_bert
from workers.datasets import Instance
from workers.models import load_model
from workers.models.conversion import convert_model

SENTENCE = Instance("1", "the pilot that the guards like ***mask*** tall .", correct="is", wrong="are")


@pytest.fixture
def pickled(tmp_path) -> Path:
    """A masked-language model as the library saved it for years: pickled, with vocab.txt."""
    return as_pickle(random_bert(tmp_path / "saved"), tmp_path / "pickled")


def as_pickle(saved: Path, path: Path, prefix: str = "", **config: Any) -> Path:
    path.mkdir()
    weights = {prefix + name: weight for name, weight in load_file(saved / "model.safetensors").items()}
    torch.save(weights, path / "pytorch_model.bin")
    raw = json.loads((saved / "config.json").read_text()) | config
    (path / "config.json").write_text(json.dumps({name: value for name, value in raw.items() if value is not None}))
    vocabulary = json.loads((saved / "tokenizer.json").read_text())["model"]["vocab"]
    (path / "vocab.txt").write_text("".join(f"{word}\n" for word in sorted(vocabulary, key=vocabulary.__getitem__)))
    return path


def logit_rows(path: Path) -> torch.Tensor:
    model = load_model(path, "cpu")
    return model.objective.outputs(torch.linspace(-1, 1, model.encoder.width))


def test_it_is_the_model_that_was_pickled(pickled, tmp_path):
    with pytest.raises(
        PickledWeights, match=r"only pytorch_model\.bin, and pickled weights are never read\. Convert it"
    ):
        load_model(pickled)
    made = convert_model(pickled, tmp_path / "made")
    assert (made.architecture, made.tokenizer, made.lower_case) == ("BertForMaskedLM", "WordPiece", True)
    assert made.left_out == ()
    assert logit_rows(tmp_path / "made").equal(logit_rows(tmp_path / "saved"))
    ours, theirs = (load_model(path, "cpu").encode(SENTENCE) for path in (tmp_path / "made", tmp_path / "saved"))
    assert ours == theirs
    assert sorted(file.name for file in tmp_path.iterdir()) == ["made", "pickled", "saved"]  # nothing else is left


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.net."])
def test_a_wrappers_names_are_seen_through(tmp_path, prefix):
    saved = random_bert(tmp_path / "saved")
    convert_model(as_pickle(saved, tmp_path / "wrapped", prefix), tmp_path / "made")
    assert logit_rows(tmp_path / "made").equal(logit_rows(saved))


@pytest.mark.parametrize("holder", ["state_dict", "model"])
def test_a_state_dict_within_a_training_checkpoint(pickled, tmp_path, holder):
    weights = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    torch.save({holder: weights, "epoch": 3, "optimizer": {"state": {}}}, pickled / "pytorch_model.bin")
    convert_model(pickled, tmp_path / "made")
    assert logit_rows(tmp_path / "made").equal(logit_rows(tmp_path / "saved"))


def test_weights_in_several_files(pickled, tmp_path):
    weights = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    (pickled / "pytorch_model.bin").unlink()
    for number in (1, 2):
        part = {name: weight for index, (name, weight) in enumerate(weights.items()) if index % 2 == number - 1}
        torch.save(part, pickled / f"pytorch_model-0000{number}-of-00002.bin")
    (pickled / "training_args.bin").write_bytes(pickle.dumps({"a": 1}))
    convert_model(pickled, tmp_path / "made")
    assert logit_rows(tmp_path / "made").equal(logit_rows(tmp_path / "saved"))


def test_a_class_of_ones_own_is_named(tmp_path):
    own = as_pickle(random_bert(tmp_path / "saved"), tmp_path / "own", architectures=["MyBert"], model_type="mine")
    with pytest.raises(ModelError, match=r"architecture: 'MyBert' is not supported\. Name the class whose weights"):
        convert_model(own, tmp_path / "made")
    assert not (tmp_path / "made").exists()
    made = convert_model(own, tmp_path / "made", architecture="BertForMaskedLM")
    assert made.architecture == "BertForMaskedLM"
    assert logit_rows(tmp_path / "made").equal(logit_rows(tmp_path / "saved"))


def test_without_a_class_and_a_type_the_weights_tell_them(tmp_path):
    saved = random_bert(tmp_path / "saved", kind="classifier")
    bare = as_pickle(saved, tmp_path / "bare", architectures=None, model_type=None)
    assert convert_model(bare, tmp_path / "made").architecture == "BertForSequenceClassification"
    assert logit_rows(tmp_path / "made").equal(logit_rows(saved))


def test_weights_of_other_heads_are_told(pickled, tmp_path):
    weights = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    torch.save(weights | {"cls.species.weight": torch.ones(2)}, pickled / "pytorch_model.bin")
    made = convert_model(pickled, tmp_path / "made")
    assert made.left_out == ("cls.species.weight",)
    assert made.weights == len(load_file(tmp_path / "made" / "model.safetensors"))


class Harm:
    """Pickles that run a program."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_that_would_run_a_program_is_refused(pickled, tmp_path):
    (pickled / "pytorch_model.bin").write_bytes(pickle.dumps(Harm(tmp_path / "harmed")))
    with pytest.raises(ModelError, match=r"cannot be read as weights alone"):
        convert_model(pickled, tmp_path / "made")
    assert not (tmp_path / "harmed").exists() and not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("settings", "given", "expected"),
    [({}, None, True), ({"do_lower_case": False}, None, False), ({"do_lower_case": True}, False, False)],
)
def test_casing_is_that_of_the_configuration_or_as_given(pickled, tmp_path, settings, given, expected):
    (pickled / "tokenizer_config.json").write_text(json.dumps(settings))
    assert convert_model(pickled, tmp_path / "made", lower_case=given).lower_case is expected
    assert load_model(tmp_path / "made", "cpu").tokenizer.backend_tokenizer.normalizer.lowercase is expected


def test_a_vocabulary_with_capital_letters_is_cased(tmp_path):
    words = [word for word in WORDS if word != "the"] + ["The"]
    cased = as_pickle(random_bert(tmp_path / "saved", words=words), tmp_path / "cased")
    assert convert_model(cased, tmp_path / "made").lower_case is False


def test_a_vocabulary_without_pieces_is_of_whole_words(tmp_path):
    saved = random_bert(tmp_path / "saved")
    own = as_pickle(saved, tmp_path / "own")
    words = (own / "vocab.txt").read_text().splitlines()
    (own / "vocab.txt").write_text("".join(f"{word.replace('##', 'Q')}\n" for word in words))
    made = convert_model(own, tmp_path / "made")
    assert (made.tokenizer, made.lower_case) == ("WordLevel", None)
    model = load_model(tmp_path / "made", "cpu")
    assert model.encode(SENTENCE).ids == load_model(saved, "cpu").encode(SENTENCE).ids
    assert set(SPECIAL) <= set(model.tokenizer.get_vocab())


def test_the_tokenizer_may_be_elsewhere(pickled, tmp_path):
    shutil.move(pickled / "vocab.txt", tmp_path / "words.txt")
    with pytest.raises(ModelError, match=r"tokenizer: .* has no tokenizer\.json or vocab\.txt\. Name one that has\."):
        convert_model(pickled, tmp_path / "made")
    convert_model(pickled, tmp_path / "made", tokenizer=tmp_path / "saved")
    shutil.move(tmp_path / "words.txt", tmp_path / "vocab.txt")
    convert_model(pickled, tmp_path / "again", tokenizer=tmp_path / "vocab.txt")
    assert logit_rows(tmp_path / "made").equal(logit_rows(tmp_path / "again"))


def test_what_is_there_stays_unless_it_may_go(pickled, tmp_path):
    convert_model(pickled, tmp_path / "made")
    with pytest.raises(Conflict, match=r"made already exists\. Name another directory"):
        convert_model(pickled, tmp_path / "made")
    convert_model(pickled, tmp_path / "made", replace=True)


def test_a_directory_without_weights(tmp_path, pickled):
    (pickled / "pytorch_model.bin").unlink()
    with pytest.raises(ModelError, match=r"has no weights\. Name the directory that holds pytorch_model\.bin"):
        convert_model(pickled, tmp_path / "made")


def test_what_would_be_lost_is_refused(pickled, tmp_path):
    with pytest.raises(InvalidInput, match="is the directory to convert"):
        convert_model(pickled, pickled, replace=True)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="is a file"):
        convert_model(pickled, tmp_path / "notes.txt", replace=True)
    assert (pickled / "pytorch_model.bin").exists() and (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("content", ["{", "[1]", "3"])
def test_a_damaged_configuration_of_the_tokenizer(pickled, tmp_path, content):
    (pickled / "tokenizer_config.json").write_text(content)
    with pytest.raises(ModelError, match="tokenizer: it is no JSON object"):
        convert_model(pickled, tmp_path / "made")
