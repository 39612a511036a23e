"""What positions alone do in attention: they add to scores, close the view, or turn queries and keys."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.block import Distances
from workers.influence.blocks.layout import Nodes


class ScoreBias(ABC):
    """What is added to attention scores, whatever the words; tangents and gradients do not see it."""

    @abstractmethod
    def between(self, distance: Int[Tensor, "*batch query node"]) -> Float[Tensor, "*batch #head query node"]:
        """Of nodes so far behind a query (negative: before it); −∞ where it may not attend to them."""

    def __call__(
        self, length: int, queries: Int[Tensor, "batch query"] | None
    ) -> Float[Tensor, "#batch 1 #head query node"]:
        """At `queries`, or at every node where they are None, of a sentence of so many tokens."""
        nodes = torch.arange(length, device=self.device)
        at = nodes[None] if queries is None else queries
        return self.between(nodes - at[..., None])[:, None]

    @property
    @abstractmethod
    def device(self) -> torch.device: ...


@dataclass(frozen=True)
class RelativeBias(ScoreBias):
    """A number for each head and bucket of distances: near ones have their own, far ones share by their logarithm (T5).

    Half of the buckets are for nodes behind the query.
    """

    table: Float[Tensor, "bucket head"]
    buckets: int  # that are used
    farthest: int  # distance from which on all share a bucket

    @property
    def device(self) -> torch.device:
        return self.table.device

    def between(self, distance: Int[Tensor, "*batch query node"]) -> Float[Tensor, "*batch head query node"]:
        half = self.buckets // 2
        exact = half // 2
        far = distance.abs()
        ratio = torch.log(far.clamp(min=1).float() / exact) / math.log(self.farthest / exact)
        shared = (exact + (ratio * (half - exact)).long()).clamp(max=half - 1)
        bucket = torch.where(far < exact, far, shared) + half * (distance > 0)
        return self.table[bucket].movedim(-1, -3)


@dataclass(frozen=True)
class LocalWindow(ScoreBias):
    """Every node attends to those at most so far from it."""

    farthest: int
    like: Float[Tensor, " any"]  # any tensor of the model: its device and dtype

    @property
    def device(self) -> torch.device:
        return self.like.device

    def between(self, distance: Int[Tensor, "*batch query node"]) -> Float[Tensor, "*batch 1 query node"]:
        bias = torch.zeros_like(distance, dtype=self.like.dtype)
        return bias.masked_fill_(distance.abs() > self.farthest, -torch.inf).unsqueeze(-3)


@dataclass(frozen=True)
class RelativeTable:
    """Keys and queries of distances' buckets, beside those of words (He et al. 2021): see `block.Distances`."""

    key: Float[Tensor, "head bucket dh"] | None
    query: Float[Tensor, "head bucket dh"] | None  # times the scale of the scores
    span: int  # buckets of each direction
    nearest: int | None  # distances up to this have their own bucket; None: all have
    farthest: int  # distance from which on all share a bucket

    def __call__(self, length: int, queries: Int[Tensor, "batch query"] | None) -> Distances:
        """At `queries`, or at every node where they are None, of a sentence of so many tokens."""
        like = self.key if self.key is not None else self.query
        assert like is not None
        nodes = torch.arange(length, device=like.device)
        at = nodes[None] if queries is None else queries
        bucket = (self._bucket(torch.arange(1 - length, length, device=like.device)) + self.span).clamp(
            0, 2 * self.span - 1
        )
        key, query = (None if table is None else table[:, bucket] for table in (self.key, self.query))
        return Distances(key, query, at[..., None] - nodes + length - 1)

    def _bucket(self, distance: Int[Tensor, " distance"]) -> Int[Tensor, " distance"]:
        if self.nearest is None:
            return distance
        far = distance.abs().clamp(min=self.nearest)
        # In float32, as the library has it: a step of its staircase may lie on the other side in float64.
        ratio = torch.log(far / self.nearest) / torch.log(torch.tensor((self.farthest - 1) / self.nearest))
        shared = torch.ceil(ratio * (self.nearest - 1)).long() + self.nearest
        return torch.where(distance.abs() <= self.nearest, distance, shared * distance.sign())


@dataclass(frozen=True)
class Rotation:
    """Rotary position embeddings (Su et al. 2021): pairs of coordinates turn by an angle that grows with the position.

    Coordinate c is paired with c + dh/2.
    """

    cos: Float[Tensor, "max_length half"]
    sin: Float[Tensor, "max_length half"]

    @classmethod
    def of(cls, frequencies: Float[Tensor, " half"], max_length: int, dtype: torch.dtype) -> "Rotation":
        """With these angles a position."""
        angles = torch.arange(max_length, device=frequencies.device)[:, None].float() * frequencies
        return cls(angles.cos().to(dtype), angles.sin().to(dtype))

    def __call__(
        self, vectors: Float[Tensor, "batch node sample kinds_d"], nodes: Nodes, back: bool = False
    ) -> Float[Tensor, "batch node sample kinds_d"]:
        """Vectors of heads, side by side, turned by their nodes' angles.

        Args:
            back: turn the other way, as gradients do.
        """
        half = self.cos.shape[1]
        cos, sin = (self._at(each, vectors, nodes) for each in (self.cos, self.sin))
        first, second = vectors.unflatten(-1, (-1, 2, half)).unbind(-2)
        turned = -sin if back else sin
        return torch.stack((first * cos - second * turned, second * cos + first * turned), -2).flatten(-3)

    def _at(self, table: Tensor, vectors: Tensor, nodes: Nodes) -> Float[Tensor, "batch node 1 1 half"]:
        table = table[: vectors.shape[1]].expand(1, -1, -1) if nodes is None else table[nodes]
        return table[:, :, None, None]
