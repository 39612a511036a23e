"""Whatever a user gets wrong: one line on stderr that says what and what to do, exit code 2, nothing computed."""

import os

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.random_models import random_bert
from tests.service.cli.conftest import GOOD

ROWS = {
    "malformed JSON": ('{"text": "the', r"sentences.jsonl:2: line: it is not JSON"),
    "missing field": ({"text": "the pilot [MASK] .", "correct": "is"}, "sentences.jsonl:2: wrong: is missing"),
    "no mask token": (GOOD | {"id": "b", "text": "the pilot ."}, "sentences.jsonl:2: text: 'the pilot .' has no mask"),
    "two mask tokens": (GOOD | {"id": "b", "text": "the [MASK] ***mask*** ."}, "sentences.jsonl:2: text: "),
    "correct = wrong": (GOOD | {"id": "b", "wrong": "is"}, "sentences.jsonl:2: wrong: 'is' is the correct word too"),
    "a word of two tokens": (
        GOOD | {"id": "b", "wrong": "swimming"},
        ":2: wrong: 'swimming' is 5 tokens",
    ),
    "too long": (GOOD | {"id": "b", "text": "the " * 70 + "[MASK] ."}, "sentences.jsonl:2: text: it has 74 tokens"),
    "the same id": (GOOD, "sentences.jsonl:2: id: 'good' is the id of line 1 too"),
}


@pytest.mark.parametrize(("row", "message"), ROWS.values(), ids=ROWS)
def test_a_bad_row_names_file_line_and_field(influence, masked, sentences, tmp_path, row, message):
    output = tmp_path / "results.jsonl"
    ended = influence("analyze", sentences(GOOD, row), "--model", masked, "--output", output)
    assert ended.code == 2
    assert message in ended.err
    assert ended.err.startswith("error: ") and ended.err.count("\n") == 1
    assert ended.out == "" and not output.exists()


@pytest.mark.parametrize(("row", "message"), ROWS.values(), ids=ROWS)
def test_skip_bad_leaves_it_out_says_so_and_does_the_rest(influence, masked, sentences, tmp_path, row, message):
    output = tmp_path / "results.jsonl"
    last = GOOD | {"id": "last"}
    ended = influence("analyze", sentences(GOOD, row, last), "--model", masked, "--output", output, "--skip-bad")
    assert ended.code == 0
    assert f"left out: {tmp_path}" in ended.err and message in ended.err
    assert "sentences           2, 1 bad ones left out" in ended.out
    assert len(output.read_text().splitlines()) == 2


def test_nothing_but_bad_rows_is_an_error(influence, masked, sentences):
    ended = influence("analyze", sentences(GOOD | {"text": "the pilot ."}), "--model", masked, "--skip-bad")
    assert ended.code == 2
    assert "error: INPUT: none of its sentences can be analysed" in ended.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--distribution", "gauss"), "error: --distribution: 'gauss' is not known. Use line, point:ALPHA"),
        (("--distribution", "point:1", "--sampling", "paper"), "error: --sampling: paper is of the line"),
        (("--distribution", "point:1", "--sampling", "adaptive"), "error: --sampling: adaptive is of the line"),
        (
            ("--sampling", "paper", "--tolerance", "0.1"),
            "error: --tolerance: it is of adaptive sampling, and the sampling",
        ),
        (("--sampling", "adaptive", "--tolerance", "2"), "error: --tolerance: 2.0 is not a share."),
        (("--sampling", "adaptive", "--samples", "9"), "error: --samples: 9 is too few for adaptive sampling. Use 17"),
        (("--baseline", "token:zebra"), "error: --baseline: 'zebra' is not a token of"),
    ],
)
def test_distributions_and_baselines_that_there_are_not(influence, masked, sentences, options, message):
    ended = influence("analyze", sentences(GOOD), "--model", masked, *options)
    assert ended.code == 2
    assert message in ended.err and ended.err.count("\n") == 1


def test_no_such_file(influence, tmp_path):
    ended = influence("analyze", tmp_path / "none.jsonl")
    assert ended.code == 2
    assert "none.jsonl: input: there is no such file" in ended.err


def test_an_empty_file(influence, sentences):
    ended = influence("analyze", sentences())
    assert ended.code == 2
    assert "it holds no instance" in ended.err


def test_an_unknown_label(influence, classifier, sentences):
    row = {"text": "a great movie .", "label": "neutral"}
    ended = influence("analyze", sentences(row), "--model", classifier)
    assert ended.code == 2
    assert "sentences.jsonl:1: label: 'neutral' is not a class" in ended.err
    assert "negative (0), positive (1)" in ended.err


def test_a_directory_that_is_no_model(influence, sentences, tmp_path):
    (tmp_path / "empty").mkdir()
    ended = influence("analyze", sentences(GOOD), "--model", tmp_path / "empty")
    assert ended.code == 2
    assert "is not a model" in ended.err


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(influence, sentences, tmp_path, bad):
    model = random_bert(tmp_path / "broken")
    weights = load_file(model / "model.safetensors")
    name = "bert.encoder.layer.0.attention.self.query.weight"
    weights[name] = torch.full_like(weights[name], bad)
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    ended = influence("analyze", sentences(GOOD), "--model", model)
    assert ended.code == 2
    assert name in ended.err and ended.err.startswith("error: ")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--samples", 0, "samples: 0 is too few for trapezoid sampling. Use 2 or more."),
        ("--beam", 0, "beam: 0 is not a width"),
        (
            "--edges",
            "some",
            "edges: 'some' is not a selection. Use none, all, top:K (K from 1) or mass:F",
        ),
        ("--memory", "lots", "--memory: 'lots' is not an amount of memory. Write it like 2GB, 500MB or 1.5GiB."),
        ("--memory", "0", "--memory: '0' is not an amount of memory"),
        ("--memory", "1kB", "memory: 1.0 kB is too little"),
        ("--device", "tpu", "device: 'tpu' is not known"),
    ],
)
def test_a_setting_out_of_range(influence, masked, sentences, option, value, message):
    ended = influence("analyze", sentences(GOOD), "--model", masked, option, value)
    assert ended.code == 2
    assert message in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(("option", "value"), [("--dtype", "float16"), ("--sampling", "random"), ("--limit", 0)])
def test_a_choice_that_is_none_is_a_usage_error(influence, option, value):
    ended = influence("analyze", "sentences.jsonl", option, value)
    assert ended.code == 2
    assert option in ended.err


def test_an_output_path_that_cannot_be_written(influence, masked, sentences, tmp_path):
    ended = influence("analyze", sentences(GOOD), "--model", masked, "--output", tmp_path / "none" / "results.jsonl")
    assert ended.code == 2
    assert "error: --output: cannot write" in ended.err


def test_the_input_as_the_output(influence, sentences):
    path = sentences(GOOD)
    before = path.read_text()
    ended = influence("analyze", path, "--output", os.path.relpath(path))
    assert ended.code == 2
    assert "is the input file. Name another file." in ended.err
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "INPUT: there is none. Name a file of sentences, or give one with --text."),
        (["sentences.jsonl", "--text", "the [MASK] ."], "--text: it is given together with the file sentences.jsonl"),
        (["sentences.jsonl", "--correct", "is"], "--correct: it is given without --text"),
    ],
)
def test_input_given_twice_or_not_at_all(influence, arguments, message):
    ended = influence("analyze", *arguments)
    assert ended.code == 2
    assert message in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-task"], "task: 'no-task' is not a task. Use one of sva-obj, "),
        (["sva-obj", "--case", "MF"], "case: 'MF' is not a case of sva-obj. Use one of SS, SP, PS, PP."),
        (["sva-obj", "-n", "0"], "--count: 0 sentences of sva-obj/SS cannot be drawn"),
        (["sva-obj", "--output", "none/sentences.jsonl"], "output: 'none/sentences.jsonl' cannot be written"),
    ],
)
def test_tasks_that_cannot_be_generated(influence, arguments, message):
    ended = influence("tasks", "generate", *arguments)
    assert ended.code == 2
    assert message in ended.err
