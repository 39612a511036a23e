"""Subject-verb agreement with a noun in between or before, after Marvin and Linzen (2018).

The masked verb agrees with the subject, whatever the number of the attractor.
"""

from functools import cache

from workers.datasets.frames import Fill, Frame, agreeing, nouns, predicates, words
from workers.datasets.lexicon import PEOPLE, PREPOSITIONS, SAYING, TRANSITIVE


def _people(case: str) -> list[Fill]:
    return nouns(agreeing(PEOPLE, case[0]), agreeing(PEOPLE, case[1]))


@cache
def _object_relative(case: str) -> tuple[list[Fill], ...]:
    return _people(case), words("embedded", agreeing(TRANSITIVE, case[1])), predicates(case[0])


@cache
def _subject_relative(case: str) -> tuple[list[Fill], ...]:
    return _people(case), words("embedded", agreeing(TRANSITIVE, case[0])), predicates(case[0])


@cache
def _complement_clause(case: str) -> tuple[list[Fill], ...]:
    return _people(case), words("saying", SAYING), predicates(case[0])


@cache
def _prepositional_phrase(case: str) -> tuple[list[Fill], ...]:
    return _people(case), words("prep", PREPOSITIONS), predicates(case[0])


OBJECT_RELATIVE = Frame(
    "the/det {subject}/subject that/that the/det {attractor}/attractor {embedded}/embedded-verb "
    "{mask}/verb {complement}/complement ./period",
    _object_relative,
)
SUBJECT_RELATIVE = Frame(
    "the/det {subject}/subject that/that {embedded}/embedded-verb the/det {attractor}/attractor "
    "{mask}/verb {complement}/complement ./period",
    _subject_relative,
)
COMPLEMENT_CLAUSE = Frame(
    "the/det {attractor}/attractor {saying}/matrix-verb the/det {subject}/subject "
    "{mask}/verb {complement}/complement ./period",
    _complement_clause,
)
PREPOSITIONAL_PHRASE = Frame(
    "the/det {subject}/subject {prep}/prep the/det {attractor}/attractor {mask}/verb {complement}/complement ./period",
    _prepositional_phrase,
)
