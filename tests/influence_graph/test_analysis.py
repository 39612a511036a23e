"""Results of an analysis: in the order of the sentences, computed when looked at, kept when interrupted."""

import os
import pty
import subprocess
import sys
import termios

import pytest

from cypher.errors import InvalidInput
from influence_graph import Analysis, Instance, Result, Results, Settings, analyze, generate, load_model
from workers.analysis import analysis as engine
from workers.models import Model

SETTINGS = Settings(samples=4, edges="none")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("bundled")


@pytest.fixture
def sentences() -> list[Instance]:
    """Of several lengths, which are not computed in this order."""
    long, short = generate("sva-obj", "SP", 4), generate("sva-app", "SS", 3)
    return [each for pair in zip(long, short, strict=False) for each in pair] + long[3:]


def test_results_are_those_of_the_engine_in_the_order_of_the_sentences(model, sentences):
    results = analyze(model, sentences, SETTINGS)
    assert [result.id for result in results] == [sentence.id for sentence in sentences]
    by_id = {result.id: Result.of(result) for result in engine.analyze(model, sentences, SETTINGS)}
    assert [result.id for result in by_id.values()] != [sentence.id for sentence in sentences]
    assert all(result == by_id[result.id] for result in results)


def test_nothing_is_computed_before_it_is_looked_at(model, sentences):
    results = analyze(model, sentences, SETTINGS)
    assert len(results) == 7 and len(results.computed) == 0
    assert repr(results) == "<Analysis of 7 sentences, 0 computed>"
    assert results[-1] is results[-1]
    assert 0 < len(results.computed) <= 7
    assert isinstance(results[2:4], Results)
    with pytest.raises(IndexError):
        results[7]


def test_every_sentence_is_checked_first(model, sentences):
    with pytest.raises(InvalidInput, match="unheardofword"):
        analyze(model, [*sentences, Instance("odd", "the pilot ***mask*** .", "unheardofword", "are")])


def test_progress_is_told_after_each_result(model, sentences):
    told: list[tuple[int, int]] = []
    list(analyze(model, sentences, SETTINGS, progress=lambda done, total: told.append((done, total))))
    assert told == [(done, 7) for done in range(1, 8)]


def test_an_interruption_keeps_what_is_computed(model, sentences):
    told: list[int] = []

    def interrupt_once(done: int, total: int) -> None:
        told.append(done)
        if len(told) == 3:
            raise KeyboardInterrupt

    whole = list(analyze(model, sentences, SETTINGS))
    results = analyze(model, sentences, SETTINGS, progress=interrupt_once)
    with pytest.raises(KeyboardInterrupt):
        list(results)
    kept = list(results.computed)
    assert len(kept) == 3
    assert list(results) == whole
    assert all(any(result is each for each in results) for result in kept)
    assert told == [1, 2, 3, 4, 5, 6, 7]


def test_an_interruption_of_the_computing_itself(model, sentences):
    """A question that is interrupted, as Ctrl-C would in the midst of a batch."""
    calls: list[int] = []

    def logit_difference(model, some):
        calls.append(len(some))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return engine.logit_difference(model, some)

    results = analyze(model, sentences, SETTINGS, question=logit_difference)
    with pytest.raises(KeyboardInterrupt):
        results._repr_html_()
    assert 0 < len(results.computed) < 7
    assert list(results) == list(analyze(model, sentences, SETTINGS))
    assert sum(calls) == 7 + calls[1]


def test_a_stream_keeps_nothing(model, sentences):
    results = analyze(model, sentences, SETTINGS)
    first = results[0]
    before = len(results.computed)
    streamed = list(results.stream())
    assert streamed[0] is first and len(results.computed) == before
    assert {result.id for result in streamed} == {sentence.id for sentence in sentences}
    assert all(isinstance(result, Result) for result in streamed)


def test_a_classifier_too():
    results = analyze(load_model("bundled-sentiment"), generate("sa", "contrast-positive", 2), SETTINGS)
    assert isinstance(results, Analysis)
    assert "2 sentences" in results._repr_html_()


LONG = """
import time
from influence_graph.progress import Bar
bar = Bar("analyzing", "sentence")
for done in range(1, 5):
    time.sleep({seconds})
    bar(done, 4)
"""


def on_a_terminal(code: str) -> str:
    """What a program writes to stderr where that is a terminal."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 80))
    with subprocess.Popen([sys.executable, "-c", code], stderr=its):
        os.close(its)
        told = b""
        while True:
            try:
                told += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
    os.close(ours)
    return told.decode()


def test_a_bar_where_someone_watches():
    assert "analyzing: 100%" in on_a_terminal(LONG.format(seconds=0.4))
    assert on_a_terminal(LONG.format(seconds=0.001)) == ""
    elsewhere = subprocess.run([sys.executable, "-c", LONG.format(seconds=0.4)], capture_output=True, check=True)
    assert elsewhere.stderr == b""
