"""A model's tokenizer: read from its directory, and what it makes of texts and single words."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerFast

from cypher.errors import InvalidInput, ModelError
from workers.datasets.instance import MASK, Instance
from workers.models.directory import CONTENT, refuse_pointer
from workers.models.normalisation import check_normalisation

WORDS = 1000
"""Answers that are kept with their tokens: few are asked for many times."""

FILES = ("tokenizer.json", "vocab.txt")
SPECIAL = ("mask", "cls", "sep", "unk")


def read_tokenizer(directory: Path, kind: str, config: PreTrainedConfig) -> PreTrainedTokenizerFast:
    """The directory's own tokenizer.

    Args:
        kind: name of the class of `tokenizers.models` that it must be, such as `WordPiece`.
        config: of the model.

    Raises:
        ModelError: its files are missing or unreadable, it is of another kind, it lacks a special token, or
            it puts texts into another segment than the first.
    """
    where = str(directory)
    if not any((directory / name).is_file() for name in FILES):
        raise ModelError("model", f"{where!r} has neither {' nor '.join(FILES)}", CONTENT)
    for name in FILES:
        refuse_pointer(directory / name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            directory, config=config, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers library raises Exception itself
        reason = str(error).partition("\n")[0]
        raise ModelError("model", f"its tokenizer cannot be read ({reason})", "Save it again.", where) from error
    fast = isinstance(tokenizer, PreTrainedTokenizerFast)
    found = type(tokenizer.backend_tokenizer.model if fast else tokenizer).__name__
    if not fast or found != kind:
        fix = "Use the tokenizer that the model was trained with, as tokenizer.json."
        raise ModelError("model", f"its tokenizer is a {found}, not a {kind}", fix, where)
    vocabulary = tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False)
    for role in SPECIAL:
        token = getattr(tokenizer, f"{role}_token")
        # A token that its vocabulary lacks would be added behind it, where the model has no trained embedding.
        if token not in vocabulary:
            detail = "" if token is None else f" ({token} is not in its vocabulary)"
            raise ModelError(
                "model", f"its tokenizer has no {role} token{detail}", "Name one of its vocabulary.", where
            )
    if any(tokenizer(str(tokenizer.mask_token)).get("token_type_ids", ())):
        problem = "its tokenizer puts single texts into segment 1, and only segment 0 is supported"
        raise ModelError("model", problem, "Use the tokenizer that the model was trained with.", where)
    return tokenizer


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokens that a tokenizer gives a model for a text."""

    ids: tuple[int, ...]
    added: tuple[bool, ...]  # put there by the tokenizer's post-processor, not of the text
    offsets: tuple[tuple[int, int], ...]  # of each token's characters in the text


def pieces_of(tokenizer: PreTrainedTokenizerFast, text: str) -> Pieces:
    """The tokens of a text as the library's models get them, never cut short or filled up."""
    (pieces,) = pieces_of_all(tokenizer, [text])
    return pieces


def pieces_of_all(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Iterator[Pieces]:
    """Those of several texts, at least one, which take less time together."""
    encoding = tokenizer(
        list(texts),
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        padding=False,
        truncation=False,
        verbose=False,
    )
    columns = (encoding["input_ids"], encoding["special_tokens_mask"], encoding["offset_mapping"])
    for ids, special, offsets in zip(*columns, strict=True):
        yield Pieces(ids=tuple(ids), added=tuple(map(bool, special)), offsets=tuple(offsets))


@dataclass(frozen=True, slots=True)
class TextTokens:
    """A text as tokens."""

    ids: tuple[int, ...]  # the tokenizer's special ones included
    roles: tuple[str, ...] | None  # one for each token; "cls" before the text, "sep" behind it
    unknown: tuple[str, ...]  # parts of the text that the vocabulary has no token for


def with_mask(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """A text with the model's own mask token."""
    return text.replace(MASK, str(tokenizer.mask_token))


def read_text(
    tokenizer: PreTrainedTokenizerFast, instance: Instance, pieces: Pieces, model: str, max_length: int
) -> TextTokens:
    """The tokens of a text, with the special ones that the tokenizer puts around it, and each token's role.

    Args:
        pieces: of the text with the model's mask.
        model: its name, for the message.
        max_length: tokens that it takes.

    Raises:
        InvalidInput: there are no words, none that the vocabulary has, or too many of them; normalisation makes others
            of them; the tokenizer's special tokens are among them, or roles do not fit them.
    """
    text = with_mask(tokenizer, instance.text)
    own = [index for index, added in enumerate(pieces.added) if not added]
    if not own:
        raise InvalidInput("text", f"{instance.text!r} has no words", "Give a sentence.")
    around = [id_ for id_, added in zip(pieces.ids, pieces.added, strict=True) if added]
    if twice := {pieces.ids[index] for index in own}.intersection(around):
        token = tokenizer.convert_ids_to_tokens(min(twice))
        raise InvalidInput("text", f"{instance.text!r} holds {token}", "Remove it: it is added around every text.")
    if len(pieces.ids) > max_length:
        ends = " and ".join(dict.fromkeys(tokenizer.convert_ids_to_tokens(around)))
        problem = f"it has {len(pieces.ids)} tokens{ends and f' with {ends}'}, and {model} takes at most {max_length}"
        raise InvalidInput("text", problem, "Shorten the sentence.")
    check_normalisation(tokenizer, "text", text)
    unk = tokenizer.unk_token_id
    unknown = [index for index in own if pieces.ids[index] == unk]
    if unknown and all(pieces.ids[index] in (unk, tokenizer.mask_token_id) for index in own):
        problem = f"the vocabulary of {model} has none of the words of {instance.text!r}"
        raise InvalidInput("text", problem, "Use a model that knows them, or spell them as its vocabulary does.")
    return TextTokens(
        ids=pieces.ids,
        roles=_roles(text, instance, pieces, own),
        unknown=tuple(text[slice(*pieces.offsets[index])] for index in unknown),
    )


NO_ROLE = "other"
"""The role of tokens that lie in none of the spans."""


def _roles(text: str, instance: Instance, pieces: Pieces, own: list[int]) -> tuple[str, ...] | None:
    """Each token's role: that of the word, or of the stretch of characters, which its last character lies in.

    Not its first: some tokenizers count the space before the mask as the mask's.

    Args:
        text: with the model's mask.
    """
    if instance.spans is not None:
        longer = len(text) - len(instance.text)
        mask = instance.text.find(MASK)
        starts, names = [0], [NO_ROLE]
        for start, end, role in instance.spans:  # characters behind the mask are elsewhere
            start, end = (place + longer * (0 <= mask < place) for place in (start, end))
            starts, names = [*starts, start, end], [*names, role, NO_ROLE]
    elif instance.roles is None:
        return None
    elif len(instance.roles) == len(text.split()):
        starts, names = [word.start() for word in re.finditer(r"\S+", text)], list(instance.roles)
    elif len(instance.roles) == len(own):
        starts, names = [pieces.offsets[index][1] - 1 for index in own], list(instance.roles)
    else:
        problem = f"there are {len(instance.roles)} of them for {len(text.split())} words ({len(own)} tokens)"
        raise InvalidInput("roles", problem, "Give one for each space-separated word of text, or for each token.")
    found = ["cls" if index < own[0] else "sep" for index in range(len(pieces.ids))]
    for index in own:
        found[index] = names[bisect_right(starts, pieces.offsets[index][1] - 1) - 1]
    return tuple(found)


@lru_cache(WORDS)
def word_id(tokenizer: PreTrainedTokenizerFast, field: str, word: str, model: str) -> int:
    """Vocabulary id of a word that is one token.

    Args:
        field: of the instance that holds the word.
        model: its name, for the message.

    Raises:
        InvalidInput: the vocabulary lacks it, it is several tokens, or normalisation makes another of it.
    """
    ids = tokenizer(word, add_special_tokens=False, padding=False, truncation=False)["input_ids"]
    if not ids or set(ids) & set(tokenizer.all_special_ids):
        raise InvalidInput(field, f"{word!r} is not in the vocabulary of {model}", "Give a word that the model knows.")
    check_normalisation(tokenizer, field, word)
    if len(ids) > 1:
        pieces = " ".join(tokenizer.convert_ids_to_tokens(ids))
        raise InvalidInput(
            field, f"{word!r} is {len(ids)} tokens of {model} ({pieces})", "Give a word that is one token."
        )
    return ids[0]


def surroundings(tokenizer: PreTrainedTokenizerFast) -> tuple[list[str], list[str]]:
    """The tokens that the tokenizer puts before and behind every text."""
    pieces = pieces_of(tokenizer, str(tokenizer.mask_token))
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(pieces.ids))]
    at = pieces.added.index(False)
    return tokens[:at], tokens[at + 1 :]


def settings_of(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """What of a tokenizer decides which tokens it makes of texts."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = {part: state[part] for part in ("model", "normalizer", "pre_tokenizer", "added_tokens")}
    special = [tokenizer.cls_token, tokenizer.sep_token, tokenizer.mask_token, tokenizer.unk_token]
    around = surroundings(tokenizer)
    usual = around == ([tokenizer.cls_token], [tokenizer.sep_token])  # not named: so equal to what is stored
    return parts | {"special": special} | ({} if usual else {"around": around})
