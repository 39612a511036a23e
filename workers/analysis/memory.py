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
from workers.influence.tolerance import POINTS
from workers.models import Encoded

MANY = 96
"""Points that few sentences need more of, of adaptive sampling."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences of one length that are computed together."""

    sentences: tuple[Encoded, ...]
    slice_size: int | None  # samples worked on at a time; None for all
    bytes: int  # estimated
    room: int | None = None  # points of all sentences that fit whole, of adaptive sampling
    most: int | None = None  # points of one sentence that fit in slices, of adaptive sampling


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
        share = fit(transformer, group[0], settings, budget)
        batches += (
            Batch(tuple(part), share.slice_size, share.bytes_of(len(part)), share.room, share.most)
            for at in range(0, len(group), share.together)
            for part in [group[at : at + share.together]]
        )
    return Plan(tuple(batches), budget)


@dataclass(frozen=True, slots=True)
class Share:
    """How sentences like one share a budget of memory."""

    together: int  # sentences
    slice_size: int | None  # samples worked on at a time; None for all
    each: int  # bytes of a sentence
    of_points: int = 0  # bytes of all sentences' points, of adaptive sampling
    room: int | None = None  # as a batch has it
    most: int | None = None

    def bytes_of(self, sentences: int) -> int:
        """Of so many sentences together."""
        return self.each * sentences + self.of_points


def fit(transformer: Transformer, sentence: Encoded, settings: Settings, budget: int) -> Share:
    """How many sentences like this one fit into `budget` together, and what of their samples at a time.

    Raises:
        OutOfMemory: not even one sample at a time fits.
    """
    sources = settings.word_selection().most(len(positions(sentence, settings)))
    conductance = "conductance" in settings.methods
    need = Footprint.of(transformer, len(sentence.ids), sources, settings.beam, conductance)
    widest = WIDEST[transformer.device.type]
    share = (
        _fit_adaptive(need, settings, budget, widest) if settings.is_adaptive else _fit(need, settings, budget, widest)
    )
    if share is None:
        points = POINTS if settings.is_adaptive else settings.points
        least = need.results + need.checkpoint * points + need.working
        raise OutOfMemory(
            "memory",
            f"{decimal(budget)} is too little for a sentence of {len(sentence.ids)} tokens with {points} samples",
            f"Allow at least {decimal(least)}, or use fewer samples or a smaller beam.",
            where=sentence.instance.origin,
        )
    return share


def _fit(need: Footprint, settings: Settings, budget: int, widest: int) -> Share | None:
    """Where each sentence has the same number of points; None: not even one at a time fits."""
    whole = need.results + need.whole * settings.points
    if whole <= budget:
        useful = max(1, widest // (need.widest * settings.points))
        return Share(min(budget // whole, useful), None, whole)
    checkpoint = need.results + need.checkpoint * settings.points
    slice_size = min(settings.points, (budget - checkpoint) // need.working)
    return None if slice_size < 1 else Share(1, slice_size, checkpoint + slice_size * need.working)


def _fit_adaptive(need: Footprint, settings: Settings, budget: int, widest: int) -> Share | None:
    """Where each sentence has as many points as it needs; None: not even the first ones fit, one at a time.

    Those that need many more than most do are worked on again when the others have left; and in slices, where one alone
    has more than fit whole.
    """
    point, many = need.whole + need.kept, min(MANY, settings.points)
    in_slices = max(1, min(POINTS // 2, (budget - need.results) // 2 // need.working))
    most = min(settings.points, (budget - need.results - in_slices * need.working) // need.checkpoint)
    useful = max(1, widest // (need.widest * POINTS))
    together = min(budget // (need.results + point * many), useful)
    if together >= 1:
        room = max(together * many, min(settings.points, (budget - together * need.results) // point))
        return Share(together, None, need.results, point * room, room, most)
    if most < POINTS:
        in_slices = 1
        most = min(settings.points, (budget - need.results - need.working) // need.checkpoint)
    if most < POINTS:
        return None
    return Share(1, in_slices, need.results + in_slices * need.working, need.checkpoint * most, None, most)


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
    samples = batch.slice_size or (POINTS if settings.is_adaptive else settings.points)
    if samples == 1:
        raise OutOfMemory(
            "memory",
            f"the device has too little left for {first.instance.id!r}, even one sample at a time",
            "Free memory on the device, use another device, or fewer samples.",
            where=first.instance.origin,
        )
    return [replace(batch, slice_size=samples // 2)]
