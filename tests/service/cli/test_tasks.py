"""`influence tasks`: the list, and sentences that `influence analyze` reads."""

import json

import pytest

from tests.service.cli.conftest import lines
from workers.datasets import TASKS, generate, read_instances


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
