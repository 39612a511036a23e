"""The language that the sentiment model is trained on: the sentences of the sentiment task, but for those held out."""

import random
from zlib import crc32

from workers.bundled.vocabulary import words_of
from workers.datasets.instance import Instance
from workers.datasets.tasks import TASKS

TASK = TASKS["sa"]

HELD_OUT = 10
"""One sentence in so many is not trained on."""


def is_held_out(text: str) -> bool:
    """Is the sentence one that the model never sees in training? Its text's checksum decides."""
    return crc32(text.encode()) % HELD_OUT == 0


def held_out(case: str, n: int, seed: int) -> list[Instance]:
    """`n` distinct sentences of a case, drawn uniformly from those that are held out.

    Raises:
        InvalidInput: more than there are.
    """
    drawn, found = n, []
    while len(found) < n:
        drawn *= 2
        found = [instance for instance in TASK.generate(case, drawn, seed) if is_held_out(instance.text)]
    return found[:n]


def known_words() -> set[str]:
    """Every word of the language, the full stop among them."""
    return words_of(TASK.frame, TASK.cases)


def utter(rng: random.Random) -> tuple[tuple[str, ...], int]:
    """Words and class of one sentence: case and sentence drawn uniformly, again while it is held out."""
    while True:
        case = rng.choice(TASK.cases)
        sentence = TASK.frame.sentence(case, rng.randrange(TASK.count(case)))
        if not is_held_out(" ".join(sentence.words)):
            return sentence.words, TASK.labels.index(sentence.answers["label"])
