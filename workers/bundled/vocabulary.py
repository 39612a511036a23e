"""A bundled model's word pieces: every word of its language whole, any other spelled by letters."""

import string
from collections.abc import Collection, Iterable
from pathlib import Path

from transformers import BertTokenizer

from workers.datasets.frames import Frame
from workers.datasets.instance import MASK

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def words_of(frame: Frame, cases: Iterable[str]) -> set[str]:
    """Every word of a construction's sentences and of the answers at their masks, the full stop among them."""
    found = set()
    for case in cases:
        fills = [item for slot in frame.slots(case) for fill in slot for item in fill.items()]
        found |= {word for field, filled in fills if field != "label" for word in filled.split()}
        found |= set(frame.sentence(case, 0).words)
    return found - {MASK}


def vocabulary(words: Collection[str]) -> tuple[str, ...]:
    """The word pieces in the order of their ids: special tokens, characters, then the words by alphabet."""
    characters = string.ascii_lowercase + string.digits
    pieces = (*SPECIAL, *string.punctuation, *characters, *(f"##{character}" for character in characters))
    return (*pieces, *sorted(set(words) - set(pieces)))


def make_tokenizer(directory: Path, pieces: Iterable[str], max_length: int) -> BertTokenizer:
    """A BERT tokenizer of these pieces, written to `directory` (vocab.txt among its files)."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "vocab.txt"
    file.write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(file), do_lower_case=True, model_max_length=max_length)
    tokenizer.save_pretrained(directory)
    return tokenizer
