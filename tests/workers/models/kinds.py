"""One model for each kind of tokenizer."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from transformers import BertConfig, PreTrainedTokenizerFast

from tests.random_models import WORDS, Kind, random_bert, write_tokenizer
from workers.models import Model, load_model
from workers.models.tokenizer import read_tokenizer

KINDS: tuple[Kind, ...] = get_args(Kind)
CONFIG = BertConfig()


def tokenizer_of(path: Path, kind: Kind, words: tuple[str, ...] = WORDS, **options: Any) -> PreTrainedTokenizerFast:
    """A small tokenizer of a kind, written to `path` and read from there."""
    write_tokenizer(path, kind, words, **options)
    return read_tokenizer(path, frozenset(KINDS), CONFIG)


def model_of(path: Path, kind: Kind, words: tuple[str, ...] = WORDS, **options: Any) -> Model:
    """A random model with such a tokenizer."""
    model = load_model(random_bert(path / "model", words=tuple(f"w{index}" for index in range(700))), "cpu", "float64")
    return replace(model, name="m", tokenizer=tokenizer_of(path / kind, kind, words, **options))
