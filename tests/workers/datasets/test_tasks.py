import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher.errors import InvalidInput
from cypher.queries.named_reports import REPORTS
from workers.datasets import MASK, MASKED, TASKS, generate
from workers.datasets.frames import ROLES, Frame, words
from workers.datasets.lexicon import MEN, PEOPLE, PREDICATES, TRANSITIVE, WOMEN
from workers.datasets.tasks import MATCHED

CELLS = [(task.name, case) for task in MASKED.values() for case in task.cases]
ALL = [(task.name, case) for task in TASKS.values() for case in task.cases]
FORMS = {
    "S": {pair.singular for pair in PEOPLE},
    "P": {pair.plural for pair in PEOPLE},
    "M": set(MEN),
    "F": set(WOMEN),
}


def word(instance, role):
    return instance.text.split()[TASKS[instance.task].roles.index(role)]


def test_the_tasks_and_their_cases():
    assert {name: task.cases for name, task in TASKS.items()} == {
        **dict.fromkeys(("sva-obj", "sva-subj", "sva-wsc", "sva-app", "ra-na"), ("SS", "SP", "PS", "PP")),
        "ra-ga": ("MM", "MF", "FF", "FM"),
        "sa": tuple(
            f"{kind}-{label}"
            for kind in ("plain", "negated", "joined", "contrast")
            for label in ("positive", "negative")
        ),
    }
    assert list(MASKED) == list(TASKS)[:-1]


def test_matched_cases_are_of_the_same_tasks_and_as_the_report_has_them():
    for task in TASKS.values():
        for case in set(task.cases) & set(MATCHED):
            assert MATCHED[case] in task.cases
    assert set(MATCHED) <= {case for task in TASKS.values() for case in task.cases}
    pairs = re.findall(r"WHEN '([\w-]+)' THEN '([\w-]+)'", REPORTS["attractors"].text)
    assert dict(pairs) == dict(MATCHED)


@pytest.mark.parametrize(("task", "case"), CELLS)
def test_sentences_are_distinct_and_well_formed(task, case):
    instances = generate(task, case, 3000, seed=1)
    assert len({instance.text for instance in instances}) == 3000
    assert len({instance.id for instance in instances}) == 3000
    assert set(TASKS[task].roles) <= set(ROLES)
    for instance in instances:
        words = instance.text.split(" ")
        assert words.count(MASK) == 1
        assert word(instance, "period") == "."
        assert instance.roles == TASKS[task].roles
        assert len(words) == len(TASKS[task].roles)
        assert instance.text.replace(MASK, "").islower()
        assert instance.correct != instance.wrong
        assert (instance.task, instance.case) == (task, case)


@pytest.mark.parametrize(("task", "case"), CELLS)
def test_the_case_says_the_features_of_subject_and_attractor(task, case):
    for instance in generate(task, case, 200):
        assert word(instance, "subject") in FORMS[case[0]]
        assert word(instance, "attractor") in FORMS[case[1]]


@pytest.mark.parametrize(("task", "case"), CELLS)
def test_subject_and_attractor_are_never_the_same_lemma(task, case):
    lemma = {form: pair.singular for pair in PEOPLE for form in pair}
    for instance in generate(task, case, 500):
        subject, attractor = word(instance, "subject"), word(instance, "attractor")
        assert lemma.get(subject, subject) != lemma.get(attractor, attractor)


@pytest.mark.parametrize(("task", "case"), [cell for cell in CELLS if cell[0].startswith("sva")])
def test_the_masked_verb_agrees_with_the_subject(task, case):
    wrong = "P" if case[0] == "S" else "S"
    forms = {(pair.agreeing(case[0]), pair.agreeing(wrong)) for pair, _ in PREDICATES}
    for instance in generate(task, case, 300):
        assert (instance.correct, instance.wrong) in forms
        assert word(instance, "verb") == MASK


@pytest.mark.parametrize(("task", "feature"), [("sva-obj", 1), ("ra-na", 1), ("sva-subj", 0)])
def test_the_embedded_verb_agrees_with_its_own_subject(task, feature):
    for case in TASKS[task].cases:
        forms = {pair.agreeing(case[feature]) for pair in TRANSITIVE}
        assert all(word(instance, "embedded-verb") in forms for instance in generate(task, case, 200))


@pytest.mark.parametrize(
    ("task", "case", "correct", "wrong"),
    [
        ("ra-na", "SP", "himself", "themselves"),
        ("ra-na", "PS", "themselves", "himself"),
        ("ra-ga", "MF", "himself", "herself"),
        ("ra-ga", "FM", "herself", "himself"),
    ],
)
def test_the_pronoun_agrees_with_the_subject(task, case, correct, wrong):
    for instance in generate(task, case, 50):
        assert (instance.correct, instance.wrong) == (correct, wrong)
        assert word(instance, "reflexive") == MASK


def test_one_sentence_of_each_task():
    assert [generate(task.name, task.cases[1], 1)[0].text for task in MASKED.values()] == [
        "the minister that the bankers like ***mask*** well .",
        "the lawyer that sees the bankers ***mask*** there .",
        "the senators knew the pilot ***mask*** kind .",
        "the singer near the pilots ***mask*** quickly .",
        "the banker that the sailors see blamed ***mask*** .",
        "the knight that watched the girl praised ***mask*** .",
    ]


def test_words_are_drawn_evenly():
    subjects = Counter(word(instance, "subject") for instance in generate("sva-obj", "SP", 6000))
    assert len(subjects) == len(PEOPLE)
    assert max(subjects.values()) < 1.4 * min(subjects.values())


def test_every_sentence_of_a_case_exactly_once():
    most = TASKS["ra-ga"].count("MF")
    assert len({instance.text for instance in generate("ra-ga", "MF", most)}) == most


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 40), cell=st.sampled_from(ALL))
def test_same_seed_same_sentences(seed, n, cell):
    task, case = cell
    assert generate(task, case, n, seed) == generate(task, case, n, seed)
    assert generate(task, case, n, seed) != generate(task, case, n, seed + 1)


def test_ids_name_task_case_and_order():
    assert [instance.id for instance in generate("sva-obj", "SP", 3)] == [
        "sva-obj/SP/0",
        "sva-obj/SP/1",
        "sva-obj/SP/2",
    ]


def test_the_example_shows_both_words_or_the_class():
    assert TASKS["sva-app"].example == "the singer near the pilots [runs|run] quickly ."
    assert TASKS["sa"].example.endswith(" to most people . [positive]")
    assert " but " in TASKS["sa"].example


def slots(case):
    return words("opening", ("", "in the end")), words("noun", ("film", "plot", "cast")), words("label", (case,))


def test_fields_hold_no_word_one_or_several():
    frame = Frame("{opening}/opening the/det {noun}/subject ./period", slots)
    sentences = [frame.sentence("good", index) for index in range(frame.count("good"))]
    assert [" ".join(sentence.words) for sentence in sentences] == [
        "the film .",
        "in the end the film .",
        "the plot .",
        "in the end the plot .",
        "the cast .",
        "in the end the cast .",
    ]
    assert sentences[0].roles == ("det", "subject", "period")
    assert sentences[1].roles == ("opening",) * 3 + ("det", "subject", "period")
    assert sentences[1].answers == {"label": "good"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("sva", "SP", 1),
            "task: 'sva' is not a task. Did you mean 'sva-app' or 'sva-obj' or 'sva-subj'? "
            "Use one of sva-obj, sva-subj, sva-wsc, sva-app, ra-na, ra-ga, sa.",
        ),
        (("sva-obj", "MF", 1), "case: 'MF' is not a case of sva-obj. Use one of SS, SP, PS, PP."),
        (("ra-ga", "MF", 10**6), "n: 1000000 sentences of ra-ga/MF cannot be drawn. Use 1 to 18200."),
        (
            ("sa", "plain", 1),
            "case: 'plain' is not a case of sa. Did you mean 'plain-negative' or 'plain-positive'? "
            "Use one of plain-positive, plain-negative, negated-positive, negated-negative, "
            "joined-positive, joined-negative, contrast-positive, contrast-negative.",
        ),
        (("ra-ga", "MF", 0), "n: 0 sentences of ra-ga/MF cannot be drawn. Use 1 to 18200."),
    ],
)
def test_what_cannot_be_generated(arguments, message):
    with pytest.raises(InvalidInput) as error:
        generate(*arguments)
    assert str(error.value) == message
