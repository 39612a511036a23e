"""Loaded models, by fingerprint; the least recently used goes first where memory runs out."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from rich.filesize import decimal

from cypher.errors import ModelError, OutOfMemory
from workers.analysis.memory import half_of_free_memory
from workers.models import Model, load_model
from workers.models.loading import weight_bytes


class ModelCache:
    """The models of a process, on its device.

    Args:
        memory: bytes for models and a batch together; None: what is free.
    """

    def __init__(self, device: str, memory: int | None = None):
        self._device = device
        self._memory = memory
        self._bound = half_of_free_memory(torch.device(device)) if memory is None else memory // 2
        self._loaded: OrderedDict[tuple[str, str], Model] = OrderedDict()
        self._current: dict[tuple[str, str], tuple[object, str]] = {}  # state and fingerprint, by source and dtype

    def current(self, source: str, dtype: str) -> Model:
        """The model that a source names now; it is loaded again where its files have changed.

        Args:
            source: as `get`.

        Raises:
            RequestError, ModelError, OutOfMemory: as `get`.
        """
        name, state = (source, dtype), _state(source)
        before, fingerprint = self._current.get(name, (None, None))
        model = self.get(source, dtype, fingerprint if before == state else None)
        self._current[name] = state, model.fingerprint
        return model

    def get(self, source: str, dtype: str, fingerprint: str | None) -> Model:
        """A model, loaded unless it is there; others make room for it first.

        Args:
            source: what `load_model` takes: a directory, or a name on the hub or of a bundled model.
            fingerprint: that it must have; None: whichever it has.

        Raises:
            RequestError: it cannot be read.
            ModelError: it is another model by now, or takes more than `memory`.
            OutOfMemory: the device has too little left for it.
        """
        if fingerprint is None or (fingerprint, dtype) not in self._loaded:
            needed = weight_bytes(source, dtype)
            self._check_size(source, needed)
            self._make_room(self._bound - needed)
            loaded = self._load(source, dtype, fingerprint)
            fingerprint = loaded.fingerprint
            self._loaded[fingerprint, dtype] = loaded
        self._loaded.move_to_end((fingerprint, dtype))
        return self._loaded[fingerprint, dtype]

    def left(self) -> int | None:
        """Bytes that a batch may take; None where nothing bounds it but what is free."""
        return None if self._memory is None else max(0, self._memory - self._bytes())

    def _load(self, source: str, dtype: str, fingerprint: str | None) -> Model:
        try:
            model = load_model(source, self._device, dtype)
        except OutOfMemory:
            if not self._loaded:
                raise
            model = None
        if model is None:  # others use the device too: give way to them, and try once more
            self._make_room(0)
            model = load_model(source, self._device, dtype)
        if fingerprint not in (None, model.fingerprint):
            here, there = model.fingerprint[:12], str(fingerprint)[:12]
            raise ModelError(
                "model",
                f"{source} is a different model here ({here}) from the run's ({there})",
                "Put the run's model there, or submit a run of this one.",
            )
        return model

    def _check_size(self, source: str, needed: int) -> None:
        if self._memory is not None and needed >= self._memory:
            raise ModelError(
                "memory",
                f"{decimal(self._memory)} is too little for the model {source}, which takes {decimal(needed)}",
                "Allow the worker more memory, for the model and a batch together.",
            )

    def _make_room(self, most: int) -> None:
        """Forget models until the others take no more than so many bytes."""
        while self._loaded and self._bytes() > most:
            self._loaded.popitem(last=False)
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _bytes(self) -> int:
        return sum(map(bytes_of, self._loaded.values()))


def _state(source: str) -> object:
    """What changes when the files of a directory do; of other names nothing does while this process runs."""
    path = Path(source)
    if not path.is_dir():
        return None
    try:
        seen = [(each.name, each.stat()) for each in path.iterdir()]
    except OSError:  # it changes at this moment
        return object()
    return sorted((name, found.st_size, found.st_mtime_ns) for name, found in seen)


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
