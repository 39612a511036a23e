"""What a tokenizer does to words before it looks them up must not make others of them unseen.

1. Lower-casing and the like: a checkpoint whose vocabulary tells `C` from `c` but whose tokenizer lower-cases (the
   default where nothing says otherwise) would be asked about another text than was given.
2. Splitting: a vocabulary of whole words may have `Br-` whole, and its tokenizer split it at the hyphen.
3. Leaving out: a vocabulary of bytes may lack some, and have no token to stand for them.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.models.spelling import bytes_of_letters, is_by_bytes, parts_of
from workers.models.tokenizer import unknown_of

ACCENTS, CASE = "StripAccents", "Lowercase"


def check_normalisation(tokenizer: PreTrainedTokenizerFast, field: str, text: str) -> None:
    """Has every word of a text the tokens that the vocabulary has for it as it is written?

    Words that the vocabulary lacks as they are written are normalised and split as the model expects it.

    Args:
        field: that holds the text.

    Raises:
        InvalidInput: normalisation or splitting makes other tokens of a word, or letters of it are left out.
    """
    added = "|".join(map(re.escape, tokenizer.get_added_vocab()))  # these are never normalised
    words = (re.sub(added, " ", text) if added else text).split()
    backend: Any = tokenizer.backend_tokenizer
    if backend.normalizer is not None:
        _check_letters(tokenizer, field, text, words)
    if isinstance(backend.model, WordLevel) and backend.pre_tokenizer is not None:
        _check_splitting(tokenizer, field, words)
    if letters := _letters_left_out(tokenizer):
        _check_left_out(letters, field, words)


def _check_letters(tokenizer: PreTrainedTokenizerFast, field: str, text: str, words: Sequence[str]) -> None:
    backend: Any = tokenizer.backend_tokenizer
    normalise, keep = backend.normalizer.normalize_str, _letters_kept(tokenizer)
    if normalise(text) == keep(text):
        return
    for word in words:
        written, normalised = keep(word), normalise(word)
        if written == normalised:
            continue
        own, given = (_tokens(backend, letters) for letters in (written, normalised))
        # A vocabulary of bytes has tokens for any word; one that tells it apart has the word as one.
        known = len(own) == 1 if is_by_bytes(backend) else tokenizer.unk_token not in own
        if own != given and known:
            problem = (
                f"its tokenizer makes {' '.join(given)!r} of {word!r} (do_lower_case, strip_accents), "
                f"although its vocabulary has {' '.join(own)!r}"
            )
            fix = (
                'If the model was trained with case, set "do_lower_case": false in its tokenizer_config.json; '
                f"else write {normalised.strip()!r}."
            )
            raise InvalidInput(field, problem, fix)


def _check_splitting(tokenizer: PreTrainedTokenizerFast, field: str, words: Sequence[str]) -> None:
    backend: Any = tokenizer.backend_tokenizer
    for word in words:
        whole = word if backend.normalizer is None else backend.normalizer.normalize_str(word)
        parts = [part for part, _ in backend.pre_tokenizer.pre_tokenize_str(whole)]
        if len(parts) > 1 and backend.model.token_to_id(whole) is not None:
            problem = f"its tokenizer splits {word!r} into {' '.join(parts)!r}, although its vocabulary has it whole"
            fix = "Use the tokenizer.json that the model was trained with (its pre_tokenizer)."
            raise InvalidInput(field, problem, fix)


def _check_left_out(letters: frozenset[str], field: str, words: Sequence[str]) -> None:
    for word in words:
        if missing := "".join(each for each in word if not letters.isdisjoint(_spelled(each))):
            problem = f"its tokenizer leaves out {missing!r} of {word!r}, which its vocabulary lacks"
            raise InvalidInput(field, problem, "Write it with letters that the vocabulary has.")


@lru_cache(8)
def _letters_kept(tokenizer: PreTrainedTokenizerFast) -> Callable[[str], str]:
    """The normaliser without what makes others of letters, which is lower-casing and stripping accents.

    The rest remains: of BERT's, cleaning and the spaces around Chinese; of others, the way in which Unicode is written.
    """
    backend: Any = tokenizer.backend_tokenizer
    kept = []
    for part in parts_of(backend.normalizer):
        if part["type"] == "BertNormalizer":
            part |= {"strip_accents": False, "lowercase": False}
        elif part["type"] == ACCENTS:  # letters had been taken apart for it
            part = {"type": "NFC"}
        if part["type"] != CASE:
            kept.append(part)
    state = json.loads(Tokenizer(BPE()).to_str()) | {"normalizer": {"type": "Sequence", "normalizers": kept}}
    return Tokenizer.from_str(json.dumps(state)).normalizer.normalize_str


@lru_cache(8)
def _letters_left_out(tokenizer: PreTrainedTokenizerFast) -> frozenset[str]:
    """Letters of bytes that the vocabulary lacks, where no token stands for them."""
    backend: Any = tokenizer.backend_tokenizer
    if not is_by_bytes(backend) or unknown_of(backend.model) is not None:
        return frozenset()
    return frozenset(bytes_of_letters()).difference(backend.get_vocab(with_added_tokens=False))


def _spelled(letter: str) -> str:
    """In letters of bytes."""
    ((spelled, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(letter)
    return spelled


def _tokens(backend: Any, text: str) -> list[str]:
    """The vocabulary's tokens for a word that is normalised already."""
    text = f" {text}" if is_by_bytes(backend) else text  # as it is spelled within a text
    words = [(text, None)] if backend.pre_tokenizer is None else backend.pre_tokenizer.pre_tokenize_str(text)
    # By id: a Unigram gives the text that it does not know as the token's own.
    return [backend.model.id_to_token(token.id) for word, _ in words for token in backend.model.tokenize(word)]
