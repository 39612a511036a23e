"""BLiMP (Warstadt et al. 2020): JSON lines of minimal pairs, `sentence_good` and `sentence_bad`."""

from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.readers.minimal_pairs import mask_difference
from workers.datasets.readers.records import LeftOut

GOOD, BAD, PARADIGM, PAIR, TERM = "sentence_good", "sentence_bad", "UID", "pairID", "linguistics_term"

ONE_PREFIX = "one_prefix_method"
"""True of pairs that can be put to a decoder as two continuations of one prefix."""


def read_pair(values: dict[str, Any]) -> dict[str, Any] | InvalidInput | LeftOut:
    """The fields of the masked sentence that a pair becomes."""
    for name in (GOOD, BAD, PARADIGM):
        if not isinstance(values.get(name), str) or not values[name].strip():
            return InvalidInput(name, "is missing" if name not in values else "is not a text", f"Give {name}, a text.")
    task, pair = f"blimp/{values[PARADIGM]}", values.get(PAIR)
    fields = mask_difference(values[GOOD], values[BAD], task)
    if isinstance(fields, LeftOut) and values.get(ONE_PREFIX):
        return LeftOut(f"{fields.reason}, which are for decoders ({ONE_PREFIX})", task)
    if not isinstance(fields, dict):
        return fields
    return {**fields, "id": None if pair is None else f"{task}/{pair}", "task": task, "case": values.get(TERM)}
