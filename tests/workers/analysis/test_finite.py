"""What is not finite is an error of its sentence, wherever it comes up."""

import json
import shutil

import pytest
from safetensors.torch import load_file, save_file

from cypher.errors import InvalidInput
from service.results_file import read_results
from tests.random_models import random_bert
from workers.analysis.analysis import analyze, compute, prepare
from workers.analysis.notices import notices
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import Model, load_model

GOOD = Instance("good", "the pilot ***mask*** tall .", "is", "are", origin="s.jsonl:1")
BAD = Instance("bad", "the women ***mask*** tall .", "is", "are", origin="s.jsonl:2")
BASELINE = Instance("base", "the movie ***mask*** tall .", "is", "are", origin="s.jsonl:3")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return random_bert(tmp_path_factory.mktemp("finite") / "whole")


@pytest.fixture
def spoil(directory, tmp_path):
    """The model, a weight of it changed in place."""

    def change(name: str, edit, dtype: str = "float32") -> Model:
        spoilt = shutil.copytree(directory, tmp_path / "spoilt", dirs_exist_ok=True)
        weights = {each: weight.clone() for each, weight in load_file(spoilt / "model.safetensors").items()}
        vocabulary = json.loads((spoilt / "tokenizer.json").read_text())["model"]["vocab"]
        edit(weights[name], vocabulary)
        save_file(weights, spoilt / "model.safetensors", metadata={"format": "pt"})
        return load_model(spoilt, "cpu", dtype)

    return change


def overflow(weight, vocabulary) -> None:
    weight[vocabulary["women"]] = 3e38


def test_a_sentence_that_overflows_is_named_with_the_likely_cause(spoil):
    model = spoil("bert.embeddings.word_embeddings.weight", overflow)
    with pytest.raises(InvalidInput, match=r"the (logits|influences) of 'bad' are not finite") as caught:
        list(analyze(model, [GOOD, BAD]))
    assert caught.value.where == "s.jsonl:2"
    assert "overflows in float32. Use dtype float64" in str(caught.value)


def test_the_others_of_its_batch_stay(spoil):
    model = spoil("bert.embeddings.word_embeddings.weight", overflow)
    left_out: list[InvalidInput] = []
    settings = Settings(methods=("attention", "conductance"), edges="mass:0.9", beam=2)
    plan = prepare(model, [GOOD, BAD, BASELINE], settings)
    assert len(plan.batches) == 1
    results = list(compute(model, plan, settings, on_bad=left_out.append))
    assert [result.id for result in results] == ["good", "base"]
    assert [error.where for error in left_out] == ["s.jsonl:2"]
    assert all(result.not_finite() is None for result in results)


def test_float64_has_room_for_it(spoil):
    model = spoil("cls.predictions.transform.dense.weight", lambda weight, _: weight.mul_(1e37), "float64")
    assert next(analyze(model, [GOOD])).not_finite() is None


@pytest.fixture(scope="module")
def line(directory) -> str:
    settings = Settings(methods=("attention",))
    return next(analyze(load_model(directory, "cpu"), [GOOD], settings)).to_json()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("qoi", ("qoi",)),
        ("baseline_qoi", ("baseline_qoi",)),
        ("completeness_error", ("completeness_error",)),
        ("target_influence", ("target_influence",)),
        ("words", ("words", 0, "influence")),
        ("words", ("words", 1, "attention_trace", 0)),
        ("patterns", ("patterns", 0, "influence")),
        ("edges", ("edges", 3, "influence")),
    ],
)
def test_results_with_such_numbers_are_not_read(line, tmp_path, field, place, value):
    values = json.loads(line)
    part = values
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = "HERE"
    file = tmp_path / "r.jsonl"
    file.write_text(line + "\n" + json.dumps(values).replace('"HERE"', value) + "\n")
    with pytest.raises(InvalidInput, match=rf"r.jsonl:2: results: its {field} is not finite. Analyse"):
        list(read_results(file))


def test_what_is_told_of_the_reading(directory):
    model = load_model(directory, "cpu")
    texts = ["the ☃ ***mask*** ☃", "the ✈ ☃ ***mask***", "women ***mask*** tall"]
    sentences = [model.encode(Instance(text, text, "IS", "are")) for text in texts]
    assert list(notices(model, sentences)) == [
        "4 tokens of 2 sentences unknown to the vocabulary of whole, read as [UNK]: '☃' (3×), '✈'",
        "answers that are other tokens of whole: 'IS' is 'is' (3×)",
    ]
    assert not list(notices(model, sentences[2:][:0]))
