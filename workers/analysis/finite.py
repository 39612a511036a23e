"""Numbers that are none: what overflows is an error of its sentence, and is never handed on."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from cypher.errors import InvalidInput
from workers.influence.engine import Influence
from workers.models import Encoded, Model


def not_finite(model: Model, sentences: Sequence[Encoded], found: Influence) -> list[InvalidInput | None]:
    """What is wrong with each sentence of a batch; None where all that was computed of it is finite."""
    good = torch.ones(len(sentences), dtype=torch.bool, device=model.device)
    for numbers in _numbers(found):
        good &= numbers.isfinite().flatten(1).all(1) if numbers.dim() > 1 else numbers.isfinite()
    outputs = (found.quantity.isfinite() & found.baseline_quantity.isfinite()).tolist()
    return [
        None if fine else _problem(model, sentence, "influences" if output else "logits")
        for sentence, fine, output in zip(sentences, good.tolist(), outputs, strict=True)
    ]


def _problem(model: Model, sentence: Encoded, part: str) -> InvalidInput:
    dtype, instance = str(model.dtype).removeprefix("torch."), sentence.instance
    problem = f"the {part} of {instance.id!r} are not finite: most likely something overflows in {dtype}"
    fix = "Check the weights of the checkpoint."
    if model.dtype == torch.float32:
        fix = "Use dtype float64; if that does not help, check the weights of the checkpoint."
    return InvalidInput("text", problem, fix, where=instance.origin)


def _numbers(part: Any) -> Iterator[Tensor]:
    """The tensors of floating-point numbers in a dataclass; the first dimension of each is the sentence."""
    if isinstance(part, Tensor):
        if part.is_floating_point():
            yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _numbers(each)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _numbers(getattr(part, field.name))
