"""A frame: the fixed words of a construction, with slots that are filled independently of one another.

The sentences of a frame's case are numbered 0 to `count - 1` (a mixed-radix number, one digit a slot), so
that any number of distinct ones can be drawn without making the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from workers.datasets.instance import MASK
from workers.datasets.lexicon import PREDICATES, Pair

Fill = Mapping[str, str]
"""Words for one or more of a template's fields, and for `correct` and `wrong`."""

ROLES = {
    "det": "a determiner",
    "subject": "the noun that the masked word agrees with",
    "attractor": "the other noun, which may differ from the subject in number or gender",
    "that": "the word that opens a relative clause",
    "embedded-verb": "the verb of the relative clause",
    "matrix-verb": "the verb of saying or thinking whose complement holds the masked verb",
    "prep": "the preposition before the attractor",
    "verb": "the subject's own verb (masked in the subject-verb tasks)",
    "reflexive": "the masked pronoun of the reflexive tasks",
    "complement": "the adjective or adverb after the masked verb",
    "period": "the full stop",
}
"""The roles of the generated sentences' words, and what each is."""


@dataclass(frozen=True)
class Sentence:
    """One filled frame."""

    words: tuple[str, ...]  # with MASK at the target
    correct: str
    wrong: str
    fill: Fill  # what every slot was filled with


@dataclass(frozen=True)
class Frame:
    """A construction: `template` is `word/role` or bare `word` tokens, a word in braces a slot's field."""

    template: str
    slots: Callable[[str], Sequence[Sequence[Fill]]]  # case -> for each slot, the fills it can take

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The role of each word, empty where the template gives none."""
        return tuple(token.partition("/")[2] for token in self.template.split())

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(token.partition("/")[0] for token in self.template.split())

    def count(self, case: str) -> int:
        """How many distinct sentences the case has."""
        return prod(len(slot) for slot in self.slots(case))

    def sentence(self, case: str, index: int) -> Sentence:
        """The sentence with this number, 0 to `count(case) - 1`."""
        fill: dict[str, str] = {"mask": MASK}
        for slot in self.slots(case):
            index, choice = divmod(index, len(slot))
            fill |= slot[choice]
        words = tuple(word.format_map(fill) for word in self._words)
        return Sentence(words, fill["correct"], fill["wrong"], fill)


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
