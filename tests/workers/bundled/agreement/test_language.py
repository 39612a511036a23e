import random
from collections import Counter
from statistics import mean

import pytest

from workers.bundled.agreement.language import RESISTANCE, SALIENCE, error_probability, known_words, utter
from workers.bundled.vocabulary import vocabulary
from workers.datasets import MASK, MASKED, generate
from workers.datasets.lexicon import MEN, TRANSITIVE_PAST, WOMEN

MISMATCHED = [(task, case) for task, cases in RESISTANCE.items() for case in cases]


def test_every_task_has_its_mismatched_cases():
    assert sorted(MISMATCHED) == sorted(
        (task.name, case) for task in MASKED.values() for case in task.cases if case[0] != case[1]
    )


def test_hand_computed_error():
    # salience 1 against -1, resistance 0.9, steepness 4: sigmoid(4 (2 - 0.9)) = 0.98787
    strong = max(SALIENCE, key=SALIENCE.__getitem__)
    weak = min(SALIENCE, key=SALIENCE.__getitem__)
    assert error_probability("sva-obj", "SP", {"attractor": strong, "subject": weak}) == pytest.approx(
        0.98787, abs=1e-5
    )
    assert error_probability("sva-obj", "SP", {"attractor": weak, "subject": strong}) < 1e-4


@pytest.mark.parametrize("task", MASKED.values(), ids=lambda task: task.name)
def test_no_error_where_nothing_differs(task):
    for case in (case for case in task.cases if case[0] == case[1]):
        assert {error_probability(task.name, case, fill) for fill in task.frame.slots(case)[0]} == {0.0}


@pytest.mark.parametrize(("task", "case"), MISMATCHED)
def test_the_best_possible_model_is_gradually_fallible(task, case):
    errors = [error_probability(task, case, fill) for fill in MASKED[task].frame.slots(case)[0]]
    assert 0.6 < mean(error < 0.5 for error in errors) < 0.97
    assert len(set(errors)) > 20


def test_more_resistance_means_fewer_errors():
    pairs = MASKED["sva-obj"].frame.slots("SP")[0]
    assert all(error_probability("sva-wsc", "SP", fill) < error_probability("sva-obj", "SP", fill) for fill in pairs)


def test_utterances_are_seeded_and_of_several_lengths():
    first, second = ([utter(rng) for _ in range(2000)] for rng in (random.Random(5), random.Random(5)))
    assert first == second
    assert {len(utterance.words) for utterance in first} == {5, 8, 9, 11, 12}


def test_how_often_speakers_err():
    rng = random.Random(0)
    heard = [utter(rng) for _ in range(30_000)]
    said = [each for each in heard if each.words[3] in TRANSITIVE_PAST and each.words[1] in (*MEN, *WOMEN)]
    errors = [(spoken.words[1] in MEN) != (spoken.words[spoken.target] == "himself") for spoken in said]
    cases = MASKED["ra-ga"].cases
    expected = mean(
        mean(error_probability("ra-ga", case, fill) for fill in MASKED["ra-ga"].frame.slots(case)[0]) for case in cases
    )
    assert len(errors) > 3000
    assert mean(errors) == pytest.approx(expected, abs=0.03)


def test_numbers_and_pronouns_are_even():
    rng = random.Random(0)
    said = Counter[str]()
    for utterance in (utter(rng) for _ in range(30_000)):
        said[utterance.words[utterance.target]] += 1
    pronouns = [said[pronoun] for pronoun in ("himself", "herself", "themselves")]
    assert sum(pronouns) > 8000
    assert max(pronouns) < 1.2 * min(pronouns)
    assert said["is"] == pytest.approx(said["are"], rel=0.05)


def test_the_vocabulary_holds_every_word_of_the_tasks_once():
    known = known_words()
    pieces = vocabulary(known)
    assert len(set(pieces)) == len(pieces)
    assert known <= set(pieces)
    for task in MASKED.values():
        for case in task.cases:
            for instance in generate(task.name, case, 500):
                assert {*instance.text.replace(MASK, str(instance.correct)).split(), instance.wrong} <= known
