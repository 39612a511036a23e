"""What a tokenizer's normalisation does to words: lower-casing and the like must not make others of them unseen.

A checkpoint whose vocabulary tells `C` from `c` but whose tokenizer lower-cases (the default where nothing says
otherwise) would be asked about another text than was given.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tokenizers import normalizers
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput


def check_normalisation(tokenizer: PreTrainedTokenizerFast, field: str, text: str) -> None:
    """Does normalisation leave every word of a text the tokens that the vocabulary has for it as it is written?

    Words that the vocabulary lacks as they are written are normalised as the model expects it.

    Args:
        field: that holds the text.

    Raises:
        InvalidInput: it makes other tokens of a word.
    """
    backend = tokenizer.backend_tokenizer
    if backend.normalizer is None:
        return
    normalise, keep = backend.normalizer.normalize_str, _letters_kept(tokenizer)
    if added := "|".join(map(re.escape, tokenizer.get_added_vocab())):  # these are never normalised
        text = re.sub(added, " ", text)
    if normalise(text) == keep(text):
        return
    for word in text.split():
        written, normalised = keep(word), normalise(word)
        if written == normalised:
            continue
        own, given = (_tokens(backend, letters) for letters in (written, normalised))
        if own != given and tokenizer.unk_token not in own:
            problem = (
                f"its tokenizer makes {' '.join(given)!r} of {word!r} (do_lower_case, strip_accents), "
                f"although its vocabulary has {' '.join(own)!r}"
            )
            fix = (
                'If the model was trained with case, set "do_lower_case": false in its tokenizer_config.json; '
                f"else write {normalised.strip()!r}."
            )
            raise InvalidInput(field, problem, fix)


@lru_cache(8)
def _letters_kept(tokenizer: PreTrainedTokenizerFast) -> Callable[[str], str]:
    """The normaliser without what changes letters: of BERT's, cleaning and the spaces around Chinese remain."""
    state = json.loads(tokenizer.backend_tokenizer.normalizer.__getstate__())
    parts = state["normalizers"] if state["type"] == "Sequence" else [state]
    kept = [
        normalizers.BertNormalizer(part["clean_text"], part["handle_chinese_chars"], False, False)
        for part in parts
        if part["type"] == "BertNormalizer"
    ]
    return normalizers.Sequence(kept).normalize_str if kept else lambda text: text


def _tokens(backend: Any, text: str) -> list[str]:
    """The vocabulary's tokens for a text that is normalised already."""
    words = [(text, None)] if backend.pre_tokenizer is None else backend.pre_tokenizer.pre_tokenize_str(text)
    return [token.value for word, _ in words for token in backend.model.tokenize(word)]
