"""A second kind of layer, as a model family would fill it in: pre-norm, RMSNorm, a gated feed-forward block, no biases.

`u = h + W_o o`, `h' = u + FFN(N2(u))`, `q, k, v = W N1(h)`, `FFN(n) = W_down (act(W_gate n) ∘ W_up n)`. What it is
checked against is the brute force, which reads its weights and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.influence.blocks.block import (
    QUERY_KEY_VALUE,
    Block,
    Combination,
    Finish,
    Projected,
    Projection,
    Sizes,
    Skip,
)
from workers.influence.blocks.embeddings import Embeddings, EmbeddingState
from workers.influence.blocks.feed_forward import ACTIVATIONS, DERIVATIVES, Activation
from workers.influence.blocks.layout import BY_NODE, Nodes, Selection, take
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear


def at(values: Tensor, nodes: Nodes) -> Tensor:
    return values if nodes is None else take(values, nodes)


@dataclass(frozen=True)
class RMSState:
    """The inputs, and one over their root mean square."""

    inputs: Tensor
    scale: Tensor

    def at(self, nodes: Nodes) -> "RMSState":
        return RMSState(at(self.inputs, nodes), at(self.scale, nodes))

    @classmethod
    def joined(cls, runs: Sequence["RMSState"], selection: Selection) -> "RMSState":
        inputs = selection.join([run.inputs for run in runs], BY_NODE)
        return cls(inputs, selection.join([run.scale for run in runs], BY_NODE))

    def symmetric(self, vector: Tensor) -> Tensor:
        """The Jacobian without the gain: `r v - x r³ (x·v) / d`."""
        along = (self.inputs * vector).mean(-1, keepdim=True)
        return self.scale * vector - self.inputs * self.scale**3 * along


@dataclass(frozen=True)
class RMSNorm:
    """`g ∘ x r`, `r = (mean x² + ε)^(-1/2)`."""

    gain: Tensor
    eps: float

    def __call__(self, inputs: Tensor) -> tuple[Tensor, RMSState]:
        scale = torch.rsqrt(inputs.square().mean(-1, keepdim=True) + self.eps)
        return inputs * scale * self.gain, RMSState(inputs, scale)

    def jvp(self, state: RMSState, tangent: Tensor) -> Tensor:
        return state.symmetric(tangent) * self.gain

    def vjp(self, state: RMSState, gradient: Tensor) -> Tensor:
        return state.symmetric(gradient * self.gain)


@dataclass(frozen=True)
class PlainGatedFeedForward:
    gate: Linear
    up: Linear
    activation: Activation
    down: Linear


@dataclass(frozen=True)
class RMSPreLN(Block):
    norm1: RMSNorm
    projection: FusedProjection
    output: HeadOutputs
    norm2: RMSNorm
    feed_forward: PlainGatedFeedForward

    @property
    def heads(self) -> int:
        return self.projection.heads

    @property
    def sizes(self) -> Sizes:
        block = self.feed_forward
        qkv, out = self.projection.qkv.weight, self.output.out.weight
        weights = (qkv, out, block.gate.weight, block.up.weight, block.down.weight)
        work = sum(weight.numel() for weight in weights)
        return Sizes(len(out), len(qkv), 2 * len(block.up.weight), work)

    def project(self, hidden: Tensor, queries: Nodes) -> tuple[Projected, "RMSPreLNProjection"]:
        normed, state = self.norm1(hidden)
        return self.projection(normed, queries), RMSPreLNProjection(self, state)

    def combine(self, heads: Tensor, skip: Tensor) -> tuple[Tensor, "RMSPreLNCombination"]:
        return self.output(heads) + skip, RMSPreLNCombination(self.output)

    def finish(self, summed: Tensor, skip: Tensor) -> tuple[Tensor, "RMSPreLNFinish"]:
        normed, state = self.norm2(summed)
        block = self.feed_forward
        gate, up = block.gate(normed), block.up(normed)
        act = ACTIVATIONS[block.activation](gate)
        through_gate = DERIVATIVES[block.activation](gate) * up
        return summed + block.down(act * up), RMSPreLNFinish(self, state, through_gate, act)


@dataclass(frozen=True)
class RMSPreLNProjection(Projection):
    block: RMSPreLN
    state: RMSState

    @classmethod
    def joined(cls, runs: Sequence["RMSPreLNProjection"], selection: Selection) -> "RMSPreLNProjection":
        return cls(runs[0].block, RMSState.joined([run.state for run in runs], selection))

    def jvp(self, tangent: Tensor, nodes: Nodes) -> Tensor:
        return self.block.projection.jvp(self.block.norm1.jvp(self.state.at(nodes), tangent))

    def vjp(self, gradient: Tensor, nodes: Nodes, kinds: slice = QUERY_KEY_VALUE) -> Tensor:
        return self.block.norm1.vjp(self.state.at(nodes), self.block.projection.vjp(gradient, kinds))


@dataclass(frozen=True)
class RMSPreLNCombination(Combination):
    output: HeadOutputs

    @classmethod
    def joined(cls, runs: Sequence["RMSPreLNCombination"], selection: Selection) -> "RMSPreLNCombination":
        return runs[0]

    def jvp(self, heads: Tensor, skip: Skip, nodes: Nodes) -> Tensor:
        return skip.add_to(self.output.jvp(heads))

    def jvp_of_head(self, output: Tensor, head: Tensor, nodes: Nodes) -> Tensor:
        return self.output.jvp_of_head(output, head)

    def vjp(self, gradient: Tensor, nodes: Nodes) -> Tensor:
        return self.output.vjp(gradient)


@dataclass(frozen=True)
class RMSPreLNFinish(Finish):
    block: RMSPreLN
    state: RMSState
    through_gate: Tensor  # act'(gate) ∘ up
    through_up: Tensor  # act(gate)

    @classmethod
    def joined(cls, runs: Sequence["RMSPreLNFinish"], selection: Selection) -> "RMSPreLNFinish":
        return cls(
            runs[0].block,
            RMSState.joined([run.state for run in runs], selection),
            selection.join([run.through_gate for run in runs], BY_NODE),
            selection.join([run.through_up for run in runs], BY_NODE),
        )

    def jvp(self, tangent: Tensor, skip: Skip, nodes: Nodes) -> Tensor:
        block, normed = self.block.feed_forward, self.block.norm2.jvp(self.state.at(nodes), tangent)
        inner = at(self.through_gate, nodes) * block.gate.jvp(normed) + at(self.through_up, nodes) * block.up.jvp(
            normed
        )
        return tangent + block.down.jvp(inner)

    def vjp(self, gradient: Tensor, nodes: Nodes) -> tuple[Tensor, Tensor]:
        block, inner = self.block.feed_forward, self.block.feed_forward.down.vjp(gradient)
        normed = block.gate.vjp(at(self.through_gate, nodes) * inner) + block.up.vjp(at(self.through_up, nodes) * inner)
        summed = gradient + self.block.norm2.vjp(self.state.at(nodes), normed)
        return summed, summed


@dataclass(frozen=True)
class PlainEmbeddings(Embeddings):
    """Words and positions."""

    word_embeddings: Tensor
    positions: Tensor

    @property
    def max_length(self) -> int:
        return len(self.positions)

    def embed(self, words: Tensor) -> tuple[Tensor, "PlainEmbeddingState"]:
        return words + self.positions[: words.shape[1], None], PlainEmbeddingState()


@dataclass(frozen=True)
class PlainEmbeddingState(EmbeddingState):
    def jvp(self, tangent: Tensor) -> Tensor:
        return tangent
