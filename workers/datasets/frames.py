"""A frame: the fixed words of a construction, with slots that are filled independently of one another.

A slot's field holds one word, or several, or none, so that the sentences of a frame can differ in length. Those of a
case are numbered 0 to `count - 1` (a mixed-radix number, one digit a slot), so that any number of distinct ones can be
drawn without making the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from workers.datasets.instance import MASK
from workers.datasets.lexicon import PREDICATES, Pair

Fill = Mapping[str, str]
"""Words for one or more of a template's fields, and for the answers: `correct` and `wrong`, or `label`."""

ANSWERS = ("correct", "wrong", "label")

ROLES = {
    "det": "a determiner",
    "subject": "the noun that the masked word agrees with, or that is judged",
    "attractor": "the other noun, which may differ from the subject in number or gender",
    "that": "the word that opens a relative clause",
    "embedded-verb": "the verb of the relative clause",
    "matrix-verb": "the verb of saying or thinking whose complement holds the masked verb",
    "prep": "the preposition before the attractor, or before the reflexive",
    "verb": "the subject's own verb (masked in the subject-verb tasks)",
    "reflexive": "the masked pronoun of the reflexive tasks",
    "complement": "the adjective or adverb after the masked verb",
    "opening": "a word of a neutral phrase before the clauses",
    "earlier-det": "the determiner of the clause before the conjunction",
    "earlier-subject": "what that clause judges",
    "earlier-verb": "its verb",
    "earlier-intensifier": "a word that makes its adjective stronger",
    "earlier-adjective": "its judgement",
    "conjunction": "but, which sets the judgement after it against the one before, or and",
    "postmodifier": "a word of a neutral phrase about the subject",
    "negation": "the word that turns the judgement into its opposite",
    "intensifier": "a word that makes the adjective stronger",
    "adjective": "the judgement that decides",
    "closing": "a word of a neutral phrase after the clauses",
    "period": "the full stop",
}
"""The roles of the generated sentences' words, and what each is."""


@dataclass(frozen=True)
class Sentence:
    """One filled frame."""

    words: tuple[str, ...]  # with MASK at the target, if a masked word is asked for
    roles: tuple[str, ...]  # of each word, empty where the template gives none
    fill: Fill  # what every slot was filled with

    @property
    def answers(self) -> dict[str, str]:
        """`correct` and `wrong`, or `label`."""
        return {answer: self.fill[answer] for answer in ANSWERS if answer in self.fill}


@dataclass(frozen=True)
class Frame:
    """A construction: `template` is `word/role` or bare `word` tokens, a word in braces a slot's field.

    The words of a field all have its role; where it is empty, there is no word.
    """

    template: str
    slots: Callable[[str], Sequence[Sequence[Fill]]]  # case -> for each slot, the fills it can take

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The role of each of the template's tokens, empty where it gives none."""
        return tuple(role for _, role in self._tokens)

    @cached_property
    def _tokens(self) -> tuple[tuple[str, str], ...]:
        """Words, or fields in braces, each with its role."""
        parts = (token.partition("/") for token in self.template.split())
        return tuple((word, role) for word, _, role in parts)

    def count(self, case: str) -> int:
        """How many distinct sentences the case has."""
        return prod(len(slot) for slot in self.slots(case))

    def sentence(self, case: str, index: int) -> Sentence:
        """The sentence with this number, 0 to `count(case) - 1`."""
        fill: dict[str, str] = {"mask": MASK}
        for slot in self.slots(case):
            index, choice = divmod(index, len(slot))
            fill |= slot[choice]
        filled = [(word, role) for token, role in self._tokens for word in token.format_map(fill).split()]
        return Sentence(tuple(word for word, _ in filled), tuple(role for _, role in filled), fill)


def nouns(subjects: Sequence[str], attractors: Sequence[str]) -> list[Fill]:
    """Every subject with every attractor but its own counterpart, at the same place in the lists."""
    return [
        {"subject": subject, "attractor": attractor}
        for i, subject in enumerate(subjects)
        for j, attractor in enumerate(attractors)
        if i != j
    ]


def predicates(number: str) -> list[Fill]:
    """The masked verb for a subject of this number (`S` or `P`), the wrong form, and a complement."""
    return [
        {"correct": verb.agreeing(number), "wrong": verb.agreeing(other(number)), "complement": complement}
        for verb, complement in PREDICATES
    ]


def words(field: str, options: Sequence[str]) -> list[Fill]:
    """A slot of one field."""
    return [{field: option} for option in options]


def agreeing(options: Sequence[Pair], number: str) -> list[str]:
    """The forms of this number (`S` or `P`)."""
    return [pair.agreeing(number) for pair in options]


def other(number: str) -> str:
    """`P` for `S`, and `S` for `P`."""
    return "P" if number == "S" else "S"
