"""`influence tasks`: the list, and sentences that `influence analyze` reads."""

import gzip
import json

import pytest

from tests.service.cli.conftest import lines
from workers.datasets import TASKS, generate, read_instances

EVERYWHERE = True


def test_the_list_shows_every_task_with_an_example(influence):
    ended = influence("tasks")
    for task in TASKS.values():
        assert task.name in ended.out and task.example in ended.out


def test_the_list_as_json(influence):
    rows = json.loads(influence("tasks", "--json").out)
    assert [row["name"] for row in rows] == list(TASKS)
    assert rows[0]["cases"] == {case: TASKS["sva-obj"].count(case) for case in ("SS", "SP", "PS", "PP")}


@pytest.mark.parametrize("task", TASKS)
def test_generate_writes_every_case(influence, tmp_path, task):
    output = tmp_path / "sentences.jsonl"
    assert influence("tasks", "generate", task, "-n", 3, "--seed", 5, "--output", output).code == 0
    expected = [instance for case in TASKS[task].cases for instance in generate(task, case, 3, 5)]
    assert read_instances(output) == expected


def test_generate_writes_one_case_to_stdout(influence):
    ended = influence("tasks", "generate", "sva-obj", "--case", "SP", "-n", 2)
    assert [row["text"] for row in lines(ended.out)] == [instance.text for instance in generate("sva-obj", "SP", 2, 0)]
    assert ended.err == ""


def test_generate_replaces_a_file_only_when_told_to(influence, tmp_path):
    output = tmp_path / "mine.jsonl"
    output.write_text("precious")
    ended = influence("tasks", "generate", "sva-obj", "-n", 1, "--output", output)
    assert ended.code == 2
    assert "already exists. Name another file. --force replaces it." in ended.err
    assert output.read_text() == "precious"
    ended = influence("tasks", "generate", "sva-obj", "-n", 1, "--output", output, "--force")
    assert ended.code == 0
    assert "4 sentences in" in ended.err
    assert len(read_instances(output)) == 4


def test_generate_writes_json_lines_only(influence, tmp_path):
    ended = influence("tasks", "generate", "sva-obj", "--output", tmp_path / "mine.csv")
    assert ended.code == 2
    assert "is written as JSON lines. Give it the extension .jsonl." in ended.err
    assert not (tmp_path / "mine.csv").exists()


PAIRS = (
    "simple_agrmt\tsing_MS_MV\tthe pilot laughs\tthe pilot laugh\n"
    "npi\tpast\tno pilot ever laughed\tmost pilots ever laughed\n"
    "simple_agrmt\tplur_MS_MV\tthe pilots laugh\tthe pilots laughs\n"
)
LEFT_OUT = "notice: left out: pairs that differ in more than one word: 1 (1 of npi)"


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.tsv.gz"
    path.write_bytes(gzip.compress(PAIRS.encode()))
    return path


def test_convert_writes_our_own_form_and_tells_what_is_left_out(influence, pairs, tmp_path):
    output = tmp_path / "mine.jsonl"
    ended = influence("tasks", "convert", pairs, "--output", output)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines() == [LEFT_OUT, f"2 sentences in {output}"]
    assert lines(output.read_text())[0] == {
        "id": "pairs/1",
        "text": "the pilot ***mask*** .",
        "correct": "laughs",
        "wrong": "laugh",
        "task": "simple_agrmt",
        "case": "S",
    }
    assert read_instances(output) == read_instances(pairs)


def test_convert_writes_to_stdout(influence, pairs):
    ended = influence("tasks", "convert", pairs)
    assert [row["id"] for row in lines(ended.out)] == ["pairs/1", "pairs/3"]
    assert ended.err.splitlines() == [LEFT_OUT]


def test_convert_stops_at_a_bad_row_or_leaves_it_out(influence, tmp_path):
    source, output = tmp_path / "in.tsv", tmp_path / "mine.jsonl"
    source.write_text(PAIRS + "a\tb\n")
    bad = f"{source}:4: line: it has 2 tab-separated columns. Write four: task, form, right sentence, wrong sentence."
    ended = influence("tasks", "convert", source, "--output", output)
    assert (ended.code, ended.err.splitlines()[-1]) == (2, f"error: {bad}")
    assert not output.exists()
    ended = influence("tasks", "convert", source, "--output", output, "--skip-bad")
    assert ended.code == 0 and f"left out: {bad}" in ended.err.splitlines()
    assert len(read_instances(output)) == 2


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mine.csv", (), "is written as JSON lines. Give it the extension .jsonl."),
        ("mine.jsonl", (), "already exists. Name another file. --force replaces it."),
        ("mine.jsonl", ("--force",), "is the input file. Name another file."),
    ],
)
def test_convert_overwrites_nothing(influence, tmp_path, name, options, message):
    source = tmp_path / "mine.jsonl"
    source.write_text('{"text": "a film", "label": "1"}\n')
    ended = influence("tasks", "convert", source, "--output", tmp_path / name, *options)
    assert ended.code == 2 and message in ended.err
    assert source.read_text() == '{"text": "a film", "label": "1"}\n'
