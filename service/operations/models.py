"""Models: what there is to tell of them, and checkpoints as others saved them, made into ones that can be loaded."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from workers.models import Model
    from workers.models.conversion import ConvertedModel

CONFIG = "config.json"
"""What every directory of a model holds."""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What there is to tell of a model."""

    name: str  # as it was asked for
    architecture: str
    fingerprint: str
    layers: int
    heads: int
    width: int
    most_tokens: int
    vocabulary: int
    question: str  # that it was trained to answer
    labels: list[str] | None  # of a classifier
    mask: str | None  # its mask token
    notices: list[str]  # what a reader of its results should know


def describe_model(model: "Model", name: str) -> ModelDescription:
    """A loaded model in a few words."""
    labels = getattr(model.objective, "labels", None)
    return ModelDescription(
        name=name,
        architecture=model.architecture,
        fingerprint=model.fingerprint,
        layers=len(model.encoder.layers),
        heads=model.encoder.heads,
        width=model.encoder.width,
        most_tokens=model.max_length,
        vocabulary=len(model.tokenizer),
        question=model.objective.quantity,
        labels=None if labels is None else list(labels),
        mask=cast("str | None", model.tokenizer.mask_token),
        notices=list(model.notices),
    )


def list_models(allowed: Iterable[str]) -> list[str]:
    """The models that may be named; of directories, those below that hold one, as far as they can be read.

    Args:
        allowed: names, and directories.
    """
    found: list[str] = []
    for name in allowed:
        path = Path(name)
        if not path.is_absolute():
            found.append(name)
        elif path.is_dir():
            found += sorted(folder for folder, _, files in os.walk(path) if CONFIG in files)
    return found


def convert_model(
    source: Path,
    output: Path,
    *,
    architecture: str | None = None,
    tokenizer: Path | None = None,
    lower_case: bool | None = None,
    replace: bool = False,
) -> "ConvertedModel":
    """Write a directory that can be loaded: safetensors weights, config.json and the tokenizer.

    Args:
        source: a directory with config.json and weights, pickled or not.
        architecture: the class whose weights it has; None: as config.json or the weights tell.
        tokenizer: another directory with a tokenizer, or one of its files; None: it is in `source`.
        lower_case: does a vocabulary of word pieces expect lower-cased text? None: as its configuration or its words
            tell.
        replace: may `output` be there already?

    Raises:
        Conflict: `output` is there.
        ModelError: what a file lacks or cannot tell, or the result cannot be loaded.
    """
    from workers.models import conversion  # torch takes seconds to import

    return conversion.convert_model(
        source, output, architecture=architecture, tokenizer=tokenizer, lower_case=lower_case, replace=replace
    )
