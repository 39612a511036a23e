"""The sentiment language: what decides the class, and which sentences there are."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.sentiment import SIGNS, judge
from workers.datasets import TASKS, generate
from workers.datasets.frames import ROLES
from workers.datasets.sentiment import LABELS

TASK = TASKS["sa"]
KINDS = {"plain", "negated", "joined", "contrast"}
CELLS = st.sampled_from(TASK.cases)
CHI_SQUARE = {1: 0.0, 2: 15.14, 5: 23.51, 16: 44.26}
"""By the number of choices, what their statistic exceeds once in 10,000 draws."""


def sentence(case, share):
    """The sentence at a share of all the case has."""
    return TASK.frame.sentence(case, int(share * (TASK.count(case) - 1)))


SHARES = st.floats(0, 1)


@given(case=CELLS, share=SHARES)
def test_the_case_and_the_label_are_what_the_words_say(case, share):
    found = sentence(case, share)
    kind, label = judge(" ".join(found.words))
    assert f"{kind}-{label}" == case
    assert found.answers == {"label": label}


@given(case=CELLS, share=SHARES)
def test_every_word_has_a_role_that_says_what_it_is(case, share):
    found = sentence(case, share)
    words = dict(zip(found.roles, found.words, strict=True))  # of a role with several words the last
    assert set(found.roles) <= set(ROLES) & set(TASK.roles)
    assert [role for role in TASK.roles if role in found.roles] == list(dict.fromkeys(found.roles))
    for role in set(found.roles) - {"opening", "postmodifier", "closing"}:
        assert found.roles.count(role) == 1
    assert words["period"] == "." and found.words[-1] == "."
    assert words["adjective"] in SIGNS
    assert ("negation" in words) is case.startswith("negated")
    assert ("conjunction" in words) is ("earlier-adjective" in words) is case.startswith(("joined", "contrast"))
    assert words.get("earlier-subject") != words["subject"]
    assert words.get("negation", "not") in ("not", "never")
    assert words.get("conjunction", "but") in ("but", "and")
    assert all(word in SIGNS for role, word in words.items() if role.endswith("adjective"))


@given(case=CELLS, first=SHARES, second=SHARES)
def test_another_number_is_another_sentence(case, first, second):
    numbers = {int(share * (TASK.count(case) - 1)) for share in (first, second)}
    assert len({TASK.frame.sentence(case, number).words for number in numbers}) == len(numbers)


@pytest.mark.parametrize("case", TASK.cases)
def test_neighbours_differ(case):
    """Numbers that differ by one choice in a slot, where two fills would be confused first."""
    start = random.Random(0).randrange(TASK.count(case) - 20_000)
    words = {TASK.frame.sentence(case, start + offset).words for offset in range(20_000)}
    assert len(words) == 20_000


def test_a_case_of_one_clause_has_each_of_its_sentences_once():
    most = TASK.count("plain-positive")
    assert most == 5 * 16 * 5 * 2 * 5 * 16 * 5  # opening, subject, postmodifier, verb, intensifier, adjective, closing
    assert len({TASK.frame.sentence("plain-positive", number).words for number in range(most)}) == most


@pytest.mark.parametrize("case", TASK.cases)
def test_sentences_are_instances_with_a_label(case):
    instances = generate("sa", case, 3000, seed=1)
    assert len({instance.text for instance in instances}) == 3000
    assert [instance.id for instance in instances[:2]] == [f"sa/{case}/0", f"sa/{case}/1"]
    assert {(one.task, one.case, one.label, one.correct, one.wrong) for one in instances} == {
        ("sa", case, case.partition("-")[2], None, None)
    }
    for instance in instances:
        assert instance.roles is not None
        assert len(instance.roles) == len(instance.text.split(" "))
        assert instance.text.islower()


@pytest.mark.parametrize(("case", "shortest", "longest"), [("plain-negative", 5, 19), ("contrast-positive", 10, 25)])
def test_lengths_vary(case, shortest, longest):
    lengths = Counter(len(instance.text.split()) for instance in generate("sa", case, 6000))
    assert set(lengths) <= set(range(shortest, longest + 1))
    assert len(lengths) >= 10


@pytest.mark.parametrize("case", TASK.cases)
@pytest.mark.parametrize("role", [role for role in TASK.roles if role not in ("det", "earlier-det", "period")])
def test_choices_are_drawn_evenly(case, role):
    """What stands at a role, or that nothing does, is each as frequent as the other."""
    drawn = [
        " ".join(word for word, is_of in zip(one.text.split(), one.roles or (), strict=True) if is_of == role)
        for one in generate("sa", case, 4000, seed=3)
    ]
    counts = Counter(drawn)
    expected = 4000 / len(counts)
    assert sum((count - expected) ** 2 / expected for count in counts.values()) <= CHI_SQUARE[len(counts)]


def test_kinds_and_labels_make_the_cases():
    assert set(TASK.cases) == {f"{kind}-{label}" for kind in KINDS for label in LABELS}
    assert TASK.labels == LABELS == ("negative", "positive")
