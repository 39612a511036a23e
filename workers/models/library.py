"""A checkpoint's first loading: does the library's own model give the same tokens and outputs for a sentence?

Importing the library's model classes takes seconds, so what has passed is remembered, by fingerprint and versions, in
this machine's cache folder.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedConfig

from cypher.errors import ModelError
from workers.folders import cache_folder
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences, forward
from workers.models.model import Model
from workers.models.spelling import spelling_of
from workers.models.tokenizer import pieces_of

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
"""By which logits may differ, as a share of the largest, or of 1 where that is larger: the two add in other orders."""

INEXACT = 1e-5
"""The same in float64, of a family of which the library computes parts in float32 all the same."""

WORDS = 8
"""Of the vocabulary, that the sentence has beside the mask."""


def compare_once(model: Model, directory: Path, config: PreTrainedConfig, exact: bool = True) -> None:
    """`compare`, unless this checkpoint has passed before."""
    passed = cache_folder() / "checked" / f"{version('influence-graph')}-{transformers.__version__}" / model.fingerprint
    if passed.exists():
        return
    compare(model, directory, config, exact)
    try:
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()
    except OSError:  # a cache that cannot be written to: then it is compared each time
        pass


def compare(model: Model, directory: Path, config: PreTrainedConfig, exact: bool = True) -> None:
    """Read one sentence with the library's own model and with this one.

    Args:
        directory: of the checkpoint.
        config: its checked config.
        exact: does the library compute all of it in the model's dtype?

    Raises:
        ModelError: the library cannot load it, or gives other tokens or logits.
    """
    where = str(directory)
    text = _sentence(model)
    inputs = model.tokenizer(text, return_tensors="pt")
    ids = pieces_of(model.tokenizer, text).ids
    if inputs["input_ids"][0].tolist() != list(ids):
        raise _other(f"tokens of {text!r}", where)
    kind: Any = getattr(transformers, model.architecture)
    try:
        peer = kind.from_pretrained(
            directory, config=config, dtype=model.dtype, attn_implementation="eager", local_files_only=True
        ).eval()
        with torch.no_grad():
            theirs = getattr(peer(**inputs), model.objective.output)[0]
    except Exception as error:  # whatever a library raises
        reason = str(error).strip().partition("\n")[0]
        problem = f"transformers {transformers.__version__} cannot read it ({reason})"
        raise ModelError("model", problem, "Save it again with save_pretrained.", where) from error
    target = model.objective.position(ids, model.tokenizer)
    theirs = theirs[target] if theirs.dim() == 2 else theirs
    ours = _outputs(model, ids, target)
    finite = ours.isfinite() & theirs.isfinite()  # what overflows is an error of its sentence
    ours, theirs = ours[finite], theirs[finite]
    apart = (ours - theirs).abs().max().item() if len(ours) else 0.0
    tolerance = TOLERANCE[model.dtype] if exact else max(TOLERANCE[model.dtype], INEXACT)
    if apart > tolerance * max([1.0, *theirs.abs().tolist()]):
        what = model.objective.output.replace("_", " ")
        raise _other(f"{what} (by up to {apart:.2g}) for {text!r}", where)


def _sentence(model: Model) -> str:
    """Words from all over the vocabulary, the mask among them."""
    vocabulary = sorted(model.tokenizer.get_vocab().items(), key=lambda item: item[1])
    spelling = spelling_of(model.tokenizer)
    words = [text for token, _ in vocabulary for text in spelling.read([token]) if text.isalpha()]
    chosen = words[:: max(1, len(words) // WORDS)][:WORDS]
    if model.tokenizer.mask_token is not None:
        chosen.insert(len(chosen) // 2, str(model.tokenizer.mask_token))
    while len(chosen) > 1 and len(pieces_of(model.tokenizer, " ".join(chosen)).ids) > model.max_length:
        chosen.pop(0 if chosen[0] != model.tokenizer.mask_token else -1)
    return " ".join(chosen)


def _outputs(model: Model, ids: tuple[int, ...], target: int) -> Float[Tensor, " output"]:
    """By the engine's forward pass."""
    sentences = Sentences(
        torch.tensor([ids], device=model.device),
        torch.tensor([target], device=model.device),
        None,  # which has no part in the point at the sentence itself
        lambda hidden: hidden.sum(-1),
    )
    with torch.no_grad():
        hidden = forward(model.encoder, sentences, Line.at(1.0, like=model.encoder.word_embeddings))
        return model.objective.outputs(hidden)[0, 0].cpu()


def _other(what: str, where: str) -> ModelError:
    problem = f"transformers {transformers.__version__} gives other {what}"
    return ModelError(
        "model", problem, "Do not use it: its numbers would not be this model's. Please report it.", where
    )
