"""The post-LayerNorm layer of BERT: `u = h + W_o o + b_o`, `y = LN1(u)`, `h' = LN2(y + FFN(y))` (paper, 3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from workers.influence.blocks.feed_forward import FeedForward
from workers.influence.blocks.layout import BY_NODE, Nodes, Selection, take
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, LinearCombination
from workers.influence.blocks.norms import LayerNorm, NormState
from workers.influence.blocks.positions import RelativeTable, ScoreBias


@dataclass(frozen=True)
class PostLN(Block):
    """One encoder layer."""

    projection: FusedProjection
    output: HeadOutputs
    norm1: LayerNorm  # after attention and its skip connection
    feed_forward: FeedForward
    norm2: LayerNorm  # after the feed-forward block and its residual
    bias: ScoreBias | None = None  # of the attention scores
    relative: RelativeTable | None = None  # keys and queries of distances

    @property
    def heads(self) -> int:
        return self.projection.heads

    @property
    def sizes(self) -> Sizes:
        up, down = self.feed_forward.up.weight, self.feed_forward.down.weight
        qkv, out = self.projection.qkv.weight, self.output.out.weight
        work = sum(weight.numel() for weight in (qkv, out, up, down))
        pairs = Sizes.pairs if self.relative is None else 7  # what meets distances is twice as wide, and then picked
        return Sizes(width=len(out), projected=len(qkv), inner=len(up), multiplications=work, pairs=pairs)

    def project(
        self, hidden: Float[Tensor, "batch node sample d"], queries: Int[Tensor, "batch query"] | None
    ) -> tuple[Projected, "PostLNProjection"]:
        projected = self.projection(hidden, queries)
        if self.bias is not None:
            projected = projected._replace(bias=self.bias(hidden.shape[1], queries))
        if self.relative is not None:
            projected = projected._replace(distances=self.relative(hidden.shape[1], queries))
        return projected, PostLNProjection(self.projection)

    def combine(
        self, heads: Float[Tensor, "batch query sample heads_dh"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], LinearCombination]:
        return self.output(heads).add_(skip), LinearCombination(self.output)

    def finish(
        self, summed: Float[Tensor, "batch query sample d"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], "PostLNFinish"]:
        normed, norm1 = self.norm1(summed)
        inner, slope = self.feed_forward(normed)
        outputs, norm2 = self.norm2(inner.add_(normed))
        return outputs, PostLNFinish(self, norm1, slope, norm2)


@dataclass(frozen=True)
class PostLNProjection(Projection):
    """Linear, wherever it is."""

    projection: FusedProjection

    @classmethod
    def joined(cls, runs: Sequence["PostLNProjection"], selection: Selection) -> "PostLNProjection":
        return runs[0]

    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample projected"]:
        return self.projection.jvp(tangent)

    def vjp(
        self, gradient: Float[Tensor, "batch row sample projected"], nodes: Nodes, kinds: slice = QUERY_KEY_VALUE
    ) -> Float[Tensor, "batch row sample d"]:
        return self.projection.vjp(gradient, kinds)


@dataclass(frozen=True)
class PostLNFinish(Finish):
    """The way from u to the layer's output, at the nodes where it was computed."""

    block: PostLN
    norm1: NormState
    slope: Float[Tensor, "batch node sample ff"]
    norm2: NormState

    @classmethod
    def joined(cls, runs: Sequence["PostLNFinish"], selection: Selection) -> "PostLNFinish":
        return cls(
            runs[0].block,
            NormState.joined([run.norm1 for run in runs], selection),
            selection.join([run.slope for run in runs], BY_NODE),
            NormState.joined([run.norm2 for run in runs], selection),
        )

    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], skip: Skip, nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        norm1, slope, norm2 = self._at(nodes)
        normed = self.block.norm1.jvp(norm1, tangent)
        return self.block.norm2.jvp(norm2, self.block.feed_forward.jvp(slope, normed).add_(normed))

    def vjp(
        self, gradient: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> tuple[Float[Tensor, "batch row sample d"], Float[Tensor, "batch row sample d"]]:
        norm1, slope, norm2 = self._at(nodes)
        inner = self.block.norm2.vjp(norm2, gradient)
        summed = self.block.norm1.vjp(norm1, self.block.feed_forward.vjp(slope, inner).add_(inner))
        return summed, summed

    def _at(self, nodes: Nodes) -> tuple[NormState, Tensor, NormState]:
        slope = self.slope if nodes is None else take(self.slope, nodes)
        return self.norm1.at(nodes), slope, self.norm2.at(nodes)
