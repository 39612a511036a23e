"""Winogender (Rudinger et al. 2018): who does a pronoun speak of, and does the model prefer one of a gender there?

Two columns, with a header or without: an id such as `technician.customer.1.male.txt`, and a sentence. The id names the
occupation, the other participant, which of the two the pronoun speaks of (0 or 1), and the pronoun's gender. Neither
pronoun is right: the male one is `correct` and the female one `wrong`, so that positive means for the male one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.readers.minimal_pairs import mask_difference
from workers.datasets.readers.records import LeftOut, Record
from workers.datasets.readers.tables import Cells, Table, wrong_number

COLUMNS = "two: id such as technician.customer.1.male.txt, sentence"

HEADER = ["sentid", "sentence"]

CASES = ("occupation", "participant")
"""Whom the pronoun speaks of, by the number in the id."""

NEUTRAL = "sentences with a neutral pronoun"
ALONE = "sentences without one with the other pronoun"

_ID = re.compile(r"([^.]+)\.([^.]+)\.([01])\.(male|female|neutral)\.txt")


def _begins_with(first: Sequence[str]) -> bool:
    return _is_header(first) or (len(first) == 2 and _ID.fullmatch(first[0].strip()) is not None)


def _is_header(cells: Sequence[str]) -> bool:
    return [cell.strip() for cell in cells] == HEADER


def _read(rows: Iterator[Cells]) -> Iterator[Record]:
    waiting: dict[tuple[str, ...], tuple[int, str, str]] = {}  # first sentences of pairs: line, gender, sentence
    for line, cells in rows:
        if _is_header(cells):
            continue
        if len(cells) != 2:
            yield line, wrong_number(cells, COLUMNS)
        elif (found := _ID.fullmatch(cells[0].strip())) is None:
            fix = "Write occupation.participant.ANSWER.GENDER.txt: 0 or 1; male, female or neutral."
            yield line, InvalidInput("sentid", f"{cells[0]!r} is not such an id", fix)
        else:
            *asked, gender = found.groups()
            key = tuple(asked)
            if gender == "neutral":
                yield line, LeftOut(NEUTRAL)
            elif key not in waiting:
                waiting[key] = line, gender, cells[1]
            elif gender == waiting[key][1]:
                problem = f"{cells[0]!r} is that of line {waiting[key][0]} too"
                yield line, InvalidInput("sentid", problem, "Give each sentence an id of its own.")
            else:
                first, other, sentence = waiting.pop(key)
                yield first, _fields(key, {gender: cells[1], other: sentence})
    for line, *_ in waiting.values():
        yield line, LeftOut(ALONE)


def _fields(asked: tuple[str, ...], sentences: dict[str, str]) -> dict[str, Any] | InvalidInput | LeftOut:
    values = mask_difference(sentences["male"], sentences["female"])
    if not isinstance(values, dict):
        return values
    *nouns, answer = asked
    case = CASES[int(answer)]
    spans = _spans(values["text"], nouns[int(answer)], nouns[1 - int(answer)])
    return {**values, "id": f"winogender/{'.'.join(asked)}", "task": "winogender", "case": case, "spans": spans}


def _spans(text: str, subject: str, attractor: str) -> list[tuple[int, int, str]] | None:
    """Where the two nouns stand; None unless each stands in one place."""
    spans = [
        (*found.span(), role)
        for noun, role in ((subject, "subject"), (attractor, "attractor"))
        for found in re.finditer(rf"\b{re.escape(noun)}\b", text, re.IGNORECASE)
    ]
    return sorted(spans) if [role for *_, role in spans] == ["subject", "attractor"] else None


WINOGENDER = Table("Winogender's all_sentences.tsv", _begins_with, _read)
