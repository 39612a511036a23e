"""An answer as a token of the vocabulary: the one that the word is in its place.

A vocabulary may spell a word in other ways at the start of a text, after a space and within a word (`is`, `Ġis`). The
answer is the token that stands for the word where the text has the word instead of the mask. A space that the mask's
token takes in is then the word's. Tokens behind the mask may be others than behind the word: some tokenizers begin a
new word after every special token, so that a full stop after the mask is `▁` and `.`.
"""

from functools import lru_cache
from typing import cast

from tokenizers.models import WordPiece
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.models.normalisation import check_normalisation
from workers.models.texts import with_mask
from workers.models.tokenizer import pieces_of

WORDS = 1000
"""Answers that are kept with their tokens: few are asked for many times."""


def word_id(tokenizer: PreTrainedTokenizerFast, field: str, word: str, text: str, model: str) -> int:
    """Vocabulary id of the one token that a word is in its place.

    With word pieces a word that is one token by itself is that token, even where the mask touches another word.

    Args:
        field: of the instance that holds the word.
        text: with one mask.
        model: its name, for the message.

    Raises:
        InvalidInput: the vocabulary lacks it, it is several tokens or part of one, normalisation makes another of it,
            or the tokens before it would be others.
    """
    word = word.strip()
    if not isinstance(tokenizer.backend_tokenizer.model, WordPiece):
        return _in_place(tokenizer, field, word, text, model)
    try:
        return _by_itself(tokenizer, field, word, model)
    except InvalidInput as alone:
        try:
            return _in_place(tokenizer, field, word, text, model)
        except InvalidInput:
            raise alone from None


@lru_cache(WORDS)
def _by_itself(tokenizer: PreTrainedTokenizerFast, field: str, word: str, model: str) -> int:
    ids = tokenizer(word, add_special_tokens=False, padding=False, truncation=False)["input_ids"]
    _check(tokenizer, field, word, ids, model)
    return ids[0]


def _in_place(tokenizer: PreTrainedTokenizerFast, field: str, word: str, text: str, model: str) -> int:
    masked = with_mask(tokenizer, text)
    given = pieces_of(tokenizer, masked)
    place = given.ids.index(tokenizer.mask_token_id)
    before, behind = _around_mask(tokenizer, masked, given.offsets[place])
    start, end = len(before), len(before) + len(word)
    whole = f"{before}{word}{behind}"
    found = pieces_of(tokenizer, whole)
    own = [index for index, (first, last) in enumerate(found.offsets) if max(first, start) < min(last, end)]
    if own and found.ids[:place] == given.ids[:place]:
        own = list(range(min(place, own[0]), own[-1] + 1))  # a space before the word may be a token of its own
    letters = whole[slice(*found.offsets[own[0]])].strip() if len(own) == 1 else word
    if len(letters) > len(word):
        token = tokenizer.convert_ids_to_tokens(found.ids[own[0]])
        problem = f"{word!r} is part of {letters!r} in its place, which is the token {token!r} of {model}"
        raise InvalidInput(field, problem, "Give a word that is one token there.")
    _check(tokenizer, field, word, [found.ids[index] for index in own], model, " in its place")
    (token,) = own
    if found.ids[:token] != given.ids[:place]:
        together, apart = (
            " ".join(tokenizer.convert_ids_to_tokens(list(ids)))
            for ids in (found.ids[: token + 1], given.ids[: place + 1])
        )
        problem = f"it begins {apart!r}, and {together!r} with {word!r} in place of the mask"
        fix = (
            f'Let {tokenizer.mask_token} take in the space before it: "lstrip": true in added_tokens of tokenizer.json.'
        )
        raise InvalidInput("text", problem, fix)
    return found.ids[token]


def _around_mask(tokenizer: PreTrainedTokenizerFast, text: str, offsets: tuple[int, int]) -> tuple[str, str]:
    """The text before and behind the mask; spaces that the mask's token has taken in are one there."""
    name, token = str(tokenizer.mask_token), tokenizer.added_tokens_decoder[cast(int, tokenizer.mask_token_id)]
    at = text.index(name, offsets[0])
    before, behind = text[:at], text[at + len(name) :]
    if token.lstrip and before != before.rstrip():
        before = f"{before.rstrip()} "
    if token.rstrip and behind != behind.lstrip():
        behind = f" {behind.lstrip()}"
    return before, behind


def _check(
    tokenizer: PreTrainedTokenizerFast, field: str, word: str, ids: list[int], model: str, place: str = ""
) -> None:
    """Are these tokens of a word one that the vocabulary has for it as it is written?

    Args:
        place: where they are the word's tokens, for the message.
    """
    if not ids or set(ids) & set(tokenizer.all_special_ids):
        raise InvalidInput(field, f"{word!r} is not in the vocabulary of {model}", "Give a word that the model knows.")
    check_normalisation(tokenizer, field, word)
    if len(ids) > 1:
        pieces = " ".join(tokenizer.convert_ids_to_tokens(ids))
        raise InvalidInput(
            field, f"{word!r} is {len(ids)} tokens of {model}{place} ({pieces})", "Give a word that is one token."
        )
