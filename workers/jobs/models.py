"""Loaded models, by fingerprint; the least recently used goes first where memory runs out."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import torch

from workers.errors import BadInput
from workers.memory import half_of_free_memory
from workers.models import Model, load_model


class Models:
    """The models of a process, on its device.

    Args:
        memory: bytes for models and a batch together; None: what is free.
    """

    def __init__(self, device: str, memory: int | None = None):
        self._device = device
        self._memory = memory
        self._bound = half_of_free_memory(torch.device(device)) if memory is None else memory // 2
        self._loaded: OrderedDict[tuple[str, str], Model] = OrderedDict()

    def get(self, source: str, dtype: str, fingerprint: str) -> Model:
        """A model, loaded unless it is there.

        Args:
            source: what `load_model` takes: a directory, or a name on the hub or of a bundled model.
            fingerprint: that it must have.

        Raises:
            BadInput: it cannot be read, or is another model by now.
        """
        key = fingerprint, dtype
        if key not in self._loaded:
            model = load_model(source, self._device, dtype)
            if model.fingerprint != fingerprint:
                raise BadInput(
                    "model",
                    f"{source} is another model here, {model.fingerprint[:12]}, than the run's, {fingerprint[:12]}",
                    "Put the run's model there, or submit a run of this one.",
                )
            self._loaded[key] = model
        self._loaded.move_to_end(key)
        self._make_room()
        return self._loaded[key]

    def left(self) -> int | None:
        """Bytes that a batch may take; None where nothing bounds it but what is free."""
        return None if self._memory is None else max(0, self._memory - self._bytes())

    def _make_room(self) -> None:
        while len(self._loaded) > 1 and self._bytes() > self._bound:
            self._loaded.popitem(last=False)
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _bytes(self) -> int:
        return sum(map(bytes_of, self._loaded.values()))


def bytes_of(model: Model) -> int:
    """What the weights of a model take; those used in two places count once."""
    sizes = {tensor.data_ptr(): tensor.nbytes for tensor in _tensors((model.encoder, model.head))}
    return sum(sizes.values())


def _tensors(part: Any) -> Iterator[torch.Tensor]:
    if isinstance(part, torch.Tensor):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _tensors(each)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _tensors(getattr(part, field.name))
