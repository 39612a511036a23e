"""The best of all patterns, by exhaustive search with meeting in the middle.

The search is over a product of choices: the nodes between a word and the target, or the components along a path.
1. Cut it within a layer into all beginnings and all ends, each a product of fewer choices, where the cut costs least.
2. Carry the tangent of every beginning forward to that layer and the gradient of every end back to it.
3. For each node of that layer, one matrix product of what arrives there and what leaves there is the influence of
   every pattern through it. Keep the largest in the word's sign; ends are gone through in runs, for bounded memory.
"""

import functools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, zip_longest

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.component import ALL
from workers.influence.graph import Graph
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.layer import LayerTrace
from workers.influence.passes.pattern_influence import Patterns, gradients, shared_prefixes, shared_suffixes, tangents
from workers.influence.passes.steps import EndGradients, chunks, gradient_features, tangent_features

# A pattern's end that is met at a node costs about a quarter of a tangent or gradient that is carried through a layer.
MEETING = 0.25


@dataclass(frozen=True)
class Choices:
    """The patterns of one sentence that a search is over: one node of each layer, one component of each step."""

    nodes: Sequence[Sequence[int]]  # of layers 0 to L; the first are the words, each with a best pattern of its own
    components: Sequence[Sequence[int]]  # of the steps

    @classmethod
    def paths(cls, graph: Graph, sources: Sequence[int], target: int) -> "Choices":
        """All paths from each of some words to the target."""
        between = [graph.nodes(layer) for layer in range(1, graph.layers)]
        return cls([sources, *between, [target]], [[ALL]] * graph.layers)

    @classmethod
    def along(cls, graph: Graph, path: Sequence[int]) -> "Choices":
        """All components along a path."""
        components = [graph.components(start, end) for start, end in pairwise(path)]
        return cls([[node] for node in path], components)

    @property
    def size(self) -> int:
        """Patterns of each word."""
        return math.prod(map(len, (*self.nodes[1:], *self.components)))

    def carried(self, layer: int) -> int:
        """Tangents and gradients that are carried if beginnings and ends meet within a layer."""
        counts = [math.prod(map(len, self.before(end))) for end in range(1, layer + 1)]
        counts += [math.prod(map(len, self.after(start))) for start in range(layer + 1, len(self.nodes))]
        return sum(counts)

    def cut(self) -> int:
        """The layer within which it costs least."""
        layers = range(len(self.components))
        return min(layers, key=lambda layer: self.carried(layer) + MEETING * math.prod(map(len, self.after(layer))))

    def before(self, layer: int) -> list[Sequence[int]]:
        """What is chosen up to a node of a layer: nodes and components in turn."""
        return in_turn(self.nodes[: layer + 1], self.components[:layer])

    def after(self, layer: int) -> list[Sequence[int]]:
        """What is chosen from a node of a layer on."""
        return in_turn(self.nodes[layer:], self.components[layer:])


def in_turn(nodes: Sequence[Sequence[int]], components: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """The first layer's nodes, the first step's components, the second layer's nodes and so on."""
    return list(chain.from_iterable(zip_longest(nodes, components)))[:-1]


def products(choices: Sequence[Sequence[int]], device: torch.device) -> Int[Tensor, "row choice"]:
    """Every way to choose, in lexicographic order."""
    columns = [torch.tensor(list(some), device=device) for some in choices]
    return torch.cartesian_prod(*columns).view(-1, len(columns))


@dataclass(frozen=True)
class Best:
    """The pattern of largest sign · influence of each word."""

    path: Int[Tensor, "source nodes"]
    components: Int[Tensor, "source layer"]
    influence: Float[Tensor, " source"]


def best_of(slices: Sequence[ForwardBackward], choices: Choices, sign: Float[Tensor, " source"]) -> Best:
    """The best pattern of each of the choices' words, among all of them; of equals one of them.

    Args:
        slices: the samples of one sentence.
        sign: -1 where the most negative influence is sought.
    """
    layer, device = choices.cut(), sign.device
    before, after = products(choices.before(layer), device), products(choices.after(layer), device)
    each = len(before) // len(sign)  # beginnings of a word
    owner = torch.arange(len(sign), device=device).repeat_interleave(each)
    meetings = [Meeting.of(one, layer, before, after) for one in slices]
    samples = max(one.tangent.shape[2] for one in slices)

    gain = sign.new_full((len(before),), -torch.inf)  # of every beginning with its best end
    end = torch.zeros_like(owner)
    for node in choices.nodes[layer]:
        rows, ends = ((column == node).nonzero()[:, 0] for column in (before[:, -1], after[:, 0]))
        tangents_here = [meeting.beginnings(rows) for meeting in meetings]
        for chunk in chunks(meetings[0].trace, 1, len(ends), samples):
            gradients_here = [meeting.ends(ends[chunk]) for meeting in meetings]
            values = sum_of_products(tangents_here, gradients_here) * sign[owner[rows], None]
            best, index = values.max(1)
            better = best > gain[rows]
            gain[rows] = torch.where(better, best, gain[rows])
            end[rows] = torch.where(better, ends[chunk][index], end[rows])

    gain, index = gain.view(len(sign), each).max(1)
    beginning = index + torch.arange(0, len(before), each, device=device)
    chosen = torch.cat([before[beginning], after[end[beginning], 1:]], 1)
    return Best(chosen[:, ::2], chosen[:, 1::2], gain * sign)


def sum_of_products(
    left: Sequence[Float[Tensor, "row _"]], right: Sequence[Float[Tensor, "column _"]]
) -> Float[Tensor, "row column"]:
    """The dot product of every two, over all runs of samples."""
    return functools.reduce(operator.add, (one @ other.T for one, other in zip(left, right, strict=True)))


@dataclass(frozen=True)
class Meeting:
    """All beginnings and all ends within a layer, over a run of samples."""

    trace: LayerTrace
    before: Float[Tensor, "1 beginning 1 sample features"]
    beginning_of: Int[Tensor, " before"]
    after: EndGradients  # of every end without its first node and component
    end_of: Int[Tensor, " after"]
    starts: Int[Tensor, " after"]
    components: Int[Tensor, " after"]

    @classmethod
    def of(
        cls,
        one: ForwardBackward,
        layer: int,
        before: Int[Tensor, "before choice"],
        after: Int[Tensor, "after choice2"],
    ) -> "Meeting":
        """Of all tangents up to a layer and all gradients back to it, whose choices are given in turn."""
        prefix = Patterns(before[None, :, ::2].unbind(-1), before[None, :, 1::2])
        prefixes = shared_prefixes(prefix)
        open_component = torch.full_like(after[None, :, :1], ALL).expand(-1, -1, layer)
        suffix = Patterns(
            [None] * layer + list(after[None, :, ::2].unbind(-1)), torch.cat([open_component, after[None, :, 1::2]], -1)
        )
        suffixes = shared_suffixes(suffix)
        return cls(
            one.trace(layer),
            tangent_features(one.projection(layer), tangents(one, prefix, prefixes, layer)),
            prefixes[layer].member[0],
            gradients(one, suffix, suffixes, layer),
            suffixes[layer + 1].member[0],
            after[:, 0],
            after[:, 1],
        )

    def beginnings(self, rows: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen features"]:
        """What the chosen beginnings make of query, key, value and skip connection of their last node."""
        return self.before[0, self.beginning_of[rows]].flatten(1)

    def ends(self, rows: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen features"]:
        """Gradients of the chosen ends at query, key, value and skip connection of their first node."""
        after, starts, components = self.after.take(self.end_of[None, rows]), self.starts[None, rows], self.components
        return gradient_features(self.trace, after, starts, components[None, rows])[0].flatten(1)
