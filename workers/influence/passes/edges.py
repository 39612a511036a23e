"""Influence of every edge that leaves a row's node, and of all edges of the graph (paper, section 3.1).

A tangent `t` at node i changes head a's output at j through the key and value at i, and at j = i also
through the query there. Contracted with the gradients first, an edge costs scalars:
`g·do = dq/ds_ji (q_j·dk) + P_ji (g_j·dv)`, on the diagonal plus `dq/dq_i · dq`; the skip is `dq/du_i · t`.

All edges: 1. start from every word's own tangent at layer 0; 2. score the edges that leave each node;
3. carry the full tangent (all words at once) through the layer; 4. repeat.
"""

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.encoder import Layer
from workers.influence.blocks.rules import (
    feed_forward_jvp,
    merge_heads,
    softmax_derivative,
    split_heads,
    take,
    take_per_head,
)
from workers.influence.passes.forward import LayerGradients, LayerTrace, Samples


@dataclass(frozen=True)
class Departure:
    """Rows of tangents at one node each, projected to the queries, keys and values they change."""

    nodes: Int[Tensor, "batch row"]
    tangent: Float[Tensor, "batch row sample d"]
    projected: Float[Tensor, "batch row sample three_d"]

    @classmethod
    def of(
        cls, layer: Layer, nodes: Int[Tensor, "batch row"], tangent: Float[Tensor, "batch row sample d"]
    ) -> "Departure":
        """Project tangents that sit at the inputs of a layer."""
        return cls(nodes, tangent, F.linear(tangent, layer.qkv_weight))

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "Departure":
        """The chosen rows."""
        return Departure(self.nodes.gather(1, rows), take(self.tangent, rows), take(self.projected, rows))

    def heads(self, count: int) -> Float[Tensor, "3 batch sample head row dh"]:
        """The projected tangents of query, key and value, per head."""
        return split_heads(self.projected, count, 3)


@dataclass(frozen=True)
class Scores:
    """Influence of the edges that leave each row's node."""

    heads: Float[Tensor, "batch row head query"]
    skip: Float[Tensor, "batch row"]  # to the row's own node; 0 where that is no query

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "Scores":
        """The chosen rows."""
        return Scores(take(self.heads, rows), self.skip.gather(1, rows))

    def components(
        self, query: Int[Tensor, "batch row"], stays: Bool[Tensor, "batch row"]
    ) -> tuple[Float[Tensor, "batch row component"], Bool[Tensor, "batch row component"]]:
        """Influence of every component of one step a row, skip connection first, and whether there is such an edge."""
        index = query[:, :, None, None].expand(*self.heads.shape[:3], 1)
        return candidates(self.heads.gather(-1, index)[..., 0], self.skip, stays)

    def all_components(self, own: Int[Tensor, "batch row"]) -> Float[Tensor, "batch row query"]:
        """Influence of every step, all heads and the skip together; `own` is each row's own query."""
        return self.heads.sum(2).scatter_add_(-1, own[..., None], self.skip[..., None])

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(self.heads + other.heads, self.skip + other.skip)


def candidates(
    heads: Float[Tensor, "batch row head"], skip: Float[Tensor, "batch row"], stays: Bool[Tensor, "batch row"]
) -> tuple[Float[Tensor, "batch row component"], Bool[Tensor, "batch row component"]]:
    """The components of a step, skip connection first, and which there are: the skip only where the step stays."""
    valid = torch.ones_like(heads, dtype=torch.bool)
    return torch.cat([skip[..., None], heads], -1), torch.cat([stays[..., None], valid], -1)


def score_edges(trace: LayerTrace, gradients: LayerGradients, departure: Departure) -> Scores:
    """Influence of every edge from the rows' nodes to every query of the layer, summed over samples."""
    attention, nodes = trace.attention, departure.nodes
    heads = attention.query.shape[2]
    _, key, value = departure.heads(heads)
    by_key = key @ attention.query.transpose(-1, -2)
    by_value = value @ gradients.output.transpose(-1, -2)
    index = nodes[:, None, None, None, :].expand(*gradients.score.shape[:4], -1)
    by_key.mul_(gradients.score.gather(-1, index).transpose(-1, -2))
    by_value.mul_(attention.weights.gather(-1, index).transpose(-1, -2))
    edges = by_key.add_(by_value).sum(1).transpose(1, 2).contiguous()

    own = trace.query_of(nodes)
    is_query = (nodes == trace.target if trace.target is not None else torch.ones_like(nodes)).to(edges.dtype)
    d = departure.tangent.shape[-1]
    through_query = (take(gradients.query, own) * departure.projected[..., :d]).unflatten(-1, (heads, -1)).sum((2, 4))
    skip = (take(gradients.summed, own) * departure.tangent).sum((2, 3))
    column = own[:, :, None, None].expand(-1, -1, heads, 1)
    edges.scatter_add_(-1, column, (through_query * is_query[:, :, None])[..., None])
    return Scores(edges, skip * is_query)


def attention_jvp(
    trace: LayerTrace, departure: Departure, nodes: Int[Tensor, "batch row"]
) -> Float[Tensor, "batch row sample d"]:
    """Tangent of every head's output at one node a row, of the tangent at the row's own node."""
    attention, heads = trace.attention, trace.attention.query.shape[2]
    query, key, value = departure.heads(heads)
    at = trace.query_of(nodes)
    source = departure.nodes[:, None, None, :, None].expand(*key.shape[:-1], 1)
    weights = take_per_head(attention.weights, at)
    own_key = (take_per_head(attention.query, at) * key).sum(-1, keepdim=True)
    change = query @ attention.key.transpose(-1, -2)
    change.mul_((nodes == departure.nodes)[:, None, None, :, None])
    change = softmax_derivative(weights, change.scatter_add_(-1, source, own_key))
    return merge_heads((change @ attention.value).addcmul_(weights.gather(-1, source), value))


def advance_all(trace: LayerTrace, departure: Departure) -> Float[Tensor, "batch node sample d"]:
    """The full tangent of a layer's output, of the full tangent of its input (a row for each node, in order)."""
    attention = trace.attention
    query, key, value = departure.heads(attention.query.shape[2])
    change = query @ attention.key.transpose(-1, -2)
    change += attention.query @ key.transpose(-1, -2)
    change = softmax_derivative(attention.weights, change)
    attended = merge_heads(change @ attention.value + attention.weights @ value)
    summed = F.linear(attended, trace.layer.out_weight).add_(departure.tangent)
    return feed_forward_jvp(trace.layer, trace.feed_forward, summed)


@dataclass(frozen=True)
class EdgeInfluence:
    """Influence of every edge of the attention-level graph. In each layer all of it adds up to Σ I_s."""

    heads: Float[Tensor, "batch layer head target source"]  # in the last layer 0 for every target but one
    skip: Float[Tensor, "batch layer pos"]


def score_parts(parts: Sequence[Samples], index: int, departures: Sequence[Departure]) -> Scores:
    """`score_edges` of one layer over all samples."""
    each = (
        score_edges(part.trace(index), part.gradients(index), departure)
        for part, departure in zip(parts, departures, strict=True)
    )
    return functools.reduce(operator.add, each)


def all_edges(
    parts: Sequence[Samples], starts: Sequence[Departure], first: Scores, target: Int[Tensor, " batch"]
) -> EdgeInfluence:
    """Every edge's influence, from the words' own tangents and the scores of layer 0's edges."""
    scores, departures = [first], starts
    for index, layer in enumerate(parts[0].layers[1:], start=1):
        departures = [
            Departure.of(layer, departure.nodes, advance_all(part.trace(index - 1), departure))
            for part, departure in zip(parts, departures, strict=True)
        ]
        scores.append(score_parts(parts, index, departures))
    to_target = scores[-1].heads
    length = to_target.shape[1]
    column = target[:, None, None, None].expand_as(to_target)
    everywhere = to_target.new_zeros(*to_target.shape[:3], length).scatter_(3, column, to_target)
    heads = [score.heads for score in scores[:-1]] + [everywhere]
    return EdgeInfluence(
        torch.stack([head.permute(0, 2, 3, 1) for head in heads], 1),
        torch.stack([score.skip for score in scores], 1),
    )
