"""One step of many patterns at once: tangents forward and gradients backward, through chosen components.

A row sits at one node of a layer, or at all of them where the pattern leaves the layer open. Going forward,
a row is carried to its end and every continuation of it is a row; going backward the other way round.
Both meet within a layer, at the query, key, value and skip connection of the step's start: there a tangent
is what it makes of the four, a gradient what they make of it, and the influence is their dot product. These
*features* stand side by side.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.block import Projection
from workers.influence.blocks.layout import Nodes, flat, place, take
from workers.influence.footprint import WIDEST
from workers.influence.passes.layer import LayerGradients, LayerTrace, jvp, opened, vjp, vjp_of_starts


@dataclass(frozen=True)
class Rows:
    """Tangents at a layer's input or gradients at its output, each row at one node or at every node in order."""

    nodes: Nodes
    values: Float[Tensor, "batch row place sample d"]


@dataclass(frozen=True)
class EndGradients:
    """Gradients within a layer at the ends of steps through it, all components counted."""

    ends: Nodes
    within: LayerGradients

    @classmethod
    def of(cls, trace: LayerTrace, ends: Rows) -> "EndGradients":
        """Of the gradients at the layer's output."""
        batch, rows, places, samples, _ = ends.values.shape
        pieces = [
            vjp(trace, ends.values[:, chunk], None if ends.nodes is None else ends.nodes[:, chunk])
            for chunk in chunks(trace, batch, rows, places * samples)
        ]
        return cls(ends.nodes, LayerGradients.join(pieces))

    def take(self, rows: Int[Tensor, "batch chosen"]) -> "EndGradients":
        """The chosen rows."""
        return EndGradients(chosen(self.ends, rows), self.within.take(rows))


def chosen(nodes: Nodes, rows: Int[Tensor, "batch chosen"]) -> Nodes:
    """The nodes of the chosen rows."""
    return None if nodes is None else nodes.gather(1, rows)


def chunks(trace: LayerTrace, batch: int, rows: int, vectors: int) -> list[slice]:
    """Runs of the rows, as long as is worth while where a row has that many vectors."""
    sizes, like = trace.block.sizes, trace.attention.key
    widest = max(sizes.inner, sizes.projected + sizes.width) * batch * vectors * like.element_size()
    size = max(1, WIDEST[like.device.type] // widest)
    return [slice(at, at + size) for at in range(0, rows, size)]


def tangent_features(projection: Projection, rows: Rows) -> Float[Tensor, "batch row place sample features"]:
    """What tangents make of query, key, value and skip connection of their nodes."""
    count, places = rows.values.shape[1:3]
    at = flat(rows.nodes, (count, places), rows.values)
    projected = projection.jvp(rows.values.flatten(1, 2), at).unflatten(1, (count, places))
    return torch.cat([projected, rows.values], -1)


def gradient_features(
    trace: LayerTrace, gradients: EndGradients, starts: Nodes, component: Int[Tensor, "batch row"]
) -> Float[Tensor, "batch row place sample features"]:
    """Gradients at query, key, value and skip connection of the starts, through the components given, a step a row."""
    by_head, by_skip = opened(component, trace.block.heads)
    projected = vjp_of_starts(trace, gradients.within.attention, gradients.ends, starts)
    by_head = by_head[:, :, None, None, None, :, None]
    projected.unflatten(-1, (3, trace.block.heads, -1)).mul_(by_head)
    skip = place(gradients.within.skip, gradients.ends, starts, trace.attention.length)
    return torch.cat([projected, skip * by_skip[:, :, None, None, None]], -1)


def step_vjp(
    trace: LayerTrace,
    gradients: EndGradients,
    shorter: Int[Tensor, "batch row"],
    starts: Nodes,
    component: Int[Tensor, "batch row"],
) -> Rows:
    """Gradients at the starts of steps, one a row, of the gradients `shorter` at their ends."""
    batch, rows = shorter.shape
    d = trace.block.sizes.width
    places, samples = _places(trace, starts), gradients.within.skip.shape[3]
    values = []
    for chunk in chunks(trace, batch, rows, max(places, _places(trace, gradients.ends)) * samples):
        at = None if starts is None else starts[:, chunk]
        features = gradient_features(trace, gradients.take(shorter[:, chunk]), at, component[:, chunk])
        projected, skip = features[..., :-d].flatten(1, 2), features[..., -d:]
        inputs = trace.projection.vjp(projected, flat(at, skip.shape[1:3], skip))
        values.append(inputs.unflatten(1, skip.shape[1:3]).add_(skip))
    return Rows(starts, torch.cat(values, 1))


def step_jvp(
    trace: LayerTrace,
    starts: Rows,
    shorter: Int[Tensor, "batch row"],
    ends: Nodes,
    component: Int[Tensor, "batch row"],
) -> Rows:
    """Tangents at the ends of steps, one a row, of the tangents `shorter` at their starts."""
    batch, rows = shorter.shape
    d = trace.block.sizes.width
    places, samples = starts.values.shape[2:4]
    features = tangent_features(trace.projection, starts)
    values = []
    for chunk in chunks(trace, batch, rows, max(_places(trace, ends), places) * samples):
        taken, nodes = take(features, shorter[:, chunk]), chosen(starts.nodes, shorter[:, chunk])
        to = None if ends is None else ends[:, chunk]
        values.append(jvp(trace, taken[..., -d:], taken[..., :-d], nodes, to, component[:, chunk]))
    return Rows(ends, torch.cat(values, 1))


def _places(trace: LayerTrace, nodes: Nodes) -> int:
    return trace.attention.length if nodes is None else 1
