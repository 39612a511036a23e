"""`influence plot`: which instance, which words, which file."""

from dataclasses import replace

import pytest

from service import figures
from service.results_file import ResultsWriter
from tests.service.made_up import make_result

RESULTS = [make_result(name=f"sva-obj/SP/{number}", seed=number) for number in range(12)]


@pytest.fixture
def results(tmp_path):
    with ResultsWriter(tmp_path / "results.jsonl", 0) as writer:
        for result in RESULTS:
            writer.write(result)
    return tmp_path / "results.jsonl"


@pytest.mark.parametrize(
    ("arguments", "result", "words"),
    [
        ([], RESULTS[0], None),
        (["--id", "sva-obj/SP/3"], RESULTS[3], None),
        (["--id", "sva-obj/SP/3", "--words", "pilot guards"], RESULTS[3], ["pilot", "guards"]),
        (["--words", "2", "--words", "the"], RESULTS[0], ["2", "the"]),
    ],
)
def test_the_figure_is_of_the_named_instance_and_words(influence, results, tmp_path, arguments, result, words):
    output, expected = tmp_path / "figure.svg", tmp_path / "expected.svg"
    ended = influence("plot", results, *arguments, "--output", output)
    assert ended.code == 0 and ended.out == f"{output}\n"
    assert ended.err == ("" if "--id" in arguments else f"notice: this is {result.id}, the first; --id names another\n")
    chosen = figures.named(result, words) if words else figures.strongest(result, 4)
    figures.save(figures.draw(result, chosen), expected)
    assert output.read_bytes() == expected.read_bytes()


def test_an_unknown_id_lists_some_that_are_there(influence, results, tmp_path):
    ended = influence("plot", results, "--id", "none", "--output", tmp_path / "figure.svg")
    assert ended.code == 2
    assert "error: 'none' is not in" in ended.err
    assert "It holds sva-obj/SP/0, sva-obj/SP/1, " in ended.err and "and 4 more." in ended.err
    ended = influence("plot", results, "--id", "SVA-OBJ/SP/1", "--output", tmp_path / "figure.svg")
    assert "Did you mean 'sva-obj/SP/1'?" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["results.jsonl", "--output", "figure.gif"], "--output: figure.gif is not the name of a figure"),
        (["none.jsonl", "--output", "figure.svg"], "RESULTS: cannot read none.jsonl"),
        (["results.jsonl", "--output", "figure.svg", "--words", "nobody"], "--words: 'nobody' is not a source word"),
        (["results.jsonl", "--output", "none/figure.svg"], "--output: cannot write none/figure.svg"),
    ],
)
def test_what_cannot_be_drawn(influence, results, monkeypatch, arguments, message):
    monkeypatch.chdir(results.parent)
    ended = influence("plot", *arguments)
    assert ended.code == 2
    assert message in ended.err


def test_a_file_without_results(influence, tmp_path):
    (tmp_path / "empty.jsonl").touch()
    ended = influence("plot", tmp_path / "empty.jsonl", "--output", tmp_path / "figure.svg")
    assert ended.code == 2
    assert "holds no results" in ended.err


@pytest.mark.parametrize(
    "arguments", [("RESULTS", "-o", "OUT"), ("-o", "OUT", "RESULTS"), ("instance", "RESULTS", "-o", "OUT")]
)
def test_the_word_instance_can_be_left_out(influence, results, tmp_path, arguments):
    names = {"RESULTS": results, "OUT": tmp_path / "figure.svg"}
    ended = influence("plot", *(names.get(argument, argument) for argument in arguments))
    assert ended.code == 0, ended.err
    assert names["OUT"].exists()


def test_a_misspelt_figure_is_not_taken_for_a_file(influence):
    ended = influence("plot", "agregated", "demo")
    assert ended.code == 2
    assert "Did you mean 'aggregated'?" in ended.err


def test_a_file_that_is_nearly_named_like_a_figure_is_drawn(influence, results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.rename(tmp_path / "entropi")
    assert influence("plot", "entropi", "-o", "figure.svg").code == 0


def test_help_tells_of_both(influence):
    ended = influence("plot", "--help")
    assert ended.code == 0
    for word in ("RESULTS.jsonl", "instance", "aggregated", "difference", "entropy", "attractors"):
        assert word in ended.out


@pytest.mark.parametrize("raw", [False, True])
def test_tokens_as_they_read_or_as_they_are_spelled(influence, tmp_path, raw):
    result = replace(RESULTS[0], texts=tuple(f"‿{token}" for token in RESULTS[0].tokens))
    with ResultsWriter(tmp_path / "results.jsonl", 0) as writer:
        writer.write(result)
    output = tmp_path / "figure.svg"
    ended = influence("plot", tmp_path / "results.jsonl", "--output", output, *(["--raw-tokens"] if raw else []))
    assert ended.code == 0
    shown = RESULTS[0] if raw else result
    figures.save(figures.draw(shown, figures.strongest(shown, 4)), tmp_path / "expected.svg")
    assert output.read_bytes() == (tmp_path / "expected.svg").read_bytes()
