"""How a run fits into memory: which sentences are computed together, and which in slices of samples."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import psutil
import torch
from rich.filesize import decimal

from cypher.errors import OutOfMemory
from workers.analysis.settings import Settings
from workers.influence.blocks.transformer import Transformer
from workers.influence.footprint import WIDEST, AblationFootprint, Footprint
from workers.models import Encoded


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences of one length that are computed together."""

    sentences: tuple[Encoded, ...]
    slice_size: int | None  # samples worked on at a time; None for all
    bytes: int  # estimated


@dataclass(frozen=True, slots=True)
class Plan:
    """The batches of a run, and the memory they may take."""

    batches: tuple[Batch, ...]
    budget: int  # bytes

    @property
    def sentences(self) -> int:
        return sum(len(batch.sentences) for batch in self.batches)

    @property
    def bytes(self) -> int:
        """Estimated peak, on top of the model's weights."""
        return max((batch.bytes for batch in self.batches), default=0)

    @property
    def sliced(self) -> int:
        """Sentences that do not fit whole."""
        return sum(len(batch.sentences) for batch in self.batches if batch.slice_size is not None)


def half_of_free_memory(device: torch.device) -> int:
    """Half the bytes that are free on a device: what a batch may take by default."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    return psutil.virtual_memory().available // 2


def positions(sentence: Encoded, settings: Settings) -> list[int]:
    """The sources whose patterns are sought in a sentence."""
    return list(sentence.sources if settings.sources is None else settings.sources)


def make_plan(transformer: Transformer, sentences: Sequence[Encoded], settings: Settings, budget: int) -> Plan:
    """Batches of sentences of one length, in the order of the lengths' first sentences.

    Args:
        budget: bytes that a batch may take.

    Raises:
        OutOfMemory: a sentence does not fit even one sample at a time.
    """
    by_length: defaultdict[int, list[Encoded]] = defaultdict(list)
    for sentence in sentences:
        by_length[len(sentence.ids)].append(sentence)
    batches: list[Batch] = []
    for group in by_length.values():
        size, slice_size, needed = fit(transformer, group[0], settings, budget)
        batches += (
            Batch(tuple(group[at : at + size]), slice_size, needed * len(group[at : at + size]))
            for at in range(0, len(group), size)
        )
    return Plan(tuple(batches), budget)


def fit(transformer: Transformer, sentence: Encoded, settings: Settings, budget: int) -> tuple[int, int | None, int]:
    """Sentences like this one that fit into `budget` together, samples at a time, and bytes a sentence.

    Raises:
        OutOfMemory: not even one sample at a time fits.
    """
    length = len(sentence.ids)
    sources = len(positions(sentence, settings))
    need = Footprint.of(transformer, length, sources, settings.beam, "conductance" in settings.methods)
    whole = need.results + need.whole * settings.points
    if whole <= budget:
        useful = max(1, WIDEST[transformer.device.type] // (need.widest * settings.points))
        return min(budget // whole, useful), None, whole
    checkpoint = need.results + need.checkpoint * settings.points
    slice_size = (budget - checkpoint) // need.working
    if slice_size < 1:
        least = checkpoint + need.working
        raise OutOfMemory(
            "memory",
            f"{decimal(budget)} is too little for a sentence of {length} tokens with {settings.points} samples",
            f"Allow at least {decimal(least)}, or use fewer samples or a smaller beam.",
            where=sentence.instance.origin,
        )
    return 1, slice_size, checkpoint + slice_size * need.working


def fit_sets(transformer: Transformer, length: int, sets: int, budget: int) -> tuple[int, int]:
    """Sentences of `length` tokens that are ablated together, and sets of each at a time.

    Args:
        sets: what is kept of every sentence, one set after the other.

    Raises:
        OutOfMemory: not even one set fits.
    """
    need = AblationFootprint.of(transformer, length)
    useful = max(1, WIDEST[transformer.device.type] // need.widest)
    together = min(useful // sets, budget // (sets * (need.kept + need.working)))
    if together >= 1:
        return together, sets
    at_once = min(useful, (budget - sets * need.kept) // need.working)
    if at_once < 1:
        least = sets * need.kept + need.working
        raise OutOfMemory(
            "memory",
            f"{decimal(budget)} is too little to ablate a sentence of {length} tokens",
            f"Allow at least {decimal(least)}, or use fewer draws.",
        )
    return 1, ceil(sets / ceil(sets / at_once))  # equal parts: what one leaves free fits the next


def halves(batch: Batch, settings: Settings) -> list[Batch]:
    """The batch as two, or its one sentence with half as many samples at a time.

    Raises:
        OutOfMemory: there is nothing left to halve.
    """
    first, *others = batch.sentences
    if others:
        middle = len(batch.sentences) // 2
        parts = batch.sentences[:middle], batch.sentences[middle:]
        return [replace(batch, sentences=part) for part in parts]
    samples = batch.slice_size or settings.points
    if samples == 1:
        raise OutOfMemory(
            "memory",
            f"the device has too little left for {first.instance.id!r}, even one sample at a time",
            "Free memory on the device, use another device, or fewer samples.",
            where=first.instance.origin,
        )
    return [replace(batch, slice_size=samples // 2)]
