"""Influence of any patterns that are given (paper, Definition 2): exact, and shared where patterns are alike.

1. Patterns of a sentence that begin alike are one prefix, those that end alike one suffix.
2. Choose the layer within which prefixes and suffixes meet: where the fewest of them are to be carried.
3. Carry the tangent of each distinct prefix forward to that layer, and the gradient of each distinct suffix,
   which does not depend on the word, back to it.
4. The influence of a pattern is the dot product of the two, summed over samples (see `steps`).
"""

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.layout import Nodes, take
from workers.influence.component import ALL
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.sharing import Shared, share
from workers.influence.passes.steps import (
    EndGradients,
    Rows,
    chosen,
    chunks,
    gradient_features,
    step_jvp,
    step_vjp,
    tangent_features,
)


@dataclass(frozen=True)
class Patterns:
    """As many patterns for each sentence of a batch, which leave the same layers open."""

    nodes: Sequence[Int[Tensor, "batch row"] | None]  # of layers 0 to L; None where every node counts
    component: Int[Tensor, "batch row layer"]  # of each step: a head, SKIP or ALL

    @classmethod
    def along(cls, path: Int[Tensor, "batch row nodes"]) -> "Patterns":
        """Complete paths, all components counted."""
        return cls(path.unbind(-1), torch.full_like(path[..., 1:], ALL))

    @property
    def rows(self) -> Int[Tensor, "batch row"]:
        """The patterns' own numbers."""
        batch, rows, _ = self.component.shape
        return torch.arange(rows, device=self.component.device).expand(batch, rows)

    def at(self, layer: int, rows: Int[Tensor, "batch chosen"]) -> Nodes:
        """The node of a layer, in the chosen patterns; None where every node counts."""
        return chosen(self.nodes[layer], rows)

    def through(self, layer: int, rows: Int[Tensor, "batch chosen"]) -> Int[Tensor, "batch chosen"]:
        """The components of the step through a layer, in the chosen patterns."""
        return self.component[..., layer].gather(1, rows)

    def to(self, device: torch.device) -> "Patterns":
        """The same patterns on a device."""
        nodes = [None if nodes is None else nodes.to(device) for nodes in self.nodes]
        return Patterns(nodes, self.component.to(device))

    def split(self, size: int) -> list["Patterns"]:
        """The same patterns in runs of at most `size`."""
        runs = [slice(at, at + size) for at in range(0, self.component.shape[1], size)]
        return [
            Patterns([None if nodes is None else nodes[:, run] for nodes in self.nodes], self.component[:, run])
            for run in runs
        ]


def influence_of(slices: Sequence[ForwardBackward], patterns: Patterns) -> Float[Tensor, "batch row"]:
    """The influence of every pattern, from its word to the quantity of interest.

    A pattern whose skip connection moves from one node to another does not exist and has no influence: 0.
    """
    prefixes, suffixes = shared_prefixes(patterns), shared_suffixes(patterns)
    meet = cheapest(patterns, prefixes, suffixes, slices[0].graph.length)
    each = (
        meet_within(one, meet, patterns, tangents(one, patterns, prefixes, meet), prefixes[meet].member, suffixes)
        for one in slices
    )
    return functools.reduce(operator.add, each)


def shared_prefixes(patterns: Patterns) -> list[Shared]:
    """The distinct prefixes up to each layer, 0 to L."""
    prefixes: list[Shared] = []
    key = torch.zeros_like(patterns.rows)
    for index, nodes in enumerate(patterns.nodes):
        prefixes.append(share(key if nodes is None else longer(key, nodes)))
        if index < len(patterns.nodes) - 1:
            key = longer(prefixes[-1].member, patterns.component[..., index] - ALL)
    return prefixes


def shared_suffixes(patterns: Patterns) -> list[Shared]:
    """The distinct suffixes from each layer on, 0 to L."""
    suffixes: list[Shared] = []
    key = torch.zeros_like(patterns.rows)
    for index, nodes in reversed(list(enumerate(patterns.nodes))):
        suffixes.append(share(key if nodes is None else longer(key, nodes)))
        if index > 0:
            key = longer(suffixes[-1].member, patterns.component[..., index - 1] - ALL)
    return suffixes[::-1]


def longer(member: Int[Tensor, "batch row"], choice: Int[Tensor, "batch row"]) -> Int[Tensor, "batch row"]:
    """A number for each prefix or suffix with one more choice, from 0 up."""
    return member * (choice.max() + 1) + choice


def cheapest(patterns: Patterns, prefixes: Sequence[Shared], suffixes: Sequence[Shared], length: int) -> int:
    """The layer within which the two meet, so that the fewest tangents and gradients are to be carried."""
    layers = range(len(patterns.nodes) - 1)
    places = [length if nodes is None else 1 for nodes in patterns.nodes]

    def carried(meet: int) -> int:
        forward = sum(prefixes[layer].count * places[layer] for layer in range(1, meet + 1))
        return forward + sum(suffixes[layer].count * places[layer] for layer in range(meet + 1, len(places)))

    return min(layers, key=carried)


def tangents(one: ForwardBackward, patterns: Patterns, prefixes: Sequence[Shared], layer: int) -> Rows:
    """The tangent of each distinct prefix up to a layer."""
    nodes = patterns.at(0, prefixes[0].example)
    whole = one.tangent[:, None].expand(-1, prefixes[0].count, -1, -1, -1)
    rows = Rows(nodes, whole if nodes is None else take(one.tangent, nodes).unsqueeze(2))
    for index in range(layer):
        example = prefixes[index + 1].example
        shorter = prefixes[index].member.gather(1, example)
        ends, through = patterns.at(index + 1, example), patterns.through(index, example)
        rows = step_jvp(one.trace(index), rows, shorter, ends, through)
    return rows


def gradients(one: ForwardBackward, patterns: Patterns, suffixes: Sequence[Shared], layer: int) -> EndGradients:
    """The gradient of each distinct suffix, within the layer that it begins at the end of."""
    last = one.graph.layers - 1
    ends = patterns.at(last + 1, suffixes[last + 1].example)
    gradient = one.output_gradient(last)[:, None].expand(-1, suffixes[last + 1].count, -1, -1, -1)
    found = EndGradients.of(one.trace(last), Rows(ends, gradient))
    for index in reversed(range(layer + 1, last + 1)):
        example = suffixes[index].example
        shorter = suffixes[index + 1].member.gather(1, example)
        starts, through = patterns.at(index, example), patterns.through(index, example)
        found = EndGradients.of(one.trace(index - 1), step_vjp(one.trace(index), found, shorter, starts, through))
    return found


def meet_within(
    one: ForwardBackward,
    layer: int,
    patterns: Patterns,
    prefix: Rows,
    prefix_of: Int[Tensor, "batch row"],
    suffixes: Sequence[Shared],
) -> Float[Tensor, "batch row"]:
    """The influence of every pattern over a run of samples."""
    trace = one.trace(layer)
    before = tangent_features(trace.projection, prefix)
    after, suffix_of = gradients(one, patterns, suffixes, layer), suffixes[layer + 1].member
    starts, component = patterns.at(layer, patterns.rows), patterns.through(layer, patterns.rows)
    batch, rows = component.shape
    places, samples = before.shape[2:4]
    values = [
        gradient_features(
            trace,
            after.take(suffix_of[:, chunk]),
            None if starts is None else starts[:, chunk],
            component[:, chunk],
        )
        .mul_(take(before, prefix_of[:, chunk]))
        .sum((2, 3, 4))
        for chunk in chunks(trace, batch, rows, max(places, after.within.skip.shape[2]) * samples)
    ]
    return torch.cat(values, 1)
