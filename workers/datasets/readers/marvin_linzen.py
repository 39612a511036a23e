"""Marvin and Linzen's data set (2018), expanded: construction, form, right sentence, wrong sentence, no full stops."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from workers.datasets.frames import Frame
from workers.datasets.instance import MASK
from workers.datasets.readers.forms import case_of
from workers.datasets.readers.minimal_pairs import mask_difference
from workers.datasets.readers.records import Record
from workers.datasets.readers.tables import Cells, Table, wrong_number
from workers.datasets.reflexive import NUMBER
from workers.datasets.subject_verb import COMPLEMENT_CLAUSE, OBJECT_RELATIVE, PREPOSITIONAL_PHRASE, SUBJECT_RELATIVE

COLUMNS = "four: task, form, right sentence, wrong sentence"

ENDS = (".", "!", "?")
"""What a sentence may end with."""

FRAMES = {
    "obj_rel_across_anim": OBJECT_RELATIVE,
    "obj_rel_across_inanim": OBJECT_RELATIVE,
    "subj_rel": SUBJECT_RELATIVE,
    "sent_comp": COMPLEMENT_CLAUSE,
    "prep_anim": PREPOSITIONAL_PHRASE,
    "prep_inanim": PREPOSITIONAL_PHRASE,
    "reflexives_across": NUMBER,
}
"""The constructions whose sentences are made like those of a task of ours, and so have its roles."""

_ONE, _SOME, _ANY = r"\S+ ", r"(?:\S+ )+?", r"(?:\S+ )*?"
_FIELDS = {
    "mask": re.escape(MASK) + " ",
    "subject": _SOME,  # taxi driver
    "attractor": _SOME,
    "complement": _ANY,  # twenty three years old; none after swims
    "prep": "(?:near|behind|next to|in front of|across from|to the side of|by|from) ",
}
"""The words that a frame's field can have here, where it is not one word."""


def _begins_with(first: Sequence[str]) -> bool:
    return len(first) == 4


def _read(rows: Iterator[Cells]) -> Iterator[Record]:
    for line, cells in rows:
        if len(cells) != 4:
            yield line, wrong_number(cells, COLUMNS)
            continue
        task, form, right, wrong = cells
        values = mask_difference(right, wrong, task)
        if isinstance(values, dict):
            text = values["text"] if right.rstrip().endswith(ENDS) else f"{values['text']} ."
            yield line, {**values, "text": text, "task": task, "case": case_of(form), "roles": roles_of(task, text)}
        else:
            yield line, values


def roles_of(construction: str, text: str) -> tuple[str, ...] | None:
    """The role of each word of a masked sentence; None where it is not made like a frame of ours."""
    if construction not in FRAMES:
        return None
    frame = FRAMES[construction]
    match = _pattern(frame).fullmatch(f"{text} ")
    if match is None:
        return None
    return tuple(role for words, role in zip(match.groups(), frame.roles, strict=True) for _ in words.split())


@cache
def _pattern(frame: Frame) -> re.Pattern[str]:
    """Of a frame's sentences, each word followed by a space, with a group for each token of its template."""
    tokens = (token.rpartition("/")[0] for token in frame.template.split())
    words = (_FIELDS.get(token[1:-1], _ONE) if token.startswith("{") else re.escape(token) + " " for token in tokens)
    return re.compile("".join(f"({word})" for word in words))


MARVIN_LINZEN = Table(f"Marvin and Linzen's pairs ({COLUMNS})", _begins_with, _read)
