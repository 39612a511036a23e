"""Reflexive pronouns with a noun in between: number (himself, themselves) and gender (himself, herself).

The masked pronoun agrees with the subject of its own clause, whatever the noun inside the relative clause.
Nouns of either gender take `himself` in the number task, as its only singular form.
"""

from functools import cache

from workers.datasets.frames import Fill, Frame, agreeing, nouns, words
from workers.datasets.lexicon import MEN, PEOPLE, REFLEXIVE_PAST, TRANSITIVE, TRANSITIVE_PAST, WOMEN

_NUMBER = {"S": "himself", "P": "themselves"}
_GENDER = {"M": "himself", "F": "herself"}


def _pronouns(forms: dict[str, str], feature: str) -> list[Fill]:
    (wrong,) = (form for key, form in forms.items() if key != feature)
    return [{"correct": forms[feature], "wrong": wrong}]


@cache
def _number(case: str) -> tuple[list[Fill], ...]:
    return (
        nouns(agreeing(PEOPLE, case[0]), agreeing(PEOPLE, case[1])),
        words("embedded", agreeing(TRANSITIVE, case[1])),
        words("verb", REFLEXIVE_PAST),
        _pronouns(_NUMBER, case[0]),
    )


@cache
def _gender(case: str) -> tuple[list[Fill], ...]:
    people = {"M": MEN, "F": WOMEN}
    return (
        nouns(people[case[0]], people[case[1]]),
        words("embedded", TRANSITIVE_PAST),
        words("verb", REFLEXIVE_PAST),
        _pronouns(_GENDER, case[0]),
    )


NUMBER = Frame(
    "the/det {subject}/subject that/that the/det {attractor}/attractor {embedded}/embedded-verb "
    "{verb}/verb {mask}/reflexive ./period",
    _number,
)
GENDER = Frame(
    "the/det {subject}/subject that/that {embedded}/embedded-verb the/det {attractor}/attractor "
    "{verb}/verb {mask}/reflexive ./period",
    _gender,
)
