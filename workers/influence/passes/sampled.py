"""Forward and backward passes over the samples of a distribution of interest, or over as many as it takes.

The samples of a distribution that is given are run at once, or in slices. Where there is a tolerance instead, each
sentence has its own points of the line (`quadrature`), chosen by the passes themselves:

1. Run the points that all sentences begin with, and measure what the integrals of their words' influences are off by.
2. A sentence leaves the batch when that was within the tolerance twice in a row, or when more points would be too many.
3. Halve the intervals of largest errors of those that stay, run the new points, and repeat from 2.

The passes over a sentence's points are joined when it leaves, and nothing is run again. Sentences that leave together
have as many points each, and are worked on together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.layout import Selection
from workers.influence.blocks.transformer import Transformer
from workers.influence.interest import Distribution, Line
from workers.influence.passes.forward import Sentences
from workers.influence.passes.forward_backward import ForwardBackward, Remade
from workers.influence.quadrature import Intervals, first_points
from workers.influence.tolerance import LOOKS, POINTS, Tolerance


@dataclass(frozen=True)
class Sampled:
    """Sentences, and what the passes over their samples left behind."""

    transformer: Transformer
    sentences: Sentences
    distribution: Distribution
    slices: Sequence[ForwardBackward]
    keep: bool  # do the slices keep what they could make again?
    error: Float[Tensor, " batch"] | None = None  # that the quadrature knows of, as a share of Σ |I_s|

    @classmethod
    def at(
        cls,
        transformer: Transformer,
        sentences: Sentences,
        distribution: Distribution,
        slice_size: int | None,
        remade: Remade | None = None,
    ) -> "Sampled":
        """At the samples of a distribution.

        Args:
            slice_size: samples worked on at a time; None for all at once.
            remade: shared with others that are in slices, too.
        """
        if slice_size is None:
            slices = [ForwardBackward(transformer, sentences, distribution)]
        else:  # a slice of all samples was planned without the memory for what it could keep, too
            remade = remade or Remade()
            runs = distribution.slices(slice_size)
            slices = [ForwardBackward(transformer, sentences, run, remade) for run in runs]
        return cls(transformer, sentences, distribution, slices, slice_size is None)

    @property
    def samples(self) -> int:
        """Of each sentence."""
        return self.distribution.samples


@dataclass(frozen=True)
class _Run:
    """What passes over new points left behind, of the sentences that were still in the batch; weights are 1."""

    rows: Int[Tensor, " chosen"]  # which of the batch's sentences they are
    slices: Sequence[ForwardBackward]

    @classmethod
    def at(
        cls,
        transformer: Transformer,
        sentences: Sentences,
        rows: Int[Tensor, " chosen"],
        points: Float[Tensor, "chosen sample"],
        slice_size: int | None,
        remade: Remade,
    ) -> "_Run":
        """Of the chosen sentences at these points."""
        points = points.to(transformer.dtype)
        line = Line(points, torch.ones_like(points))
        return cls(rows, Sampled.at(transformer, sentences.take(rows), line, slice_size, remade).slices)

    @property
    def quantity(self) -> Float[Tensor, "chosen sample"]:
        """Of interest, at the points."""
        return torch.cat([one.quantity for one in self.slices], 1).double()

    @property
    def words(self) -> Float[Tensor, "chosen pos sample"]:
        """Every word's influence, point by point."""
        return torch.cat([one.word_influences() for one in self.slices], 2).double()


@torch.no_grad()
def sample(
    transformer: Transformer,
    sentences: Sentences,
    tolerance: Tolerance,
    *,
    slice_size: int | None = None,
    room: int | None = None,
) -> Iterator[tuple[list[int], Sampled]]:
    """A batch's sentences at as many points of the line as each needs: those that leave together, and which they are.

    Args:
        slice_size: samples worked on at a time, where the batch is one sentence; None for all at once.
        room: points of all sentences that can be held at once; None for any number. Where the next ones are too many,
            the sentences that are still in the batch are left out.
    """
    rows = torch.arange(len(sentences.ids), device=sentences.ids.device)
    first = first_points(transformer.word_embeddings).expand(len(rows), -1)
    remade = Remade()
    runs = [_Run.at(transformer, sentences, rows, first, slice_size, remade)]
    intervals, looks = Intervals.equal(runs[0].quantity, runs[0].words), torch.zeros_like(rows)
    held = first.numel()
    while True:
        looks = torch.where(intervals.error > tolerance.error, 0, looks + 1)
        several = min(intervals.several, (tolerance.most - intervals.points) // 2)
        done = looks == LOOKS if several > 0 else torch.ones_like(looks, dtype=torch.bool)
        leaving, staying = done.nonzero()[:, 0], (~done).nonzero()[:, 0]
        held += 2 * several * len(staying)
        stop = len(staying) == 0 or (room is not None and held > room)
        if len(leaving) > 0:
            leavers = _leave(transformer, sentences, runs, rows[leaving], intervals.take(leaving), slice_size is None)
            if stop:
                runs.clear()
            yield rows[leaving].tolist(), leavers
            del leavers
        if stop:
            return
        rows, looks, intervals = rows[staying], looks[staying], intervals.take(staying)
        worst = intervals.worst(several)
        runs.append(_Run.at(transformer, sentences, rows, intervals.between(worst), slice_size, remade))
        intervals = intervals.halve(worst, runs[-1].quantity, runs[-1].words)


def _leave(
    transformer: Transformer,
    sentences: Sentences,
    runs: Sequence[_Run],
    rows: Int[Tensor, " chosen"],
    intervals: Intervals,
    join: bool,
) -> Sampled:
    """The chosen sentences, with the weights of their points; joined from all runs, or as these are."""
    weights = intervals.weights.to(transformer.dtype)
    if join:
        each = (None if len(run.rows) == len(rows) else torch.searchsorted(run.rows, rows) for run in runs)
        slices = [ForwardBackward.joined([one for run in runs for one in run.slices], Selection(list(each)))]
    else:
        slices = [one for run in runs for one in run.slices]
    parts = weights.split([one.hidden.shape[1] for one in slices], 1)
    for one, part in zip(slices, parts, strict=True):
        one.weigh(part)
    line = Line(intervals.alphas.to(weights), weights, ends=(0, POINTS - 1))
    return Sampled(transformer, sentences.take(rows), line, slices, join, intervals.error)
