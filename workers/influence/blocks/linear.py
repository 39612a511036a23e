"""Linear maps of a block, as `torch.nn.functional.linear` takes them: `[out, in]`, biases or none."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.block import KEY_VALUE, QUERY, QUERY_KEY_VALUE, Combination, Projected, Skip
from workers.influence.blocks.layout import Nodes, Selection, split_heads, take


@dataclass(frozen=True)
class Linear:
    """A weight and a bias; its Jacobian is the weight, everywhere."""

    weight: Float[Tensor, "out in"]
    bias: Float[Tensor, " out"] | None = None

    def __call__(self, inputs: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch out"]:
        return F.linear(inputs, self.weight, self.bias)

    def jvp(self, tangent: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch out"]:
        return F.linear(tangent, self.weight)

    def vjp(self, gradient: Float[Tensor, "*batch out"]) -> Float[Tensor, "*batch in"]:
        return gradient @ self.weight

    def rows(self, chosen: slice, of: int) -> "Linear":
        """Some of its outputs, in units of one of `of` equal parts."""
        part = len(self.weight) // of
        rows = slice(chosen.start * part, chosen.stop * part)
        return Linear(self.weight[rows], None if self.bias is None else self.bias[rows])


@dataclass(frozen=True)
class FusedProjection:
    """Query, key and value of nodes, by one matrix: its rows are theirs, heads in order within each.

    The query's rows carry the factor 1/√dh of the attention scores.
    """

    qkv: Linear
    heads: int

    def __call__(
        self, inputs: Float[Tensor, "batch node sample d"], queries: Int[Tensor, "batch query"] | None
    ) -> Projected:
        """Queries of all nodes, or only of the `queries`."""
        if queries is None:
            query, key, value = split_heads(self.qkv(inputs), self.heads, 3)
            return Projected(query, key, value)
        key, value = split_heads(self.qkv.rows(KEY_VALUE, 3)(inputs), self.heads, 2)
        (query,) = split_heads(self.qkv.rows(QUERY, 3)(take(inputs, queries)), self.heads, 1)
        return Projected(query, key, value)

    def jvp(self, tangent: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch projected"]:
        return self.qkv.jvp(tangent)

    def vjp(
        self, gradient: Float[Tensor, "*batch projected"], kinds: slice = QUERY_KEY_VALUE
    ) -> Float[Tensor, "*batch d"]:
        return self.qkv.rows(kinds, 3).vjp(gradient)


@dataclass(frozen=True)
class HeadOutputs:
    """What all heads' outputs, side by side, add to the residual stream."""

    out: Linear
    heads: int

    def __call__(self, outputs: Float[Tensor, "*batch heads_dh"]) -> Float[Tensor, "*batch d"]:
        return self.out(outputs)

    def jvp(self, tangent: Float[Tensor, "*batch heads_dh"]) -> Float[Tensor, "*batch d"]:
        return self.out.jvp(tangent)

    def jvp_of_head(
        self, tangent: Float[Tensor, "batch row sample dh"], head: Int[Tensor, "batch row"]
    ) -> Float[Tensor, "batch row sample d"]:
        """Of the tangent of one head's output a row."""
        return tangent @ self.out.weight.unflatten(1, (self.heads, -1)).permute(1, 2, 0)[head]

    def vjp(self, gradient: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch heads_dh"]:
        return self.out.vjp(gradient)


@dataclass(frozen=True)
class LinearCombination(Combination):
    """Heads' outputs and the skip connection add up, which is linear wherever it is."""

    output: HeadOutputs

    @classmethod
    def joined(cls, runs: Sequence["LinearCombination"], selection: Selection) -> "LinearCombination":
        return runs[0]

    def jvp(
        self, heads: Float[Tensor, "batch row sample heads_dh"], skip: Skip, nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        return skip.add_to(self.output.jvp(heads))

    def jvp_of_head(
        self, output: Float[Tensor, "batch row sample dh"], head: Int[Tensor, "batch row"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        return self.output.jvp_of_head(output, head)

    def vjp(
        self, gradient: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample heads_dh"]:
        return self.output.vjp(gradient)
