"""How a vocabulary spells its tokens, and how they read.

What people read alike, vocabularies spell differently: a word is `Ġis` in one, `▁is` in another, `is` in a third; a
piece that continues a word is `##ly`, or `ly` without a sign; a letter that is not ASCII may be several bytes, each
spelled by a letter of its own. As it reads, a token is its text: `is`, and `‿ly` where it continues the word of the
token before it. Special tokens stay as they are, a byte that is no whole character reads `\\xe2`, and a space of its
own `␣`.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from tokenizers.models import BPE, WordPiece
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast

TIE = "‿"
"""Before a token that continues the word of the token before it."""

SPACE = "␣"
"""A space that is no mere sign of a word's beginning."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The conventions of one vocabulary."""

    added: frozenset[str]  # tokens that are spelled as they are, special ones among them
    by_bytes: bool  # each byte of the text's UTF-8 is a letter; that of the space is `Ġ`
    space: str | None  # stands for a space, such as `▁`
    prefix: str | None  # of a piece that continues a word, such as `##`
    suffix: str | None  # of a piece that ends a word, such as `</w>`

    def read(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """How the tokens of a text read, each with regard to the one before it."""
        before = (None, *tokens[:-1])
        return tuple(
            TIE * self._continues(*two) + _legible(self._text(two[1])) for two in zip(before, tokens, strict=True)
        )

    def is_blank(self, token: str) -> bool:
        """Is it white space alone?"""
        return not self._text(token).strip()

    def _text(self, token: str) -> bytes:
        """The token's part of the text, in UTF-8, the space before it included."""
        if token in self.added:
            return token.encode()
        if self.prefix is not None and token != self.prefix:
            token = token.removeprefix(self.prefix)
        if self.suffix is not None and token != self.suffix:
            token = token.removesuffix(self.suffix)
        if self.by_bytes:
            letters = bytes_of_letters()
            return b"".join(bytes([letters[each]]) if each in letters else each.encode() for each in token)
        return (token if self.space is None else token.replace(self.space, " ")).encode()

    def _continues(self, before: str | None, token: str) -> bool:
        """Does a token continue the word of the one before it?

        Args:
            before: None where there is none.
        """
        if self.prefix is not None:
            return token not in self.added and token.startswith(self.prefix) and token != self.prefix
        if before is None or before in self.added or token in self.added:
            return False
        if self.suffix is not None:
            return not before.endswith(self.suffix)
        if not self.by_bytes and self.space is None:
            return False
        end, start = (self._text(each).decode(errors="replace") for each in (before, token))
        return bool(end and start) and (_in_word(end[-1]) or end[-1] == "\ufffd") and _in_word(start[0])


@lru_cache(8)
def spelling_of(tokenizer: PreTrainedTokenizerFast) -> Spelling:
    """The conventions of a tokenizer's vocabulary, as its model and what prepares texts for it tell them."""
    backend: Any = tokenizer.backend_tokenizer
    parts = [*parts_of(backend.normalizer), *parts_of(backend.pre_tokenizer)]
    spaces = [
        *(part["replacement"] for part in parts if part["type"] == "Metaspace"),
        *(part["content"] for part in parts if part["type"] == "Replace" and part["pattern"] == {"String": " "}),
    ]
    pieces = isinstance(backend.model, BPE | WordPiece)
    return Spelling(
        added=frozenset(tokenizer.get_added_vocab()),
        by_bytes=is_by_bytes(backend),
        space=spaces[0] if spaces else None,
        prefix=(backend.model.continuing_subword_prefix or None) if pieces else None,
        suffix=(backend.model.end_of_word_suffix or None) if isinstance(backend.model, BPE) else None,
    )


def is_by_bytes(backend: Any) -> bool:
    """Does it make tokens of the bytes of texts?"""
    return any(
        part["type"] == "ByteLevel" for part in (*parts_of(backend.normalizer), *parts_of(backend.pre_tokenizer))
    )


def parts_of(component: Any) -> Iterator[dict[str, Any]]:
    """The settings of a normaliser or pre-tokenizer, one after the other where it is a sequence; of None, none."""
    if component is not None:
        yield from _flat(json.loads(component.__getstate__()))


@cache
def bytes_of_letters() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary spells: visible ones by themselves, the others in order."""
    letters = sorted(ByteLevel.alphabet())
    visible = [ord(letter) for letter in letters if ord(letter) < 256]
    return dict(zip(letters, (*visible, *sorted(set(range(256)).difference(visible))), strict=True))


def _flat(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if state["type"] != "Sequence":
        yield state
        return
    for part in state.get("normalizers", state.get("pretokenizers", ())):
        yield from _flat(part)


def _legible(text: bytes) -> str:
    """A token's text without the space that begins a word, and with signs for what cannot be seen."""
    letters = text.decode(errors="backslashreplace")
    if letters.startswith(" ") and letters != " ":
        letters = letters[1:]
    seen = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in letters)
    return re.sub(r"^ +| +$", lambda spaces: SPACE * len(spaces[0]), seen)


def _in_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")
