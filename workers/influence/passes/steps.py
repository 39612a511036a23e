"""One step of many patterns at once: tangents forward and gradients backward, through chosen components.

A row sits at one node of a layer, or at all of them where the pattern leaves the layer open. Going forward,
a row is carried to its end and every continuation of it is a row; going backward the other way round.
Both meet within a layer, at the query, key, value and skip connection of the step's start: there a tangent
is what it does to the four, a gradient what it makes of them, and the influence is their dot product.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.encoder import Layer
from workers.influence.blocks.rules import feed_forward_jvp, feed_forward_vjp, softmax_derivative, take
from workers.influence.component import ALL, SKIP
from workers.influence.footprint import WIDEST
from workers.influence.passes.forward import LayerTrace


@dataclass(frozen=True)
class Rows:
    """Tangents or gradients, each row at one node or at every node in order."""

    nodes: Int[Tensor, "batch row place"]
    values: Float[Tensor, "batch row place sample d"]


@dataclass(frozen=True)
class Attending:
    """What attention does at the nodes where steps end."""

    query: Float[Tensor, "batch row place sample head dh"]
    weights: Float[Tensor, "batch row place sample head node"]

    @classmethod
    def at(cls, trace: LayerTrace, ends: Int[Tensor, "batch row place"]) -> "Attending":
        query, weights = (tensor.permute(0, 3, 1, 2, 4) for tensor in (trace.attention.query, trace.attention.weights))
        at = trace.query_of(ends.flatten(1))
        return cls(take(query, at).unflatten(1, ends.shape[1:]), take(weights, at).unflatten(1, ends.shape[1:]))


@dataclass(frozen=True)
class Arrived:
    """Gradients within a layer at the ends of steps through it, all components counted."""

    nodes: Int[Tensor, "batch row place"]
    summed: Float[Tensor, "batch row place sample d"]  # at u
    output: Float[Tensor, "batch row place sample head dh"]  # at the heads' outputs
    score: Float[Tensor, "batch row place sample head node"]  # at the attention scores
    query: Float[Tensor, "batch row place sample d"]  # at the queries

    @classmethod
    def of(cls, trace: LayerTrace, ends: Rows) -> "Arrived":
        """Of the gradients at the layer's output."""
        batch, rows, places, samples, _ = ends.values.shape
        pieces = [
            cls._of(trace, Rows(ends.nodes[:, chunk], ends.values[:, chunk]))
            for chunk in chunks(trace.layer, batch, rows, places * samples)
        ]
        return cls(
            *(torch.cat(tensors, 1) for tensors in zip(*(vars(piece).values() for piece in pieces), strict=True))
        )

    @classmethod
    def _of(cls, trace: LayerTrace, ends: Rows) -> "Arrived":
        places = ends.nodes.shape[1:]
        attention, at = trace.attention, ends.nodes.flatten(1)
        state = trace.feed_forward.at(trace.query_of(at))
        summed = feed_forward_vjp(trace.layer, state, ends.values.flatten(1, 2))
        output = (summed @ trace.layer.out_weight).unflatten(-1, (attention.query.shape[2], -1))
        weights = Attending.at(trace, ends.nodes).weights.flatten(1, 2)
        score = softmax_derivative(weights, torch.einsum("brshd,bshnd->brshn", output, attention.value))
        query = torch.einsum("brshn,bshnd->brshd", score, attention.key).flatten(3)
        return cls(ends.nodes, *(tensor.unflatten(1, places) for tensor in (summed, output, score, query)))

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "Arrived":
        """The chosen rows."""
        return Arrived(*(take(tensor, rows) for tensor in vars(self).values()))


def chunks(layer: Layer, batch: int, rows: int, vectors: int) -> list[slice]:
    """Runs of the rows, as long as is worth while where a row has that many vectors."""
    weight = layer.up_weight
    widest = max(weight.shape[0], 4 * weight.shape[1]) * batch * vectors * weight.element_size()
    size = max(1, WIDEST[weight.device.type] // widest)
    return [slice(at, at + size) for at in range(0, rows, size)]


def find(
    values: Float[Tensor, "batch row place sample d"],
    have: Int[Tensor, "batch row place"],
    want: Int[Tensor, "batch row place2"],
) -> Float[Tensor, "batch row place2 sample d"]:
    """The values at the wanted nodes, 0 where a row has none."""
    places = have.shape[2]
    if places == 1:
        return values * (have == want)[..., None, None]
    first = torch.arange(0, have.shape[1] * places, places, device=have.device)
    return take(values.flatten(1, 2), (first[:, None] + want).flatten(1)).unflatten(1, want.shape[1:])


def at_nodes(
    values: Float[Tensor, "batch row place sample head node"], nodes: Int[Tensor, "batch row place2"]
) -> Float[Tensor, "batch row place sample head place2"]:
    """The columns of a row's nodes."""
    if nodes.shape[2] > 1:
        return values
    return values.gather(-1, nodes[..., None, None, None].expand(*values.shape[:-1], 1))


def opened(
    component: Int[Tensor, "batch row"], heads: int
) -> tuple[Bool[Tensor, "batch row head"], Bool[Tensor, "batch row"]]:
    """Which heads a row goes through, and whether through the skip connection."""
    head = torch.arange(heads, device=component.device)
    every = component == ALL
    return every[..., None] | (component[..., None] == head), every | (component == SKIP)


def departing(layer: Layer, rows: Rows) -> Float[Tensor, "batch row place sample four_d"]:
    """What tangents do to query, key, value and skip connection of their nodes."""
    return torch.cat([F.linear(rows.values, layer.qkv_weight), rows.values], -1)


def asked(
    trace: LayerTrace,
    arrived: Arrived,
    starts: Int[Tensor, "batch row place"],
    component: Int[Tensor, "batch row"],
) -> Float[Tensor, "batch row place sample four_d"]:
    """Gradients at query, key, value and skip connection of the starts, through the components given, a step a row."""
    heads = trace.attention.query.shape[2]
    by_head, by_skip = opened(component, heads)
    attending = Attending.at(trace, arrived.nodes)
    score, weights = at_nodes(arrived.score, starts), at_nodes(attending.weights, starts)
    if starts.shape[2] == 1:
        key, value = (
            (part * vectors).sum(2, keepdim=True)
            for part, vectors in ((score, attending.query), (weights, arrived.output))
        )
    else:
        key, value = (
            torch.einsum("brjshk,brjshd->brkshd", part, vectors)
            for part, vectors in ((score, attending.query), (weights, arrived.output))
        )
    query = find(arrived.query, arrived.nodes, starts).unflatten(-1, (heads, -1))
    projected = torch.stack([query, key, value], 4) * by_head[:, :, None, None, None, :, None]
    skip = find(arrived.summed, arrived.nodes, starts) * by_skip[:, :, None, None, None]
    return torch.cat([projected.flatten(4), skip], -1)


def pull(
    trace: LayerTrace,
    arrived: Arrived,
    shorter: Int[Tensor, "batch row"],
    starts: Int[Tensor, "batch row place"],
    component: Int[Tensor, "batch row"],
) -> Rows:
    """Gradients at the starts of steps, one a row, of the gradients `shorter` at their ends."""
    batch, rows, places = starts.shape
    d = arrived.summed.shape[-1]
    values = []
    for chunk in chunks(trace.layer, batch, rows, max(places, arrived.nodes.shape[2]) * arrived.summed.shape[3]):
        there = asked(trace, arrived.take(shorter[:, chunk]), starts[:, chunk], component[:, chunk])
        values.append((there[..., : 3 * d] @ trace.layer.qkv_weight).add_(there[..., 3 * d :]))
    return Rows(starts, torch.cat(values, 1))


def push(
    trace: LayerTrace,
    starts: Rows,
    shorter: Int[Tensor, "batch row"],
    ends: Int[Tensor, "batch row place"],
    component: Int[Tensor, "batch row"],
) -> Rows:
    """Tangents at the ends of steps, one a row, of the tangents `shorter` at their starts."""
    batch, rows, places = ends.shape
    departure = departing(trace.layer, starts)
    vectors = max(places, starts.nodes.shape[2]) * departure.shape[3]
    values = [
        arriving(
            trace,
            take(starts.nodes, shorter[:, chunk]),
            take(departure, shorter[:, chunk]),
            ends[:, chunk],
            component[:, chunk],
        )
        for chunk in chunks(trace.layer, batch, rows, vectors)
    ]
    return Rows(ends, torch.cat(values, 1))


def arriving(
    trace: LayerTrace,
    starts: Int[Tensor, "batch row place"],
    departure: Float[Tensor, "batch row place sample four_d"],
    ends: Int[Tensor, "batch row place2"],
    component: Int[Tensor, "batch row"],
) -> Float[Tensor, "batch row place2 sample d"]:
    """The layer's output at the ends, of what a tangent does at the starts, through the components given."""
    attention = trace.attention
    heads = attention.query.shape[2]
    query, key, value, tangent = departure.chunk(4, -1)
    query = find(query, starts, ends).flatten(1, 2).unflatten(-1, (heads, -1))
    key, value = (vectors.unflatten(-1, (heads, -1)) for vectors in (key, value))
    attending = Attending.at(trace, ends)
    change = torch.einsum("brshd,bshnd->brshn", query, attention.key).unflatten(1, ends.shape[1:])
    if starts.shape[2] == 1:
        index = starts[..., None, None, None].expand(*change.shape[:-1], 1)
        change.scatter_add_(-1, index, (attending.query * key).sum(-1, keepdim=True))
        direct = at_nodes(attending.weights, starts) * value
    else:
        change += torch.einsum("brjshd,brkshd->brjshk", attending.query, key)
        direct = torch.einsum("brjshk,brkshd->brjshd", attending.weights, value)
    change = softmax_derivative(attending.weights, change).flatten(1, 2)
    attended = torch.einsum("brshn,bshnd->brshd", change, attention.value).unflatten(1, ends.shape[1:]).add_(direct)
    by_head, by_skip = opened(component, heads)
    attended *= by_head[:, :, None, None, :, None]
    summed = F.linear(attended.flatten(4), trace.layer.out_weight)
    summed += find(tangent, starts, ends) * by_skip[:, :, None, None, None]
    state = trace.feed_forward.at(trace.query_of(ends.flatten(1)))
    return feed_forward_jvp(trace.layer, state, summed.flatten(1, 2)).unflatten(1, ends.shape[1:])
