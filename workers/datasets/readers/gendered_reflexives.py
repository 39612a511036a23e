"""Reflexives with an attractor of a gender, as in bert-opensesame's `refl.3` and `refl.4`: the paper's task `ra-ga`.

Four columns without a header: a sentence without a full stop, and positions of words, counted from 0: the pronoun's,
those of the subject, and those of the attractor. The subject's gender is the pronoun's. The attractor's is what the
file itself says where the same noun is a subject; of nouns that are no subject there, the lexicon knows some.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK
from workers.datasets.lexicon import MEN, WOMEN
from workers.datasets.readers.records import LeftOut, Record
from workers.datasets.readers.tables import Cells, Table, wrong_number

COLUMNS = "four: sentence, position of its reflexive pronoun, positions of the subject, positions of the attractor"

_NUMBERS = re.compile(r"[0-9]{1,6}( [0-9]{1,6})*")
_WORDS = re.compile(r"[^\s.!?]+|[.!?]")  # a full stop is a word of its own

GENDERS = {"himself": "M", "herself": "F"}
OTHER = {"himself": "herself", "herself": "himself"}

OTHER_PRONOUN = "sentences whose pronoun is neither himself nor herself"
UNKNOWN_GENDER = "sentences whose attractor has no gender that the file or the lexicon tells"

RELATIVE = ("that", "who")

_OPENING = "det subject that"
ROLES = {
    (3, 9): f"{_OPENING} det attractor embedded-verb embedded-verb verb verb reflexive period",
    (5, 9): f"{_OPENING} embedded-verb embedded-verb det attractor verb verb reflexive period",
    (7, 10): f"{_OPENING} embedded-verb embedded-verb verb verb det attractor prep reflexive period",
}
"""By the positions where attractor and pronoun begin: the roles of such a sentence. An auxiliary has its verb's."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One row whose pronoun is of a gender."""

    words: list[str]
    pronoun: int  # positions of words
    subject: list[int]
    attractor: list[int]

    @property
    def answer(self) -> str:
        return self.words[self.pronoun]

    def noun(self, positions: Sequence[int]) -> str:
        """A noun phrase without its determiner."""
        return " ".join(self.words[position] for position in positions[1:] or positions)

    def record(self, genders: Mapping[str, str]) -> dict[str, Any] | LeftOut:
        """The fields of the masked sentence.

        Args:
            genders: of nouns.
        """
        attractor = self.noun(self.attractor)
        if attractor not in genders:
            return LeftOut(UNKNOWN_GENDER, attractor)
        behind = self.words[self.pronoun + 1 :] or ["."]
        return {
            "text": " ".join([*self.words[: self.pronoun], MASK, *behind]),
            "correct": self.answer,
            "wrong": OTHER[self.answer],
            "task": "ra-ga",
            "case": GENDERS[self.answer] + genders[attractor],
            "roles": self.roles(behind),
        }

    def roles(self, behind: Sequence[str]) -> list[str] | None:
        """The role of each word; None of a sentence of another form.

        Args:
            behind: the words after the pronoun.
        """
        roles = ROLES.get((self.attractor[0], self.pronoun))
        known = self.subject == [0, 1] and len(self.attractor) == 2 and self.words[2] in RELATIVE and behind == ["."]
        return roles.split() if known and roles is not None else None


def _begins_with(first: Sequence[str]) -> bool:
    return len(first) == 4 and all(_positions(cell) for cell in first[1:])


def _positions(cell: str) -> list[int]:
    """Those that a cell holds, or none where it holds something else."""
    return [int(each) for each in cell.split()] if _NUMBERS.fullmatch(cell.strip()) else []


def _read(rows: Iterator[Cells]) -> Iterator[Record]:
    sentences = [(line, _sentence(cells)) for line, cells in rows]
    genders = _genders(sentence for _, sentence in sentences if isinstance(sentence, _Sentence))
    for line, sentence in sentences:
        yield line, sentence.record(genders) if isinstance(sentence, _Sentence) else sentence


def _sentence(cells: Sequence[str]) -> _Sentence | InvalidInput | LeftOut:
    if len(cells) != 4:
        return wrong_number(cells, COLUMNS)
    words, positions = _WORDS.findall(cells[0]), [_positions(cell) for cell in cells[1:]]
    for cell, found in zip(cells[1:], positions, strict=True):
        if not found or max(found) >= len(words):
            problem = f"{cell!r} is not a position of its {len(words)} words, or several"
            return InvalidInput("line", problem, f"Write {COLUMNS}.")
    (pronoun, *_), subject, attractor = positions
    if words[pronoun] not in GENDERS:
        return LeftOut(OTHER_PRONOUN)
    return _Sentence(words, pronoun, subject, attractor)


def _genders(sentences: Iterable[_Sentence]) -> dict[str, str]:
    """The gender of each noun that is a subject, or that the lexicon knows; not of one that is a subject of both."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        found[sentence.noun(sentence.subject)].add(GENDERS[sentence.answer])
    known = dict.fromkeys(MEN, "M") | dict.fromkeys(WOMEN, "F")
    both = {noun for noun, genders in found.items() if len(genders) > 1}
    known |= {noun: min(genders) for noun, genders in found.items()}
    return {noun: gender for noun, gender in known.items() if noun not in both}


GENDERED_REFLEXIVES = Table("bert-opensesame's refl.3", _begins_with, _read)
