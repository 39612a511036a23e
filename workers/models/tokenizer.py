"""A model's tokenizer: read from its directory, and the tokens that it makes of a text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers.models import Unigram
from transformers import AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerFast

from cypher.errors import ModelError
from workers.models.directory import CONTENT, refuse_pointer
from workers.models.spelling import is_by_bytes

WHOLE = "tokenizer.json"
FILES = ((WHOLE,), ("vocab.txt",), ("vocab.json", "merges.txt"))
"""Those that a tokenizer is read from, one set of them."""

SENTENCEPIECE = ("sentencepiece.bpe.model", "spiece.model", "spm.model")
SPECIAL = ("mask", "cls", "sep", "unk")


def read_tokenizer(directory: Path, kinds: frozenset[str], config: PreTrainedConfig) -> PreTrainedTokenizerFast:
    """The directory's own tokenizer.

    Args:
        kinds: names of the classes of `tokenizers.models` that it may be, such as `WordPiece`.
        config: of the model.

    Raises:
        ModelError: its files are missing or unreadable, or are not what its class reads; it is of another kind, its
            special tokens are not of its vocabulary, it would leave out letters that it does not know, or it puts texts
            into another segment than the first.
    """
    where = str(directory)
    _check_files(directory)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            directory, config=config, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers library raises Exception itself
        reason = str(error).partition("\n")[0]
        raise ModelError("model", f"its tokenizer cannot be read ({reason})", "Save it again.", where) from error
    fast = isinstance(tokenizer, PreTrainedTokenizerFast)
    found = type(tokenizer.backend_tokenizer.model if fast else tokenizer).__name__
    stored = _stored(directory)
    _check_class(directory, tokenizer, stored, found)
    if not fast or found not in kinds:
        fix = "Use the tokenizer that the model was trained with, as tokenizer.json."
        raise ModelError("model", f"its tokenizer is a {found}, not a {' or '.join(sorted(kinds))}", fix, where)
    _check_special(tokenizer, stored, where)
    if any(tokenizer(_any_text(tokenizer)).get("token_type_ids", ())):
        problem = "its tokenizer puts single texts into segment 1, and only segment 0 is supported"
        raise ModelError("model", problem, "Use the tokenizer that the model was trained with.", where)
    return tokenizer


def require_special(tokenizer: PreTrainedTokenizerFast, roles: Iterable[str], where: str) -> None:
    """Has the tokenizer special tokens of these roles, such as `mask`?

    Args:
        where: the model's directory, for the error.

    Raises:
        ModelError: it names none.
    """
    for role in roles:
        if getattr(tokenizer, f"{role}_token") is None:
            fix = f"Name one of its vocabulary as {role}_token in tokenizer_config.json."
            raise ModelError("model", f"its tokenizer has no {role} token", fix, where)


def _check_files(directory: Path) -> None:
    """Are the files of a tokenizer there?"""
    for names in FILES:
        for name in names:
            refuse_pointer(directory / name)
    if any(all((directory / name).is_file() for name in names) for names in FILES):
        return
    where = str(directory)
    for name in SENTENCEPIECE:
        if (directory / name).is_file():
            problem = f"its tokenizer is only in {name}, a SentencePiece model, which is not read"
            fix = "Where sentencepiece and protobuf are installed, load it with transformers and save_pretrained it."
            raise ModelError("model", problem, fix, where)
    known = " nor ".join(" with ".join(names) for names in FILES)
    raise ModelError("model", f"{where!r} has neither {known}", CONTENT)


def _stored(directory: Path) -> dict[str, Any]:
    """The content of tokenizer.json, without the vocabulary; where there is none, nothing."""
    file = directory / WHOLE
    if not file.is_file():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    return {
        "kind": content["model"].get("type"),
        "added": {each["content"]: each["id"] for each in content.get("added_tokens", ())},
    }


def _check_class(directory: Path, tokenizer: Any, stored: dict[str, Any], found: str) -> None:
    """Does the tokenizer's class read the files that are there, and as what they are?

    A class that lacks its files makes a vocabulary of special tokens alone, and one that reads tokenizer.json may put
    the vocabulary into another kind of model.
    """
    name, where = type(tokenizer).__name__, str(directory)
    needed = [file for role, file in type(tokenizer).vocab_files_names.items() if role != "tokenizer_file"]
    missing = [file for file in needed if not (directory / file).is_file()]
    if not stored and missing:
        problem = f"its tokenizer is a {name}, which reads {' and '.join(needed)}, and there is no {missing[0]}"
        raise ModelError("model", problem, f"Save it as {WHOLE}.", where)
    if stored.get("kind") not in (None, found):
        problem = f"its {WHOLE} is a {stored['kind']}, of which {name} makes a {found}"
        fix = 'Set "tokenizer_class": "PreTrainedTokenizerFast" in tokenizer_config.json, and name its special tokens.'
        raise ModelError("model", problem, fix, where)


def _check_special(tokenizer: PreTrainedTokenizerFast, stored: dict[str, Any], where: str) -> None:
    """Are the special tokens of the vocabulary, and does one stand for what the vocabulary lacks?"""
    backend: Any = tokenizer.backend_tokenizer
    vocabulary, added = backend.get_vocab(with_added_tokens=False), stored.get("added", {})
    for role in SPECIAL:
        token = getattr(tokenizer, f"{role}_token")
        # A token that its files lack would be added behind them, where the model has no trained embedding.
        if token is not None and token not in vocabulary and added.get(token) != backend.token_to_id(token):
            problem = f"its tokenizer has no {role} token ({token} is not in its vocabulary)"
            raise ModelError("model", problem, "Name one of its vocabulary.", where)
    unknown = unknown_of(backend.model)
    if unknown is None:
        if not (is_by_bytes(backend) or getattr(backend.model, "byte_fallback", False)):
            require_special(tokenizer, ("unk",), where)
            problem = f"its tokenizer leaves out what its vocabulary lacks, although it has {tokenizer.unk_token}"
            raise ModelError("model", problem, f"Set unk_token of the model in {WHOLE}.", where)
    elif tokenizer.unk_token != unknown:
        problem = (
            f"its tokenizer reads what its vocabulary lacks as {unknown}, and its unk token is {tokenizer.unk_token}"
        )
        raise ModelError("model", problem, f"Name {unknown} as unk_token in tokenizer_config.json.", where)


def unknown_of(model: Any) -> str | None:
    """The token that a model of `tokenizers` gives for what its vocabulary lacks; None where it leaves that out."""
    if not isinstance(model, Unigram):
        return model.unk_token
    state = json.loads(model.__getstate__())
    return None if state["unk_id"] is None else state["vocab"][state["unk_id"]][0]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokens that a tokenizer gives a model for a text."""

    ids: tuple[int, ...]
    added: tuple[bool, ...]  # put there by the tokenizer's post-processor, not of the text
    offsets: tuple[tuple[int, int], ...]  # of each token's characters in the text, with or without the space before it


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


def surroundings(tokenizer: PreTrainedTokenizerFast) -> tuple[list[str], list[str]]:
    """The tokens that the tokenizer puts before and behind every text."""
    pieces = pieces_of(tokenizer, _any_text(tokenizer))
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(pieces.ids))]
    first, behind = pieces.added.index(False), pieces.added[::-1].index(False)
    return tokens[:first], tokens[len(tokens) - behind :]


def settings_of(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """What of a tokenizer decides which tokens it makes of texts."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = {part: state[part] for part in ("model", "normalizer", "pre_tokenizer", "added_tokens")}
    special = [tokenizer.cls_token, tokenizer.sep_token, tokenizer.mask_token, tokenizer.unk_token]
    around = surroundings(tokenizer)
    usual = around == ([tokenizer.cls_token], [tokenizer.sep_token])  # not named: so equal to what is stored
    return parts | {"special": special} | ({} if usual else {"around": around})


def _any_text(tokenizer: PreTrainedTokenizerFast) -> str:
    """A text that is at least one token."""
    return str(tokenizer.mask_token or tokenizer.unk_token or next(iter(tokenizer.get_vocab())))
