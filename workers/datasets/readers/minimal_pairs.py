"""Minimal pairs: a right and a wrong sentence that differ in one word, which becomes the mask."""

import re

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK
from workers.datasets.readers.records import LeftOut

MORE_WORDS = "pairs that differ in more than one word"
LENGTHS = "pairs whose sentences have different numbers of words"

_PARTS = re.compile(r"(\W*)(.*?)(\W*)")  # of a word: punctuation before and behind it


def mask_difference(right: str, wrong: str, of: str = "") -> dict[str, str] | InvalidInput | LeftOut:
    """`text`, `correct` and `wrong` of a pair; or why the pair cannot be one masked sentence.

    Punctuation that both words have before or behind them stays in the text.

    Args:
        of: the pair's construction, if it is to be named where the pair is left out.
    """
    words, others = right.split(), wrong.split()
    if words == others:
        return InvalidInput("line", f"its two sentences are the same: {right!r}", "Leave it out.")
    if len(words) != len(others):
        return LeftOut(LENGTHS, of)
    differ = [index for index, (word, other) in enumerate(zip(words, others, strict=True)) if word != other]
    if len(differ) > 1:
        return LeftOut(MORE_WORDS, of)
    (index,) = differ
    before, correct, behind = _parts(words[index])
    others_before, other, others_behind = _parts(others[index])
    if (before, behind) != (others_before, others_behind) or not correct or not other:
        before, behind, correct, other = "", "", words[index], others[index]
    text = " ".join([*words[:index], f"{before}{MASK}{behind}", *words[index + 1 :]])
    return {"text": text, "correct": correct, "wrong": other}


def _parts(word: str) -> tuple[str, str, str]:
    match = _PARTS.fullmatch(word)
    assert match is not None  # each of its parts can be empty
    before, core, behind = match.groups()
    return before, core, behind
