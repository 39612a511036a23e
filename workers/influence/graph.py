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
    """The steps of a sentence through a model whose attention is full: from every node to every node of each layer."""

    layers: int
    heads: int
    length: int  # positions of the sentence

    def exists(self, layer: int, start: Int[Tensor, "*shape"], end: Int[Tensor, "*shape"]) -> Bool[Tensor, "*shape"]:
        """Is there a step from `start` to `end` through a layer, by whatever component?"""
        return torch.ones_like(start, dtype=torch.bool)

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
        """Paths from one word to the target."""
        return self.length ** (self.layers - 1)
