"""Baseline patterns (paper, appendix C): paths from every source to the target that other methods choose.

Every method names a node of each layer between a source and the target, or a component of each step. What it looks at
is left behind by the batch's one forward and backward pass; the influence of what it names is that of any pattern
(`patterns`).

- `attention`: the path of largest product of attention weights at the input, averaged over heads and with the identity
  (`0.5 I + 0.5 M`, for the skip connections), by dynamic programming from the target down. `attention_raw`: of `M`.
  The step from i to j has the weight with which j attends to i.
- `conductance`: per layer the node of largest sign · conductance, `E_z[dq/dh · tangent of the source's word there]`,
  all paths counted. The sign is that of the word's influence, as in guided pattern refinement: a word that speaks
  against the answer does so through the nodes of its most negative conductance.
- `internal`: per layer the node of largest internal influence, `E_z[dq/dh]` (Definition 6; Leino et al. 2018). That is
  a vector, with an influence of each of the node's d neurons; the node's own is their sum, as its conductance is the
  sum of its neurons' conductances. It knows no word, nor a word's sign: all words share one path.
- `random`: every node uniform over the positions; at the level of attention, the path that guided pattern refinement
  found, each component uniform over those that its step has. Drawn from a seed of the sentence's own, so that it has
  the same patterns in whatever batch and run.
- `repl_skip`: the path that guided pattern refinement found, with the skip connection as the component of every step.
  There is none where a path moves, as every path from another position to the target does: its influence is 0. It says
  what a model does that keeps the nodes of the path, but no head (ablation).

Ties go to the lowest position.
"""

import functools
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.transformer import Transformer
from workers.influence.component import SKIP
from workers.influence.draws import random_components, random_paths, seeded
from workers.influence.graph import Graph
from workers.influence.interest import Distribution
from workers.influence.passes.forward import Sentences
from workers.influence.passes.forward_backward import ForwardBackward, attention_at_input
from workers.influence.passes.layer import jvp_everywhere
from workers.influence.passes.pattern_influence import Patterns, influence_of


@dataclass(frozen=True)
class BaselinePatterns:
    """The patterns of one method at one level, one of every source."""

    method: str
    path: Int[Tensor, "batch source nodes"]  # positions, layer 0 to L
    components: Int[Tensor, "batch source layer"] | None  # None at the level of embeddings
    influence: Float[Tensor, "batch source"]  # through the pattern


@dataclass(frozen=True)
class BaselineInputs:
    """What the methods choose from: a batch, its samples, and the paths that guided pattern refinement found."""

    transformer: Transformer
    sentences: Sentences
    distribution: Distribution
    slices: Sequence[ForwardBackward]
    sources: Int[Tensor, "batch source"]
    sign: Float[Tensor, "batch source"]  # of the sources' influences
    path: Int[Tensor, "batch source nodes"]

    @cached_property
    def attention(self) -> list[Float[Tensor, "batch _ node"]]:
        """Each layer's weights at the input."""
        return attention_at_input(self.transformer, self.sentences, self.distribution, self.slices)

    @property
    def graph(self) -> Graph:
        """The steps that there are."""
        return self.slices[0].graph

    def joined(self, between: Int[Tensor, "batch source layer"]) -> Int[Tensor, "batch source nodes"]:
        """Paths from the sources over these nodes to the target."""
        end = self.sentences.target[:, None].expand_as(self.sources)
        return torch.cat([self.sources[..., None], between, end[..., None]], -1)


def baseline_patterns(inputs: BaselineInputs, methods: Sequence[str]) -> tuple[BaselinePatterns, ...]:
    """The patterns of every method, in the order of the methods, those at the level of embeddings first."""
    return tuple(
        BaselinePatterns(method, path, components, influence_through(inputs.slices, path, components))
        for method in methods
        for path, components in choose(inputs, method)
    )


def choose(inputs: BaselineInputs, method: str) -> Iterator[tuple[Tensor, Tensor | None]]:
    """A method's path of every source at each of its levels, and the components of its steps."""
    target, sources = inputs.sentences.target, inputs.sources
    match method:
        case "attention":
            yield attention_paths(inputs.graph, with_identity(inputs.attention, target), sources, target), None
        case "attention_raw":
            yield attention_paths(inputs.graph, inputs.attention, sources, target), None
        case "conductance":
            gain = conductances(inputs.slices, sources) * inputs.sign[..., None, None]
            yield inputs.joined(gain.argmax(-1)), None  # the first of equals
        case "internal":
            between = internal_influences(inputs.slices).argmax(-1)
            yield inputs.joined(between[:, None].expand(-1, sources.shape[1], -1)), None
        case "random":
            path, components = random_patterns(inputs.graph, inputs.sentences, sources, inputs.path)
            yield path, None
            yield inputs.path, components
        case "repl_skip":
            yield inputs.path, torch.full_like(inputs.path[..., 1:], SKIP)
        case _:
            raise ValueError(f"unknown method {method!r}")


def influence_through(
    slices: Sequence[ForwardBackward],
    path: Int[Tensor, "batch source nodes"],
    components: Int[Tensor, "batch source layer"] | None,
) -> Float[Tensor, "batch source"]:
    """The influence of paths, through their components where they have any."""
    return influence_of(slices, Patterns.along(path) if components is None else Patterns(path.unbind(-1), components))


def attention_paths(
    graph: Graph,
    weights: Sequence[Float[Tensor, "batch _ node"]],
    sources: Int[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
) -> Int[Tensor, "batch source nodes"]:
    """The path of largest product of weights from every source; of equals the lowest where they part first.

    Args:
        weights: with which each layer's queries attend to its nodes; the only query of the last layer is the target.
    """
    everywhere = torch.arange(graph.length, device=target.device).expand(len(target), -1)
    logarithms = [each.double().log2() for each in weights]  # a product of many layers is no float32
    onward = logarithms[-1][:, 0]  # of each node's best path from there on
    choices: list[Tensor] = []
    for layer, each in reversed(list(enumerate(logarithms[:-1]))):
        there = graph.ends(layer, everywhere).transpose(1, 2)
        onward, choice = (each + onward[:, :, None]).masked_fill_(~there, -torch.inf).max(1)  # the first of equals
        choices.append(choice)
    path = [sources]
    for choice in reversed(choices):
        path.append(choice.gather(1, path[-1]))
    return torch.stack([*path, target[:, None].expand_as(sources)], -1)


def with_identity(
    weights: Sequence[Float[Tensor, "batch _ node"]], target: Int[Tensor, " batch"]
) -> list[Float[Tensor, "batch _ node"]]:
    """Each layer's weights averaged with those of a layer that attends to each query's own position only."""
    *below, last = weights
    own = torch.eye(last.shape[2], dtype=last.dtype, device=last.device)
    return [(each + own) / 2 for each in below] + [(last + own[target][:, None]) / 2]


def conductances(
    slices: Sequence[ForwardBackward], sources: Int[Tensor, "batch source"]
) -> Float[Tensor, "batch source layer node"]:
    """Conductance of every node of the layers 1 to L - 1 for each source; over a layer's nodes it adds up to I_s.

    The sources take turns: a batch's samples of one fill the device, and all at once would take many times the memory.
    """
    at_source = F.one_hot(sources, slices[0].graph.length).to(slices[0].tangent.dtype)
    return functools.reduce(operator.add, (_conductances(one, at_source) for one in slices))


def _conductances(
    one: ForwardBackward, at_source: Float[Tensor, "batch source node"]
) -> Float[Tensor, "batch source layer node"]:
    """Of a run of samples."""
    layers = one.graph.layers - 1
    found = at_source.new_zeros(*at_source.shape[:2], layers, one.graph.length)
    rows = one.tangent * at_source.transpose(0, 1)[..., None, None]  # one block of memory, written again and again
    for index in range(layers):
        trace, projection, gradient = one.trace(index), one.projection(index), one.output_gradient(index)
        for source, tangent in enumerate(rows):
            tangent.copy_(jvp_everywhere(trace, tangent, projection.jvp(tangent, None)))
            found[:, source, index] = (gradient * tangent).sum((2, 3))
    return found


def internal_influences(slices: Sequence[ForwardBackward]) -> Float[Tensor, "batch layer node"]:
    """Internal influence of every node of the layers 1 to L - 1, summed over its neurons."""
    graph, batch = slices[0].graph, len(slices[0].tangent)
    found = slices[0].tangent.new_zeros(batch, graph.layers - 1, graph.length)
    for one in slices:
        for index in range(graph.layers - 1):
            found[:, index] += one.output_gradient(index).sum((2, 3))
    return found


def random_patterns(
    graph: Graph,
    sentences: Sentences,
    sources: Int[Tensor, "batch source"],
    extracted: Int[Tensor, "batch source nodes"],
) -> tuple[Int[Tensor, "batch source nodes"], Int[Tensor, "batch source layer"]]:
    """A random path of every source, and random components of the path that was found for it.

    Drawn for every position, so that a source has the same ones whichever others there are.
    """
    everywhere = torch.arange(graph.length, device=sources.device)[None]
    paths: list[Tensor] = []
    components: list[Tensor] = []
    for ids, target, chosen, found in zip(sentences.ids, sentences.target, sources, extracted, strict=True):
        generator = seeded(ids)
        path = random_paths(graph, everywhere, target[None], 1, generator)[0, :, 0]
        paths.append(path[chosen])
        path[chosen] = found
        components.append(random_components(graph, path, generator)[chosen])
    return torch.stack(paths), torch.stack(components)
