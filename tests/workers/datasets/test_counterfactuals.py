"""Each sentence's counterpart among the sentences of a file."""

from dataclasses import replace

import pytest

from workers.datasets import MASK, MASKED, Instance, generate
from workers.datasets.counterfactuals import with_counterfactuals
from workers.datasets.tasks import TASKS, flipped


def sentence(name: str, text: str, case: str, roles: str, **changes) -> Instance:
    return replace(Instance(name, text, "is", "are", task="t", case=case, roles=tuple(roles.split())), **changes)


ROLES = "det subject prep det attractor verb complement"
NEAR = [
    sentence("1", f"the pilot near the guards {MASK} tall", "SP", ROLES),
    sentence("2", f"the pilots near the guards {MASK} tall", "PP", ROLES),
    sentence("3", f"the pilot near the guard {MASK} tall", "SS", ROLES),
    sentence("4", f"the pilots near the ladies {MASK} tall", "PP", ROLES),
    sentence("5", f"the pilots near the lady {MASK} tall", "PS", ROLES),
]


def others(instances: list[Instance], noun) -> dict[str, str]:
    """The counterpart's id of each instance that has one."""
    by_text = {instance.text: instance.id for instance in instances}
    return {each.id: by_text[each.counterfactual or ""] for each in with_counterfactuals(instances, noun)}


def test_the_one_that_differs_in_the_noun_s_number_alone():
    assert others(NEAR, "subject") == {"1": "2", "2": "1"}
    assert others(NEAR, "attractor") == {"1": "3", "3": "1", "4": "5", "5": "4"}
    assert [replace(each, counterfactual=None) for each in with_counterfactuals(NEAR, "subject")] == NEAR[:2]


def test_a_verb_that_agrees_with_the_noun_may_change_with_it():
    roles = "det subject that det attractor attractor embedded-verb verb complement"
    across = [
        sentence("1", f"the pilot that the taxi driver watches {MASK} tall", "SS", roles),
        sentence("2", f"the pilot that the taxi drivers watch {MASK} tall", "SP", roles),
        sentence("3", f"the pilots that the taxi driver watches {MASK} tall", "PS", roles),
        sentence("4", f"the pilots that the taxi driver like {MASK} tall", "PS", roles),
    ]
    assert others(across, "attractor") == {"1": "2", "2": "1"}
    assert others(across, "subject") == {"1": "3", "3": "1"}


def test_the_other_gender():
    roles = "det subject that det attractor embedded-verb verb reflexive"
    kings = [
        sentence("1", f"the king that the girl met hurt {MASK}", "MF", roles),
        sentence("2", f"the queen that the girl met hurt {MASK}", "FF", roles),
        sentence("3", f"the monk that the girl met hurt {MASK}", "MF", roles),
    ]
    assert others(kings, "subject") == {"1": "2", "2": "1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "another"},
        {"case": "SP"},
        {"case": "P"},
        {"text": f"the pilots near the clerks {MASK} tall"},
        {"text": f"the pilots near the guards {MASK} short"},
    ],
)
def test_what_is_no_counterpart(changes):
    assert others([NEAR[0], replace(NEAR[1], **changes)], "subject") == {}


def test_without_roles_nobody_knows_the_noun():
    assert others([replace(NEAR[0], roles=None), NEAR[1]], "subject") == {"2": "1"}


@pytest.mark.parametrize("task", MASKED)
@pytest.mark.parametrize("noun", ["subject", "attractor"])
def test_generated_sentences_find_the_ones_that_are_generated_with_them(task, noun):
    made = [each for case in TASKS[task].cases for each in generate(task, case, 5, 1, noun)]
    plain = [replace(each, counterfactual=None) for each in made]
    known = [
        replace(each, id=f"{each.id}-other", text=each.counterfactual or "", case=flipped(each.case, noun))
        for each in made
    ]
    found = {each.id: each.counterfactual for each in with_counterfactuals([*plain, *known], noun)}
    assert all(found[each.id] == each.counterfactual for each in made)
