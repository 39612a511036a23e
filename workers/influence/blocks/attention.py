"""Attention, the same for all layers: every head's output at its queries, and how tangents and gradients pass.

`o_j = Σ_k P_jk v_k` with `P_j· = softmax_k(q_j·k_k + b_jk)`, head by head; b is of positions alone, if a model has it.
Rows of tangents start at nodes and end at queries, each at one place or at all (see `layout`): a tangent at i reaches j
through key and value of i, and where j = i through its query. Gradients go the same ways back, in two steps, since rows
that end alike share the first: from the heads' outputs to scores and queries at the ends; from there to query, key and
value at the starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.block import Distances, Projected
from workers.influence.blocks.layout import BY_HEAD, Nodes, Selection, meets, place_per_head, take, take_per_head


@dataclass(frozen=True)
class Attention:
    """What attention's Jacobian needs of its forward pass. Queries: all nodes, or only the target."""

    query: Float[Tensor, "batch sample head query dh"]
    key: Float[Tensor, "batch sample head node dh"]
    value: Float[Tensor, "batch sample head node dh"]
    weights: Float[Tensor, "batch sample head query node"]  # softmax over nodes
    target: Int[Tensor, "batch 1"] | None  # the only query's node; None where every node is one
    distances: Distances | None = None

    @property
    def length(self) -> int:
        """Nodes."""
        return self.key.shape[3]

    def index(self, nodes: Nodes) -> Nodes:
        """Where nodes that are queries stand among the queries; None: all of these, in order."""
        if self.target is None or nodes is None:
            return nodes
        return None if nodes.shape[1] == 1 else torch.zeros_like(nodes)

    def at(self, ends: Nodes) -> tuple[Float[Tensor, "b s h row place dh"], Float[Tensor, "b s h row place node"]]:
        """Queries and weights of the rows' ends; one row for all of them where `ends` are all the queries."""
        index = self.index(ends)
        if index is None:
            return self.query.unsqueeze(3), self.weights.unsqueeze(3)
        return take_per_head(self.query, index).unsqueeze(4), take_per_head(self.weights, index).unsqueeze(4)

    @classmethod
    def joined(cls, runs: Sequence["Attention"], selection: Selection) -> "Attention":
        """The chosen sentences' over all runs of samples."""
        return cls(
            selection.join([run.query for run in runs], BY_HEAD),
            selection.join([run.key for run in runs], BY_HEAD),
            selection.join([run.value for run in runs], BY_HEAD),
            selection.join([run.weights for run in runs], BY_HEAD),
            None if runs[0].target is None else selection.of_one(runs[0].target),
            _distances_joined(runs[0].distances, selection),
        )


@dataclass(frozen=True)
class AttentionGradients:
    """Gradients at the ends of rows."""

    output: Float[Tensor, "batch sample head row place dh"]  # at the heads' outputs
    score: Float[Tensor, "batch sample head row place node"]  # at the attention scores
    query: Float[Tensor, "batch sample head row place dh"]

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "AttentionGradients":
        """The chosen rows."""
        return AttentionGradients(*(take_per_head(tensor, rows) for tensor in vars(self).values()))

    @classmethod
    def joined(cls, runs: Sequence["AttentionGradients"], selection: Selection) -> "AttentionGradients":
        """The chosen sentences' over all runs of samples."""
        return cls(
            selection.join([run.output for run in runs], BY_HEAD),
            selection.join([run.score for run in runs], BY_HEAD),
            selection.join([run.query for run in runs], BY_HEAD),
        )

    def weigh(self, weights: Float[Tensor, "batch sample"]) -> None:
        """Multiply by the samples' weights, in place."""
        for values in vars(self).values():
            values.mul_(weights[:, :, None, None, None, None])


def attend(
    projected: Projected, target: Int[Tensor, "batch 1"] | None
) -> tuple[Float[Tensor, "batch sample head query dh"], Attention]:
    """Every head's output, and what its Jacobian needs.

    Args:
        target: the node of the only query; None where every node is one.
    """
    query, key, value, bias, distances = projected
    scores = query @ key.transpose(-1, -2)
    if bias is not None:
        scores = scores.add_(bias)
    if distances is not None:
        _meet(scores.unsqueeze(3), distances, distances.at(None), query.unsqueeze(3), key.unsqueeze(3))
    weights = torch.softmax(scores, -1)
    return weights @ value, Attention(query, key, value, weights, target, distances)


def softmax_derivative(
    weights: Float[Tensor, "*#batch row node"], change: Float[Tensor, "*batch row node"]
) -> Float[Tensor, "*batch row node"]:
    """The softmax's Jacobian, which is symmetric, times `change`: `P (c - Σ P c)`. Overwrites `change`."""
    mean = (weights * change).sum(-1, keepdim=True)
    return change.sub_(mean).mul_(weights)


def attention_jvp(
    attention: Attention,
    tangent: Float[Tensor, "3 batch sample head row place dh"],
    starts: Nodes,
    ends: Nodes,
) -> Float[Tensor, "batch sample head row place2 dh"]:
    """Tangents of every head's output at the rows' ends, of those of query, key and value at their starts."""
    query, key, value = tangent
    end_query, weights = attention.at(ends)
    distances = attention.distances
    index = None if distances is None else distances.at(attention.index(ends))
    if starts is None:
        query = place_per_head(query, None, ends, attention.length)
        change = _each(query, attention.key.transpose(-1, -2))
        change += end_query @ key.transpose(-1, -2)
        if distances is not None and index is not None:
            _meet(change, distances, index, query, key)
        direct = weights @ value
        return _each(softmax_derivative(weights, change), attention.value).add_(direct)
    change = _each(query, attention.key.transpose(-1, -2))
    if distances is not None and index is not None:
        _meet(change, distances, index, query, None)
        end_query = _with_distances(end_query, distances, index, starts)
    stays = meets(starts, ends, attention.length)[:, None, None, ..., None]
    change = change.mul_(stays) if ends is not None else change * stays
    column = _column(starts, change)
    change.scatter_add_(-1, column, (end_query * key).sum(-1, keepdim=True))
    attended = _each(softmax_derivative(weights, change), attention.value)
    return attended.addcmul_(weights.expand_as(change).gather(-1, column), value)


def attention_vjp(
    attention: Attention, output: Float[Tensor, "batch sample head row place dh"], ends: Nodes
) -> AttentionGradients:
    """Gradients at scores and queries of the rows' ends, of those at the heads' outputs there."""
    _, weights = attention.at(ends)
    score = softmax_derivative(weights, _each(output, attention.value.transpose(-1, -2)))
    query = _each(score, attention.key)
    if (distances := attention.distances) is not None and distances.key is not None:
        query += _spread(score, distances.at(attention.index(ends)), distances.key)
    return AttentionGradients(output, score, query)


def attention_vjp_of_starts(
    attention: Attention, gradients: AttentionGradients, ends: Nodes, starts: Nodes
) -> tuple[
    Float[Tensor, "batch sample head row place2 dh"],
    Float[Tensor, "batch sample head row place dh"],
    Float[Tensor, "batch sample head row place dh"],
]:
    """Gradients at query, key and value of the rows' starts, of those at their ends.

    Where starts and ends are all that there are, those at the queries are of all queries.
    """
    end_query, weights = attention.at(ends)
    score, distances = gradients.score, attention.distances
    index = None if distances is None else distances.at(attention.index(ends))
    if starts is None:
        key = score.transpose(-1, -2) @ end_query
        if distances is not None and index is not None and distances.query is not None:
            key += _spread(score.transpose(-1, -2), index.transpose(-1, -2), distances.query)
        value = weights.transpose(-1, -2) @ gradients.output
    else:
        column = _column(starts, score)
        if distances is not None and index is not None:
            end_query = _with_distances(end_query, distances, index, starts)
        key = score.gather(-1, column) * end_query
        value = weights.expand_as(score).gather(-1, column) * gradients.output
        if score.shape[4] > 1:
            key, value = key.sum(4, keepdim=True), value.sum(4, keepdim=True)
    return place_per_head(gradients.query, ends, starts, attention.length), key, value


def keys_at_queries(
    attention: Attention, key: Float[Tensor, "batch sample head row dh"], nodes: Int[Tensor, "batch row"]
) -> Float[Tensor, "batch sample head row query"]:
    """Tangents of the scores of every query, of those of the keys of rows' nodes."""
    scores = key @ attention.query.transpose(-1, -2)
    if (distances := attention.distances) is not None and distances.query is not None:
        index = distances.index.expand(len(nodes), -1, -1).transpose(1, 2)
        met = key @ distances.query.transpose(-1, -2)
        scores += met.gather(-1, take(index, nodes)[:, None, None].expand_as(scores))
    return scores


def _each(
    rows: Float[Tensor, "batch sample head row place inner"], matrix: Float[Tensor, "*sentences head inner outer"]
) -> Float[Tensor, "batch sample head row place outer"]:
    """A head's matrix, on all of its rows; the same one for all sentences and samples, or each one's own."""
    return (rows.flatten(3, 4) @ matrix).unflatten(3, rows.shape[3:5])


def _column(
    starts: Int[Tensor, "batch row"], values: Float[Tensor, "batch sample head row place node"]
) -> Int[Tensor, "batch sample head row place 1"]:
    """Every row's start, to pick its column of `values`."""
    return starts[:, None, None, :, None, None].expand(*values.shape[:-1], 1)


def _meet(
    scores: Float[Tensor, "batch sample head row place node"],
    distances: Distances,
    index: Int[Tensor, "..."],
    query: Float[Tensor, "batch sample head row place dh"],
    key: Float[Tensor, "batch sample head row node dh"] | None,
) -> None:
    """Add what queries at rows' ends and every node's keys meet in their distances.

    Args:
        index: of each pair, as `Distances.at` gives it.
    """
    if distances.key is not None:
        met = _each(query, distances.key.transpose(-1, -2))
        scores += met.gather(-1, index.expand(*met.shape[:-1], -1))
    if distances.query is not None and key is not None:
        met = _each(key, distances.query.transpose(-1, -2))
        scores += met.gather(-1, index.transpose(-1, -2).expand(*met.shape[:-1], -1)).transpose(-1, -2)


def _with_distances(
    query: Float[Tensor, "batch sample head _ place dh"],
    distances: Distances,
    index: Int[Tensor, "..."],
    starts: Int[Tensor, "batch row"],
) -> Float[Tensor, "batch sample head row place dh"]:
    """What the keys of rows' starts meet at their ends: queries of words, and of the distances between."""
    if distances.query is None:
        return query
    rows = index.expand(len(starts), 1, 1, starts.shape[1], -1, -1)
    chosen = rows.gather(-1, starts[:, None, None, :, None, None].expand(*rows.shape[:-1], 1))
    return query + distances.query[:, chosen[:, 0, 0, ..., 0]].movedim(0, 1)[:, None]


def _spread(
    score: Float[Tensor, "batch sample head row one other"],
    index: Int[Tensor, "..."],
    table: Float[Tensor, "head distance dh"],
) -> Float[Tensor, "batch sample head row one dh"]:
    """Sums of distances' vectors, weighted by the scores of the pairs that have them."""
    by_distance = score.new_zeros(*score.shape[:-1], table.shape[1])
    by_distance.scatter_(-1, index.expand_as(score), score)  # no two nodes are equally far from one, on the same side
    return _each(by_distance, table)


def _distances_joined(distances: Distances | None, selection: Selection) -> Distances | None:
    """The chosen sentences'."""
    if distances is None or len(distances.index) == 1:
        return distances
    return Distances(distances.key, distances.query, selection.of_one(distances.index))
