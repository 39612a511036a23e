"""Influence of every edge that leaves a row's node, and of all edges of the graph (paper, section 3.1).

A tangent `t` at node i changes head a's output at j through the key and value at i, and at j = i also
through the query there. Contracted with the gradients first, an edge costs scalars:
`g·do = dq/ds_ji (q_j·dk) + P_ji (g_j·dv)`, on the diagonal plus `dq/dq_i · dq`; the skip is `dq/dskip_i · t`.

All edges: 1. start from every word's own tangent at layer 0; 2. score the edges that leave each node;
3. carry the full tangent (all words at once) through the layer; 4. repeat.
"""

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.attention import keys_at_queries
from workers.influence.blocks.block import Projection
from workers.influence.blocks.layout import split_heads, take, take_per_head
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.layer import LayerGradients, LayerTrace, jvp_everywhere


@dataclass(frozen=True)
class Tangents:
    """Rows of tangents at one node each, at the inputs of a layer, and those of query, key and value that they make."""

    nodes: Int[Tensor, "batch row"]
    tangent: Float[Tensor, "batch row sample d"]
    projected: Float[Tensor, "batch row sample projected"]

    @classmethod
    def at(
        cls, projection: Projection, nodes: Int[Tensor, "batch row"], tangent: Float[Tensor, "batch row sample d"]
    ) -> "Tangents":
        """Of rows at these nodes."""
        return cls(nodes, tangent, projection.jvp(tangent, nodes))

    @classmethod
    def everywhere(cls, projection: Projection, tangent: Float[Tensor, "batch node sample d"]) -> "Tangents":
        """Of a row at each node, in order."""
        batch, length = tangent.shape[:2]
        nodes = torch.arange(length, device=tangent.device).expand(batch, length)
        return cls(nodes, tangent, projection.jvp(tangent, None))

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "Tangents":
        """The chosen rows."""
        return Tangents(self.nodes.gather(1, rows), take(self.tangent, rows), take(self.projected, rows))


@dataclass(frozen=True)
class Scores:
    """Influence of the edges that leave each row's node."""

    heads: Float[Tensor, "batch row head query"]
    skip: Float[Tensor, "batch row"]  # to the row's own node; 0 where that is no query

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "Scores":
        """The chosen rows."""
        return Scores(take(self.heads, rows), self.skip.gather(1, rows))

    def components(
        self, query: Int[Tensor, "batch row"], has_skip: Bool[Tensor, "batch row"]
    ) -> tuple[Float[Tensor, "batch row component"], Bool[Tensor, "batch row component"]]:
        """Influence of every component of one step a row, skip connection first, and whether there is such an edge."""
        index = query[:, :, None, None].expand(*self.heads.shape[:3], 1)
        return candidates(self.heads.gather(-1, index)[..., 0], self.skip, has_skip)

    def all_components(self, own: Int[Tensor, "batch row"]) -> Float[Tensor, "batch row query"]:
        """Influence of every step, all heads and the skip together; `own` is each row's own query."""
        return self.heads.sum(2).scatter_add_(-1, own[..., None], self.skip[..., None])

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(self.heads + other.heads, self.skip + other.skip)


def candidates(
    heads: Float[Tensor, "batch row head"], skip: Float[Tensor, "batch row"], has_skip: Bool[Tensor, "batch row"]
) -> tuple[Float[Tensor, "batch row component"], Bool[Tensor, "batch row component"]]:
    """The components of a step that exists, skip connection first, and which there are."""
    valid = torch.ones_like(heads, dtype=torch.bool)
    return torch.cat([skip[..., None], heads], -1), torch.cat([has_skip[..., None], valid], -1)


def score_edges(trace: LayerTrace, gradients: LayerGradients, tangents: Tangents) -> Scores:
    """Influence of every edge from the rows' nodes to every query of the layer, summed over samples."""
    attention, nodes, heads = trace.attention, tangents.nodes, trace.block.heads
    output, score, query = (tensor.squeeze(3) for tensor in vars(gradients.attention).values())
    own_query, key, value = split_heads(tangents.projected, heads, 3)
    by_key = keys_at_queries(attention, key, nodes)
    by_value = value @ output.transpose(-1, -2)
    index = nodes[:, None, None, None, :].expand(*score.shape[:4], -1)
    by_key.mul_(score.gather(-1, index).transpose(-1, -2))
    by_value.mul_(attention.weights.gather(-1, index).transpose(-1, -2))
    edges = by_key.add_(by_value).sum(1).transpose(1, 2).contiguous()

    own = nodes if trace.target is None else torch.zeros_like(nodes)
    is_query = (torch.ones_like(nodes) if trace.target is None else nodes == trace.target).to(edges.dtype)
    through_query = own_query.mul_(take_per_head(query, own)).sum((1, 4)).transpose(1, 2)
    skip = (take(gradients.skip[:, 0], own) * tangents.tangent).sum((2, 3))
    column = own[:, :, None, None].expand(-1, -1, heads, 1)
    edges.scatter_add_(-1, column, (through_query * is_query[:, :, None])[..., None])
    return Scores(edges, skip * is_query)


@dataclass(frozen=True)
class EdgeInfluence:
    """Influence of every edge of the attention-level graph. In each layer all of it adds up to Σ I_s."""

    heads: Float[Tensor, "batch layer head target source"]  # in the last layer 0 for every target but one
    skip: Float[Tensor, "batch layer pos"]


def score_slices(slices: Sequence[ForwardBackward], index: int, tangents: Sequence[Tangents]) -> Scores:
    """`score_edges` of one layer over all samples."""
    each = (
        score_edges(one.trace(index), one.gradients(index), rows) for one, rows in zip(slices, tangents, strict=True)
    )
    return functools.reduce(operator.add, each)


def pass_everything(one: ForwardBackward, index: int, tangents: Tangents) -> Tangents:
    """Carry the full tangent of a layer's input, a row for each node in order, through the layer."""
    passed = jvp_everywhere(one.trace(index), tangents.tangent, tangents.projected)
    return Tangents.everywhere(one.projection(index + 1), passed)


def all_edges(
    slices: Sequence[ForwardBackward], starts: Sequence[Tangents], first: Scores, target: Int[Tensor, " batch"]
) -> EdgeInfluence:
    """Every edge's influence, from the words' own tangents and the scores of layer 0's edges."""
    scores, tangents = [first], starts
    for index in range(slices[0].graph.layers - 1):
        tangents = [pass_everything(one, index, rows) for one, rows in zip(slices, tangents, strict=True)]
        scores.append(score_slices(slices, index + 1, tangents))
    to_target = scores[-1].heads
    length = to_target.shape[1]
    column = target[:, None, None, None].expand_as(to_target)
    everywhere = to_target.new_zeros(*to_target.shape[:3], length).scatter_(3, column, to_target)
    heads = [score.heads for score in scores[:-1]] + [everywhere]
    return EdgeInfluence(
        torch.stack([head.permute(0, 2, 3, 1) for head in heads], 1),
        torch.stack([score.skip for score in scores], 1),
    )
