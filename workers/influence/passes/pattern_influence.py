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

from workers.influence.blocks.rules import take
from workers.influence.component import ALL
from workers.influence.passes.forward import Samples
from workers.influence.passes.sharing import Shared, share
from workers.influence.passes.steps import Arrived, Rows, asked, chunks, departing, pull, push


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

    def places(self, layer: int, rows: Int[Tensor, "batch chosen"], length: int) -> Int[Tensor, "batch chosen place"]:
        """The nodes of a layer that count, in the chosen patterns."""
        nodes = self.nodes[layer]
        if nodes is None:
            return torch.arange(length, device=rows.device).expand(*rows.shape, length)
        return nodes.gather(1, rows)[..., None]

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


def influence_of(parts: Sequence[Samples], patterns: Patterns) -> Float[Tensor, "batch row"]:
    """The influence of every pattern, from its word to the quantity of interest.

    A pattern whose skip connection moves from one node to another does not exist and has no influence: 0.
    """
    prefixes, suffixes = shared_prefixes(patterns), shared_suffixes(patterns)
    meet = cheapest(patterns, prefixes, suffixes, parts[0].tangent.shape[1])
    each = (
        meet_within(part, meet, patterns, tangents(part, patterns, prefixes, meet), prefixes[meet].member, suffixes)
        for part in parts
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


def tangents(part: Samples, patterns: Patterns, prefixes: Sequence[Shared], layer: int) -> Rows:
    """The tangent of each distinct prefix up to a layer."""
    length = part.tangent.shape[1]
    nodes = patterns.places(0, prefixes[0].example, length)
    rows = Rows(nodes, take(part.tangent, nodes.flatten(1)).unflatten(1, nodes.shape[1:]))
    for index in range(layer):
        example = prefixes[index + 1].example
        ends = patterns.places(index + 1, example, length)
        shorter = prefixes[index].member.gather(1, example)
        rows = push(part.trace(index), rows, shorter, ends, patterns.through(index, example))
    return rows


def gradients(part: Samples, patterns: Patterns, suffixes: Sequence[Shared], layer: int) -> Arrived:
    """The gradient of each distinct suffix, within the layer that it begins at the end of."""
    length, last = part.tangent.shape[1], len(part.layers) - 1
    ends = patterns.places(last + 1, suffixes[last + 1].example, length)
    gradient = part.output_gradient(last)[:, None].expand(-1, ends.shape[1], -1, -1, -1)
    arrived = Arrived.of(part.trace(last), Rows(ends, gradient))
    for index in reversed(range(layer + 1, last + 1)):
        example = suffixes[index].example
        starts = patterns.places(index, example, length)
        shorter = suffixes[index + 1].member.gather(1, example)
        rows = pull(part.trace(index), arrived, shorter, starts, patterns.through(index, example))
        arrived = Arrived.of(part.trace(index - 1), rows)
    return arrived


def meet_within(
    part: Samples,
    layer: int,
    patterns: Patterns,
    prefix: Rows,
    prefix_of: Int[Tensor, "batch row"],
    suffixes: Sequence[Shared],
) -> Float[Tensor, "batch row"]:
    """The influence of every pattern over a run of samples."""
    length, samples = part.tangent.shape[1:3]
    trace = part.trace(layer)
    departure = departing(trace.layer, prefix)
    arrived, suffix_of = gradients(part, patterns, suffixes, layer), suffixes[layer + 1].member
    starts, component = patterns.places(layer, patterns.rows, length), patterns.through(layer, patterns.rows)
    batch, rows, places = starts.shape
    values = [
        (
            asked(trace, arrived.take(suffix_of[:, chunk]), starts[:, chunk], component[:, chunk])
            * take(departure, prefix_of[:, chunk])
        ).sum((2, 3, 4))
        for chunk in chunks(trace.layer, batch, rows, max(places, arrived.nodes.shape[2]) * samples)
    ]
    return torch.cat(values, 1)
