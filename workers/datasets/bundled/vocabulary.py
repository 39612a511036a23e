"""The bundled model's word pieces: every word of the project's sentences whole, any other spelled by letters."""

import string
from functools import cache
from pathlib import Path

from transformers import BertTokenizer

from workers.datasets.bundled.language import CONSTRUCTIONS
from workers.datasets.instance import MASK

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@cache
def vocabulary() -> tuple[str, ...]:
    """The word pieces in the order of their ids: special tokens, characters, then words by alphabet."""
    characters = string.ascii_lowercase + string.digits
    pieces = (*SPECIAL, *string.punctuation, *characters, *(f"##{character}" for character in characters))
    return (*pieces, *sorted(words() - set(pieces)))


def words() -> set[str]:
    """Every word of the language's sentences, the full stop among them."""
    found = set()
    for construction in CONSTRUCTIONS:
        for case in construction.cases:
            slots = construction.frame.slots(case)
            found |= {word for slot in slots for fill in slot for word in fill.values()}
            found |= set(construction.frame.sentence(case, 0).words)
    return found - {MASK}


def make_tokenizer(directory: Path, max_length: int) -> BertTokenizer:
    """A BERT tokenizer of this vocabulary, written to `directory` (vocab.txt among its files)."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "vocab.txt"
    file.write_text("".join(f"{piece}\n" for piece in vocabulary()), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(file), do_lower_case=True, model_max_length=max_length)
    tokenizer.save_pretrained(directory)
    return tokenizer
