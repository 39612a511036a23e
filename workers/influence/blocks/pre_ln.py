"""The pre-LayerNorm layer: `u = h + W_o o + b_o`, `h' = u + FFN(N2(u))`, with `q, k, v = R W N1(h)`.

R turns queries and keys by their positions, where the model has rotary ones; N1 may be missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.block import (
    QUERY_KEY_VALUE,
    Block,
    Finish,
    Projected,
    Projection,
    Sizes,
    Skip,
)
from workers.influence.blocks.feed_forward import GatedFeedForward, GatedState
from workers.influence.blocks.layout import Nodes, Selection, split_heads, take
from workers.influence.blocks.linear import HeadOutputs, Linear, LinearCombination
from workers.influence.blocks.norms import LayerNorm, NormState
from workers.influence.blocks.positions import Rotation, ScoreBias


@dataclass(frozen=True)
class PreLN(Block):
    """One encoder layer."""

    norm1: LayerNorm | None  # before attention
    qkv: Linear  # query, key and value one below the other; the query's rows carry the scores' factor 1/√dh
    rotation: Rotation | None
    bias: ScoreBias | None
    output: HeadOutputs
    norm2: LayerNorm  # before the feed-forward block
    feed_forward: GatedFeedForward

    @property
    def heads(self) -> int:
        return self.output.heads

    @property
    def sizes(self) -> Sizes:
        block, out = self.feed_forward, self.output.out.weight
        weights = (self.qkv.weight, out, block.inner.weight, block.down.weight)
        work = sum(weight.numel() for weight in weights)
        return Sizes(len(out), len(self.qkv.weight), len(block.inner.weight), work)

    def project(
        self, hidden: Float[Tensor, "batch node sample d"], queries: Int[Tensor, "batch query"] | None
    ) -> tuple[Projected, "PreLNProjection"]:
        normed, state = (hidden, None) if self.norm1 is None else self.norm1(hidden)
        query, key, value = self.qkv(normed).chunk(3, -1)
        if self.rotation is not None:
            query, key = self.rotation(query, None), self.rotation(key, None)
        if queries is not None:
            query = take(query, queries)
        query, key, value = (split_heads(part, self.heads, 1)[0] for part in (query, key, value))
        bias = None if self.bias is None else self.bias(hidden.shape[1], queries)
        return Projected(query, key, value, bias), PreLNProjection(self, state)

    def combine(
        self, heads: Float[Tensor, "batch query sample heads_dh"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], LinearCombination]:
        return self.output(heads).add_(skip), LinearCombination(self.output)

    def finish(
        self, summed: Float[Tensor, "batch query sample d"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], "PreLNFinish"]:
        normed, norm2 = self.norm2(summed)
        inner, state = self.feed_forward(normed)
        return inner.add_(summed), PreLNFinish(self, norm2, state)


@dataclass(frozen=True)
class PreLNProjection(Projection):
    """Norm, linear map and rotation, at the nodes where they were computed."""

    block: PreLN
    norm1: NormState | None

    @classmethod
    def joined(cls, runs: Sequence["PreLNProjection"], selection: Selection) -> "PreLNProjection":
        states = [run.norm1 for run in runs if run.norm1 is not None]
        return cls(runs[0].block, NormState.joined(states, selection) if states else None)

    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample projected"]:
        if self.norm1 is not None and self.block.norm1 is not None:
            tangent = self.block.norm1.jvp(self.norm1.at(nodes), tangent)
        projected = self.block.qkv.jvp(tangent)
        if self.block.rotation is None:
            return projected
        query, key, value = projected.chunk(3, -1)
        rotation = self.block.rotation
        return torch.cat((rotation(query, nodes), rotation(key, nodes), value), -1)

    def vjp(
        self, gradient: Float[Tensor, "batch row sample projected"], nodes: Nodes, kinds: slice = QUERY_KEY_VALUE
    ) -> Float[Tensor, "batch row sample d"]:
        if self.block.rotation is not None:
            each = list(gradient.chunk(kinds.stop - kinds.start, -1))
            for index in range(kinds.start, min(kinds.stop, 2)):  # values are not turned
                part = index - kinds.start
                each[part] = self.block.rotation(each[part], nodes, back=True)
            gradient = torch.cat(each, -1)
        normed = self.block.qkv.rows(kinds, 3).vjp(gradient)
        if self.norm1 is None or self.block.norm1 is None:
            return normed
        return self.block.norm1.vjp(self.norm1.at(nodes), normed)


@dataclass(frozen=True)
class PreLNFinish(Finish):
    """The way from u to the layer's output, at the nodes where it was computed."""

    block: PreLN
    norm2: NormState
    inner: GatedState

    @classmethod
    def joined(cls, runs: Sequence["PreLNFinish"], selection: Selection) -> "PreLNFinish":
        return cls(
            runs[0].block,
            NormState.joined([run.norm2 for run in runs], selection),
            GatedState.joined([run.inner for run in runs], selection),
        )

    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], skip: Skip, nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        normed = self.block.norm2.jvp(self.norm2.at(nodes), tangent)
        return self.block.feed_forward.jvp(self.inner.at(nodes), normed).add_(tangent)

    def vjp(
        self, gradient: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> tuple[Float[Tensor, "batch row sample d"], Float[Tensor, "batch row sample d"]]:
        normed = self.block.feed_forward.vjp(self.inner.at(nodes), gradient)
        summed = self.block.norm2.vjp(self.norm2.at(nodes), normed).add_(gradient)
        return summed, summed
