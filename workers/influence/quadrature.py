"""Adaptive quadrature over [0, 1] of functions whose sum has a known integral: Simpson's rule on intervals.

A word's influence is the integral over α of its part of dq/dα (`words` below), and over any interval all words' parts
must add up to the change of q. So the error of each interval is known exactly, without a finer rule:

1. Begin with equal intervals, of three points each, whose ends they share.
2. The error of an interval is the distance of Simpson's integral of all words' parts from the change of q over it.
   Errors count by their size: those of different intervals do not cancel.
3. Halve the intervals of largest errors; each takes two new points, and the three that it has are used again.

Sentences of a batch have as many intervals each, their own. Everything is in float64: the sums are of many points.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.tolerance import POINTS


@dataclass(frozen=True)
class Intervals:
    """The intervals of each sentence, and what is known at their points; in no order."""

    alphas: Float[Tensor, "batch point"]
    quantity: Float[Tensor, "batch point"]
    words: Float[Tensor, "batch pos point"]  # of dq/dα, the part of each position's word
    ends: Int[Tensor, "batch interval 3"]  # start, middle and end of each interval, among the points

    @classmethod
    def equal(cls, quantity: Float[Tensor, "batch point"], words: Float[Tensor, "batch pos point"]) -> "Intervals":
        """Those to begin with, of what is known at `first_points`."""
        batch = len(quantity)
        start = torch.arange(0, POINTS - 1, 2, device=quantity.device)[:, None]
        ends = start + torch.arange(3, device=quantity.device)
        alphas = first_points(quantity.double()).expand(batch, -1)
        return cls(alphas, quantity.double(), words.double(), ends.expand(batch, -1, -1))

    @property
    def points(self) -> int:
        """How many there are of each sentence."""
        return self.alphas.shape[1]

    @property
    def several(self) -> int:
        """How many intervals are worth halving at a time."""
        return max(2, self.ends.shape[1] // 6)

    @property
    def weights(self) -> Float[Tensor, "batch point"]:
        """Of the points in the integral over [0, 1]; they sum to 1."""
        shares = self._width[..., None] * self._simpson
        return torch.zeros_like(self.alphas).scatter_add_(1, self.ends.flatten(1), shares.flatten(1))

    @property
    def errors(self) -> Float[Tensor, "batch interval"]:
        """Of each interval, what all words' integrals over it are off by."""
        start, _, end = _at(self.quantity, self.ends).unbind(2)
        integral = self._width * (_at(self.words.sum(1), self.ends) * self._simpson).sum(2)
        return (integral - (end - start)).abs()

    @property
    def error(self) -> Float[Tensor, " batch"]:
        """All intervals' errors, as a share of the words' absolute integrals; 0 where these are 0."""
        scale = (self.words * self.weights[:, None]).sum(2).abs().sum(1)
        return torch.where(scale == 0, 0.0, self.errors.sum(1) / scale)

    def take(self, rows: Int[Tensor, " chosen"]) -> "Intervals":
        """Those of the chosen sentences."""
        return Intervals(*(values.index_select(0, rows) for values in vars(self).values()))

    def worst(self, count: int) -> Int[Tensor, "batch chosen"]:
        """The intervals of largest errors; of equals the first."""
        return self.errors.sort(dim=1, descending=True, stable=True).indices[:, :count]

    def between(self, chosen: Int[Tensor, "batch chosen"]) -> Float[Tensor, "batch new"]:
        """The points that halve the chosen intervals: the middles of both halves of each."""
        start, middle, end = _at(self.alphas, self._of(chosen)).unbind(2)
        return torch.stack([start + middle, middle + end], 2).flatten(1) / 2

    def halve(
        self,
        chosen: Int[Tensor, "batch chosen"],
        quantity: Float[Tensor, "batch new"],
        words: Float[Tensor, "batch pos new"],
    ) -> "Intervals":
        """With both halves of the chosen intervals in their place, of what is known at the points `between`."""
        start, middle, end = (self._of(chosen)[..., place] for place in range(3))
        new = torch.arange(self.points, self.points + 2 * chosen.shape[1], device=chosen.device)
        first, second = new.view(-1, 2).expand(len(chosen), -1, -1).unbind(2)
        left, right = torch.stack([start, first, middle], 2), torch.stack([middle, second, end], 2)
        return Intervals(
            torch.cat([self.alphas, self.between(chosen)], 1),
            torch.cat([self.quantity, quantity], 1),
            torch.cat([self.words, words], 2),
            torch.cat([self.ends.scatter(1, chosen[..., None].expand_as(left), left), right], 1),
        )

    @property
    def _width(self) -> Float[Tensor, "batch interval"]:
        start, _, end = _at(self.alphas, self.ends).unbind(2)
        return end - start

    @property
    def _simpson(self) -> Float[Tensor, " 3"]:
        return self.alphas.new_tensor([1, 4, 1]) / 6

    def _of(self, chosen: Int[Tensor, "batch chosen"]) -> Int[Tensor, "batch chosen 3"]:
        return self.ends.gather(1, chosen[..., None].expand(-1, -1, 3))


def first_points(like: Tensor) -> Float[Tensor, "1 point"]:
    """Start, middle and end of the intervals to begin with, in order; on the device and in the dtype of `like`."""
    return torch.linspace(0, 1, POINTS, dtype=like.dtype, device=like.device)[None]


def _at(
    values: Float[Tensor, "batch point"], ends: Int[Tensor, "batch interval 3"]
) -> Float[Tensor, "batch interval 3"]:
    return values.gather(1, ends.flatten(1)).view(ends.shape)
