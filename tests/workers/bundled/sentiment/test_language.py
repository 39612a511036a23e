"""What the sentiment model is trained on, and what it never sees."""

import random
from collections import Counter

import pytest

from tests.oracle.sentiment import judge
from workers.bundled.sentiment.language import HELD_OUT, TASK, held_out, is_held_out, known_words, utter
from workers.datasets import generate


@pytest.fixture(scope="module")
def uttered():
    rng = random.Random(5)
    return [utter(rng) for _ in range(8000)]


def test_utterances_are_seeded(uttered):
    rng = random.Random(5)
    assert [utter(rng) for _ in range(200)] == uttered[:200]


def test_what_is_held_out_is_never_uttered(uttered):
    assert not any(is_held_out(" ".join(words)) for words, _ in uttered)


def test_one_sentence_in_so_many_is_held_out():
    share = sum(is_held_out(one.text) for case in TASK.cases for one in generate("sa", case, 1000)) / 8000
    assert share == pytest.approx(1 / HELD_OUT, abs=0.015)


@pytest.mark.parametrize("case", TASK.cases)
def test_sentences_held_out_are_distinct_ones_of_the_case(case):
    instances = held_out(case, 300, seed=4)
    assert len({instance.text for instance in instances}) == 300
    assert all(is_held_out(instance.text) and instance.case == case for instance in instances)
    assert held_out(case, 300, seed=4) == instances != held_out(case, 300, seed=5)


def test_both_classes_and_all_constructions_are_uttered_alike(uttered):
    classes = Counter(label for _, label in uttered)
    assert classes[0] == pytest.approx(4000, abs=200)
    marks = {mark: sum(mark in words for words, _ in uttered) for mark in ("and", "but")}
    marks["not"] = sum("not" in words or "never" in words for words, _ in uttered)
    assert list(marks.values()) == pytest.approx([2000] * 3, abs=200)


def test_the_class_is_what_the_words_say(uttered):
    assert all(judge(" ".join(words))[1] == TASK.labels[label] for words, label in uttered)


def test_the_known_words_are_those_of_the_sentences(uttered):
    said = {word for words, _ in uttered for word in words}
    assert said == known_words()
