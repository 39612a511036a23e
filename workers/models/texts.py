"""What a tokenizer makes of an instance's text: token ids, each token's role, and the parts that are unknown."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK, Instance
from workers.models.normalisation import check_normalisation
from workers.models.spelling import spelling_of
from workers.models.tokenizer import Pieces


@dataclass(frozen=True, slots=True)
class TextTokens:
    """A text as tokens."""

    ids: tuple[int, ...]  # the tokenizer's special ones included
    roles: tuple[str, ...] | None  # one for each token; "cls" before the text, "sep" behind it
    unknown: tuple[str, ...]  # parts of the text that the vocabulary has no token for


def read_text(
    tokenizer: PreTrainedTokenizerFast,
    instance: Instance,
    pieces: Pieces,
    model: str,
    max_length: int,
    skips_padding: bool = False,
) -> TextTokens:
    """The tokens of a text, with the special ones that the tokenizer puts around it, and each token's role.

    Args:
        pieces: of the text with the model's mask.
        model: its name, for the message.
        max_length: tokens that it takes.
        skips_padding: does it count positions without padding?

    Raises:
        InvalidInput: there are no words, none that the vocabulary has, or too many of them; normalisation makes others
            of them, or they are split or left out; the tokenizer's special tokens are among them, the one that fills up
            texts included, or roles do not fit them.
    """
    if MASK in instance.text and tokenizer.mask_token is None:
        raise InvalidInput("text", f"it holds {MASK}, and the model has no mask token", "Remove it.")
    text = with_mask(tokenizer, instance.text)
    own = [index for index, added in enumerate(pieces.added) if not added]
    if not own or not text.strip():
        raise InvalidInput("text", f"{instance.text!r} has no words", "Give a sentence.")
    around = [id_ for id_, added in zip(pieces.ids, pieces.added, strict=True) if added]
    if twice := {pieces.ids[index] for index in own}.intersection(around):
        token = tokenizer.convert_ids_to_tokens(min(twice))
        raise InvalidInput("text", f"{instance.text!r} holds {token}", "Remove it: it is added around every text.")
    if skips_padding and tokenizer.pad_token_id in [pieces.ids[index] for index in own]:
        problem = f"{instance.text!r} holds {tokenizer.pad_token}, which fills up shorter texts and has no position"
        raise InvalidInput("text", problem, "Remove it.")
    if len(pieces.ids) > max_length:
        ends = " and ".join(dict.fromkeys(tokenizer.convert_ids_to_tokens(around)))
        problem = f"it has {len(pieces.ids)} tokens{ends and f' with {ends}'}, and {model} takes at most {max_length}"
        raise InvalidInput("text", problem, "Shorten the sentence.")
    check_normalisation(tokenizer, "text", text)
    unk = tokenizer.unk_token_id
    unknown = [index for index in own if pieces.ids[index] == unk]
    if unknown and not _knows_any(tokenizer, [pieces.ids[index] for index in own]):
        problem = f"the vocabulary of {model} has none of the words of {instance.text!r}"
        raise InvalidInput("text", problem, "Use a model that knows them, or spell them as its vocabulary does.")
    return TextTokens(
        ids=pieces.ids,
        roles=_roles(text, instance, pieces, own),
        unknown=tuple(text[slice(*pieces.offsets[index])] for index in unknown),
    )


def find_word(tokenizer: PreTrainedTokenizerFast, field: str, word: str, text: str, pieces: Pieces) -> int:
    """Position of the one token that a word of a text is.

    Args:
        field: of the instance that holds the word.
        text: without the model's own mask.
        pieces: of the text with it.

    Raises:
        InvalidInput: the text has no such word, or several, or it is several tokens.
    """
    word, text = word.strip(), with_mask(tokenizer, text)
    found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    if len(found) != 1:
        problem = f"{word!r} is in {text!r} {f'{len(found)} times' if found else 'nowhere'}"
        raise InvalidInput(field, problem, "Name a word that the text has once.")
    ((start, end),) = found
    own = [
        index
        for index, (first, last) in enumerate(pieces.offsets)
        if not pieces.added[index] and max(first, start) < min(last, end)
    ]
    if len(own) != 1:
        tokens = " ".join(tokenizer.convert_ids_to_tokens([pieces.ids[index] for index in own]))
        problem = f"{word!r} is {len(own)} tokens of {text!r} ({tokens})"
        raise InvalidInput(field, problem, "Name a word that is one token.")
    return own[0]


def with_mask(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """The text with the model's own mask token, if it has one."""
    return text if tokenizer.mask_token is None else text.replace(MASK, str(tokenizer.mask_token))


def _knows_any(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int]) -> bool:
    """Is one of these tokens a word, or a piece of one, that the vocabulary has?"""
    words = [id_ for id_ in ids if id_ not in (tokenizer.unk_token_id, tokenizer.mask_token_id)]
    return not all(map(spelling_of(tokenizer).is_blank, tokenizer.convert_ids_to_tokens(words)))


NO_ROLE = "other"
"""The role of tokens that lie in none of the spans."""


def _roles(text: str, instance: Instance, pieces: Pieces, own: list[int]) -> tuple[str, ...] | None:
    """Each token's role: that of the word, or of the stretch of characters, which its last character lies in.

    Not its first: some tokenizers count the space before a word as the word's. Spaces that are tokens of their own have
    the role of the word before them.

    Args:
        text: with the model's mask.
    """
    found = ["cls" if index < own[0] else "sep" for index in range(len(pieces.ids))]
    last = [max(end - 1, 0) for _, end in pieces.offsets]
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
        starts[0] = 0  # so that spaces before the first word are its own
    elif len(instance.roles) == len(own):
        for index, role in zip(own, instance.roles, strict=True):
            found[index] = role
        return tuple(found)
    else:
        problem = f"there are {len(instance.roles)} of them for {len(text.split())} words ({len(own)} tokens)"
        raise InvalidInput("roles", problem, "Give one for each space-separated word of text, or for each token.")
    for index in own:
        found[index] = names[bisect_right(starts, last[index]) - 1]
    return tuple(found)
