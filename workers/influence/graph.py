"""Which steps there are: the edges of the computation graph (paper, section 3.1), and the paths that they make up.

A step i → j leads through one layer: through a head where j attends to i, through the skip connection where i = j.
Whatever enumerates, counts or draws steps or paths asks here.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from workers.influence.component import SKIP


@dataclass(frozen=True)
class Graph:
    """The steps of a sentence through a model, whose attention may be bounded by a window in some layers."""

    layers: int
    heads: int
    length: int  # positions of the sentence
    windows: tuple[int | None, ...] = ()  # of each layer how far a node attends; None, or no windows: to all

    def window(self, layer: int) -> int | None:
        """How far the nodes of a layer attend; None: to all there are."""
        window = self.windows[layer] if self.windows else None
        return None if window is None or window >= self.length - 1 else window

    @property
    def is_full(self) -> bool:
        """Do all nodes attend to all, in every layer?"""
        return all(self.window(layer) is None for layer in range(self.layers))

    def exists(self, layer: int, start: Int[Tensor, "*shape"], end: Int[Tensor, "*shape"]) -> Bool[Tensor, "*shape"]:
        """Is there a step from `start` to `end` through a layer, by whatever component?"""
        window = self.window(layer)
        return torch.ones_like(start, dtype=torch.bool) if window is None else (start - end).abs() <= window

    def leads(self, layer: int, start: Int[Tensor, "*shape"], target: Int[Tensor, "*shape"]) -> Bool[Tensor, "*shape"]:
        """Does a path lead from `start` at a layer's input to the target?"""
        windows = [self.window(each) for each in range(layer, self.layers)]
        if any(window is None for window in windows):
            return torch.ones_like(start, dtype=torch.bool)
        return (start - target).abs() <= sum(window for window in windows if window is not None)

    def leading(
        self, layer: int, start: Int[Tensor, "batch row"], target: Int[Tensor, " batch"]
    ) -> Bool[Tensor, "batch row pos"]:
        """At which positions the steps from `start` through a layer end from which a path leads on to the target."""
        ends = self.ends(layer, start)
        there = torch.arange(self.length, device=start.device).expand_as(ends)
        return ends & self.leads(layer + 1, there, target[:, None, None].expand_as(ends))

    def ends(self, layer: int, start: Int[Tensor, "*shape"]) -> Bool[Tensor, "*shape pos"]:
        """At which positions the steps from `start` through a layer end."""
        start = start[..., None].expand(*start.shape, self.length)
        return self.exists(layer, start, torch.arange(self.length, device=start.device).expand_as(start))

    def has_skip(self, start: Int[Tensor, "*shape"], end: Int[Tensor, "*shape"]) -> Bool[Tensor, "*shape"]:
        """Is the skip connection one of the components of the step?"""
        return start == end

    def components(self, start: int, end: int) -> range:
        """The components of a step that exists, in order."""
        return range(SKIP if start == end else 0, self.heads)

    @property
    def most_components(self) -> int:
        """Components of a step that stays at its position."""
        return self.heads + 1

    def nodes(self, layer: int) -> range:
        """The positions that paths may visit at a layer between the first and the last, whichever they come from."""
        return range(self.length)

    @property
    def paths(self) -> int:
        """Paths from one word to the target; where attention has windows, at most."""
        return self.length ** (self.layers - 1)
