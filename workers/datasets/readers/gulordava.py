"""Gulordava et al. (2018), as in bert-syntax's `generated.tab`: two rows a sentence, with the right and the wrong form.

Below a header, among others: `sent`, the sentence; `len_prefix`, the position of the verb that is asked for; `form`, it
as `class` (`correct` or `wrong`) says; `type`, `original` or `generated` (a nonsense sentence of the same structure);
`correct_number`, of the verb; and `n_attr`, how many nouns of the other number stand between subject and verb. A
generated sentence has a verb of its own at that position, which the mask replaces like any.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK
from workers.datasets.readers.records import LeftOut, Record
from workers.datasets.readers.tables import Cells, Table, columns_of, named_cells

SENTENCE = ("pattern", "constr_id", "sent_id", "correct_number", "type", "n_attr", "len_prefix", "sent")
"""The columns that the two rows of a sentence share."""

NEEDED = (*SENTENCE, "form", "class")

NUMBERS = {"sing": "S", "plur": "P"}
END = "<eos>"

ALONE = "rows without the other form of their verb"


def _begins_with(first: Sequence[str]) -> bool:
    return {"form", "class", "sent"} <= {cell.strip() for cell in first}


def _read(rows: Iterator[Cells]) -> Iterator[Record]:
    header = columns_of(next(rows)[1], NEEDED)
    waiting: dict[tuple[str, ...], tuple[int, str, str]] = {}  # first rows of sentences: line, class, form
    for line, cells in rows:
        values = named_cells(header, cells)
        if isinstance(values, InvalidInput):
            yield line, values
            continue
        kind, form, sentence = values["class"], values["form"], tuple(values[name] for name in SENTENCE)
        if kind not in ("correct", "wrong"):
            yield line, InvalidInput("class", f"{kind!r} is not a class", "Give one of: correct, wrong.")
        elif sentence not in waiting:
            waiting[sentence] = line, kind, form
        elif kind == waiting[sentence][1]:
            problem = f"{kind!r} is that of line {waiting[sentence][0]} too, which has the same sentence"
            yield line, InvalidInput("class", problem, "Give each sentence one row of each class.")
        else:
            first, other, other_form = waiting.pop(sentence)
            yield first, _fields(values, {kind: form, other: other_form})
    for line, *_ in waiting.values():
        yield line, LeftOut(ALONE)


def _fields(values: dict[str, str], forms: dict[str, str]) -> dict[str, Any] | InvalidInput:
    words = [word for word in values["sent"].split() if word != END]
    position, number = values["len_prefix"], values["correct_number"]
    if not position.isdecimal() or int(position) >= len(words):
        problem = f"{position!r} is not a position of the {len(words)} words of sent"
        return InvalidInput("len_prefix", problem, "Give that of the verb, counted from 0.")
    if number not in NUMBERS:
        return InvalidInput("correct_number", f"{number!r} is not a number", f"Give one of: {', '.join(NUMBERS)}.")
    words[int(position)] = MASK
    task, case = f"gulordava/{values['type']}", f"{NUMBERS[number]}{values['n_attr']}"
    return {"text": " ".join(words), "task": task, "case": case, **forms}


GULORDAVA = Table("Gulordava's generated.tab", _begins_with, _read, quotes=True)
