"""A model's tokenizer: read from its directory, and what it makes of texts and single words."""

import re
from bisect import bisect_right
from pathlib import Path
from typing import cast

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from cypher.errors import InvalidInput, ModelError
from workers.datasets.instance import MASK, Instance
from workers.models.directory import CONTENT

FILES = ("tokenizer.json", "vocab.txt")
SPECIAL = ("mask", "cls", "sep", "unk")


def read_tokenizer(directory: Path, kind: str) -> PreTrainedTokenizerFast:
    """The directory's own tokenizer.

    Args:
        kind: name of the class of `tokenizers.models` that it must be, such as `WordPiece`.

    Raises:
        ModelError: its files are missing or unreadable, it is of another kind, or it lacks a special token.
    """
    where = str(directory)
    if not any((directory / name).is_file() for name in FILES):
        raise ModelError("model", f"{where!r} has neither {' nor '.join(FILES)}", CONTENT)
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
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
    return tokenizer


def read_text(
    tokenizer: PreTrainedTokenizerFast, instance: Instance, model: str, max_length: int
) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
    """The ids of a text's tokens, special tokens at both ends, and each token's role.

    Args:
        model: its name, for the message.
        max_length: tokens that it takes.

    Raises:
        InvalidInput: there are no words, too many of them, special tokens among them, or roles that do not fit them.
    """
    text = instance.text.replace(MASK, str(tokenizer.mask_token))
    pieces = tokenizer(
        text,
        add_special_tokens=False,
        return_offsets_mapping=True,
        padding=False,
        truncation=False,
        verbose=False,
    )
    if not pieces["input_ids"]:
        raise InvalidInput("text", f"{instance.text!r} has no words", "Give a sentence.")
    cls, sep = cast(int, tokenizer.cls_token_id), cast(int, tokenizer.sep_token_id)
    if added := {cls, sep}.intersection(pieces["input_ids"]):
        token = tokenizer.convert_ids_to_tokens(min(added))
        raise InvalidInput("text", f"{instance.text!r} holds {token}", "Remove it: it is added around every text.")
    ids = (cls, *pieces["input_ids"], sep)
    if len(ids) > max_length:
        ends = f"{tokenizer.cls_token} and {tokenizer.sep_token}"
        problem = f"it has {len(ids)} tokens with {ends}, and {model} takes at most {max_length}"
        raise InvalidInput("text", problem, "Shorten the sentence.")
    if instance.roles is None:
        return ids, None
    starts = [word.start() for word in re.finditer(r"\S+", text)]
    if len(instance.roles) != len(starts):
        raise InvalidInput(
            "roles",
            f"there are {len(instance.roles)} of them for {len(starts)} words",
            "Give one for each space-separated word of text.",
        )
    # A token's last character decides: some tokenizers count the space before the mask as the mask's.
    words = [bisect_right(starts, end - 1) - 1 for _, end in pieces["offset_mapping"]]
    return ids, ("cls", *(instance.roles[word] for word in words), "sep")


def word_id(tokenizer: PreTrainedTokenizerFast, field: str, word: str, model: str) -> int:
    """Vocabulary id of a word that is one token.

    Args:
        field: of the instance that holds the word.
        model: its name, for the message.

    Raises:
        InvalidInput: the vocabulary lacks it, or it is several tokens.
    """
    ids = tokenizer(word, add_special_tokens=False, padding=False, truncation=False)["input_ids"]
    if not ids or set(ids) & set(tokenizer.all_special_ids):
        raise InvalidInput(field, f"{word!r} is not in the vocabulary of {model}", "Give a word that the model knows.")
    if len(ids) > 1:
        pieces = " ".join(tokenizer.convert_ids_to_tokens(ids))
        raise InvalidInput(
            field, f"{word!r} is {len(ids)} tokens of {model} ({pieces})", "Give a word that is one token."
        )
    return ids[0]
