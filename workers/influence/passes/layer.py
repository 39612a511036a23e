"""One layer: forward, its Jacobian-vector and its vector-Jacobian product at chosen nodes, through chosen components.

1. Forward: project, attend, combine, finish (see `blocks.block`); every stage leaves behind what it is linearised by.
2. Tangents, from rows' starts to their ends: through attention and the skip connection to u, then through the rest.
3. Gradients, from rows' ends to their starts: first within the layer, back to heads' outputs, scores and queries, which
   rows that end alike share; then on to query, key, value and skip connection at the starts, and to the layer's input.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.attention import (
    Attention,
    AttentionGradients,
    attend,
    attention_jvp,
    attention_vjp,
    attention_vjp_of_starts,
)
from workers.influence.blocks.block import KEY_VALUE, QUERY, Block, Combination, Finish, Projection, Skip
from workers.influence.blocks.layout import (
    BY_PLACE,
    Nodes,
    Selection,
    flat,
    meets,
    merge_heads,
    place,
    split_heads,
    take,
)
from workers.influence.component import ALL, SKIP


@dataclass(frozen=True)
class LayerTrace:
    """One layer's forward facts. Queries are all nodes, or only the target in the last layer."""

    block: Block
    projection: Projection
    attention: Attention
    combination: Combination
    finish: Finish

    @property
    def target(self) -> Int[Tensor, "batch 1"] | None:
        """The only query; None where every node is one."""
        return self.attention.target

    @classmethod
    def joined(cls, runs: Sequence["LayerTrace"], selection: Selection) -> "LayerTrace":
        """The chosen sentences' over all runs of samples."""
        first = runs[0]
        return cls(
            first.block,
            first.projection.joined([run.projection for run in runs], selection),
            Attention.joined([run.attention for run in runs], selection),
            first.combination.joined([run.combination for run in runs], selection),
            first.finish.joined([run.finish for run in runs], selection),
        )


@dataclass(frozen=True)
class LayerGradients:
    """Gradients within a layer at the ends of rows, all components counted."""

    skip: Float[Tensor, "batch row place sample d"]  # at the skip connection's input
    attention: AttentionGradients

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "LayerGradients":
        """The chosen rows."""
        return LayerGradients(take(self.skip, rows), self.attention.take(rows))

    @classmethod
    def join(cls, pieces: Sequence["LayerGradients"]) -> "LayerGradients":
        """The rows of all of them."""
        if len(pieces) == 1:
            return pieces[0]
        within = zip(*(vars(piece.attention).values() for piece in pieces), strict=True)
        attention = AttentionGradients(*(torch.cat(tensors, 3) for tensors in within))
        return cls(torch.cat([piece.skip for piece in pieces], 1), attention)

    @classmethod
    def joined(cls, runs: Sequence["LayerGradients"], selection: Selection) -> "LayerGradients":
        """The chosen sentences' over all runs of samples."""
        skip = selection.join([run.skip for run in runs], BY_PLACE)
        return cls(skip, AttentionGradients.joined([run.attention for run in runs], selection))

    def weigh(self, weights: Float[Tensor, "batch sample"]) -> None:
        """Multiply by the samples' weights, in place."""
        self.skip.mul_(weights[:, None, None, :, None])
        self.attention.weigh(weights)


def forward_layer(
    block: Block,
    hidden: Float[Tensor, "batch node sample d"],
    target: Int[Tensor, "batch 1"] | None,
    kept: Bool[Tensor, "batch sample component query"] | None = None,
) -> tuple[Float[Tensor, "batch query sample d"], LayerTrace]:
    """The layer's output at its queries: all nodes, or the target alone.

    Args:
        kept: components that are not set to zero, the skip connection first, then the heads; None for all.
    """
    projected, projection = block.project(hidden, target)
    skip = hidden if target is None else take(hidden, target)
    outputs, attention = attend(projected, target)
    if kept is not None:
        skip = skip * kept[:, :, 0].transpose(1, 2)[..., None]
        outputs = outputs * kept[:, :, 1:, :, None]
    summed, combination = block.combine(merge_heads(outputs), skip)
    output, finish = block.finish(summed, skip)
    return output, LayerTrace(block, projection, attention, combination, finish)


def jvp(
    trace: LayerTrace,
    tangent: Float[Tensor, "batch row place sample d"],
    projected: Float[Tensor, "batch row place sample projected"],
    starts: Nodes,
    ends: Nodes,
    component: Int[Tensor, "batch row"] | None = None,
) -> Float[Tensor, "batch row place2 sample d"]:
    """Tangents at the layer's output, of those at its input.

    Args:
        projected: the tangents of query, key and value that `tangent` makes.
        component: a head, SKIP or ALL of every row; None for all of all rows.
    """
    heads = trace.block.heads
    outputs = attention_jvp(trace.attention, _split(projected, heads), starts, ends)
    rows_places = outputs.shape[3:5]
    skip = _skip_at(tangent, starts, ends, trace.attention.length)
    if component is not None:
        by_head, by_skip = opened(component, heads)
        outputs *= by_head.transpose(1, 2)[:, None, :, :, None, None]
        skip = _gated(skip, by_skip.repeat_interleave(rows_places[1], 1))
    at = flat(trace.attention.index(ends), rows_places, tangent)
    summed = trace.combination.jvp(merge_heads(outputs.flatten(3, 4)), skip, at)
    return trace.finish.jvp(summed, skip, at).unflatten(1, rows_places)


def jvp_everywhere(
    trace: LayerTrace,
    tangent: Float[Tensor, "batch node sample d"],
    projected: Float[Tensor, "batch node sample projected"],
) -> Float[Tensor, "batch node sample d"]:
    """The full tangent of the layer's output, of the full tangent of its input."""
    return jvp(trace, tangent[:, None], projected[:, None], None, None)[:, 0]


def jvp_of_component(
    trace: LayerTrace,
    tangent: Float[Tensor, "batch row sample d"],
    projected: Float[Tensor, "batch row sample projected"],
    starts: Int[Tensor, "batch row"],
    ends: Int[Tensor, "batch row"],
    component: Int[Tensor, "batch row"],
) -> Float[Tensor, "batch row sample d"]:
    """The same of rows from one node to one, each through one head or the skip connection alone."""
    heads, at = trace.block.heads, trace.attention.index(ends)
    outputs = attention_jvp(trace.attention, _split(projected[:, :, None], heads), starts, ends)[..., 0, :]
    head, by_skip = component.clamp(min=0), (component == SKIP)[..., None, None]
    index = head[:, None, None, :, None].expand(*outputs.shape[:2], 1, *outputs.shape[3:])
    chosen = outputs.gather(2, index)[:, :, 0].transpose(1, 2)
    summed = torch.where(by_skip, tangent, trace.combination.jvp_of_head(chosen, head, at))
    return trace.finish.jvp(summed, Skip(tangent, by_skip.to(tangent.dtype)), at)


def vjp(trace: LayerTrace, gradient: Float[Tensor, "batch row place sample d"], ends: Nodes) -> LayerGradients:
    """The gradients within a layer at the rows' ends, of those at its output."""
    rows_places = gradient.shape[1:3]
    at = flat(trace.attention.index(ends), rows_places, gradient)
    summed, skip = trace.finish.vjp(gradient.flatten(1, 2), at)
    (output,) = split_heads(trace.combination.vjp(summed, at), trace.block.heads, 1)
    within = attention_vjp(trace.attention, output.unflatten(3, rows_places), ends)
    return LayerGradients(skip.unflatten(1, rows_places), within)


def vjp_of_starts(
    trace: LayerTrace, gradients: AttentionGradients, ends: Nodes, starts: Nodes
) -> Float[Tensor, "batch row place sample projected"]:
    """Gradients at query, key and value of the rows' starts, side by side, of those at their ends."""
    each = attention_vjp_of_starts(trace.attention, gradients, ends, starts)
    return torch.cat([merge_heads(part.flatten(3, 4)) for part in each], -1).unflatten(1, each[1].shape[3:5])


def vjp_of_input(trace: LayerTrace, gradients: LayerGradients) -> Float[Tensor, "batch node sample d"]:
    """The gradient at all of a layer's input, of those within it at all queries."""
    if trace.target is None:
        projected = vjp_of_starts(trace, gradients.attention, None, None)[:, 0]
        return trace.projection.vjp(projected, None).add_(gradients.skip[:, 0])
    each = attention_vjp_of_starts(trace.attention, gradients.attention, None, None)
    query, key, value = (merge_heads(part[..., 0, :, :]) for part in each)
    inputs = trace.projection.vjp(torch.cat([key, value], -1), None, KEY_VALUE)
    at_target = trace.projection.vjp(query, trace.target, QUERY) + gradients.skip[:, 0]
    return inputs.scatter_add_(1, trace.target[:, :, None, None].expand_as(at_target), at_target)


def _split(
    projected: Float[Tensor, "batch row place sample projected"], heads: int
) -> Float[Tensor, "3 batch sample head row place dh"]:
    """Query, key and value of rows, per head."""
    return split_heads(projected.flatten(1, 2), heads, 3).unflatten(4, projected.shape[1:3])


def _skip_at(tangent: Float[Tensor, "batch row place sample d"], starts: Nodes, ends: Nodes, length: int) -> Skip:
    """What the skip connection gets at the rows' ends, one row's places after the other's."""
    if starts is None:
        return Skip(place(tangent, None, ends, length).flatten(1, 2))
    gate = meets(starts, ends, length)
    tangent = tangent.expand(-1, -1, gate.shape[2], -1, -1).flatten(1, 2)
    return Skip(tangent, gate.flatten(1)[..., None, None].to(tangent.dtype))


def _gated(skip: Skip, is_open: Bool[Tensor, "batch row"]) -> Skip:
    """The same where a row may go through it."""
    gate = is_open[..., None, None].to(skip.tangent.dtype)
    return Skip(skip.tangent, gate if skip.gate is None else skip.gate * gate)


def opened(
    component: Int[Tensor, "batch row"], heads: int
) -> tuple[Bool[Tensor, "batch row head"], Bool[Tensor, "batch row"]]:
    """Which heads a row goes through, and whether through the skip connection."""
    head = torch.arange(heads, device=component.device)
    every = component == ALL
    return every[..., None] | (component[..., None] == head), every | (component == SKIP)
