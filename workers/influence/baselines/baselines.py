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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.encoder import Encoder
from workers.influence.component import SKIP
from workers.influence.draws import random_components, random_paths, seeded
from workers.influence.interest import Distribution
from workers.influence.passes.edges import Departure, advance_all
from workers.influence.passes.forward import Samples, Sentences, attention_at_input
from workers.influence.passes.pattern_influence import Patterns, influence_of


@dataclass(frozen=True)
class BaselinePatterns:
    """The patterns of one method at one level, one of every source."""

    method: str
    path: Int[Tensor, "batch source nodes"]  # positions, layer 0 to L
    components: Int[Tensor, "batch source layer"] | None  # None at the level of embeddings
    influence: Float[Tensor, "batch source"]  # through the pattern


@dataclass(frozen=True)
class Given:
    """What the methods choose from: a batch, its samples, and the paths that guided pattern refinement found."""

    encoder: Encoder
    sentences: Sentences
    distribution: Distribution
    parts: Sequence[Samples]
    sources: Int[Tensor, "batch source"]
    sign: Float[Tensor, "batch source"]  # of the sources' influences
    path: Int[Tensor, "batch source nodes"]

    @cached_property
    def attention(self) -> list[Float[Tensor, "batch _ node"]]:
        """Each layer's weights at the input."""
        return attention_at_input(self.encoder, self.sentences, self.distribution, self.parts)

    def joined(self, between: Int[Tensor, "batch source layer"]) -> Int[Tensor, "batch source nodes"]:
        """Paths from the sources over these nodes to the target."""
        end = self.sentences.target[:, None].expand_as(self.sources)
        return torch.cat([self.sources[..., None], between, end[..., None]], -1)


def baseline_patterns(given: Given, methods: Sequence[str]) -> tuple[BaselinePatterns, ...]:
    """The patterns of every method, in the order of the methods, those at the level of embeddings first."""
    return tuple(
        BaselinePatterns(method, path, components, influence_through(given.parts, path, components))
        for method in methods
        for path, components in choose(given, method)
    )


def choose(given: Given, method: str) -> Iterator[tuple[Tensor, Tensor | None]]:
    """A method's path of every source at each of its levels, and the components of its steps."""
    target, sources = given.sentences.target, given.sources
    match method:
        case "attention":
            yield attention_paths(with_identity(given.attention, target), sources, target), None
        case "attention_raw":
            yield attention_paths(given.attention, sources, target), None
        case "conductance":
            gain = conductances(given.parts, sources) * given.sign[..., None, None]
            yield given.joined(gain.argmax(-1)), None  # the first of equals
        case "internal":
            between = internal_influences(given.parts).argmax(-1)
            yield given.joined(between[:, None].expand(-1, sources.shape[1], -1)), None
        case "random":
            path, components = random_patterns(given.encoder, given.sentences, sources, given.path)
            yield path, None
            yield given.path, components
        case "repl_skip":
            yield given.path, torch.full_like(given.path[..., 1:], SKIP)
        case _:
            raise ValueError(f"unknown method {method!r}")


def influence_through(
    parts: Sequence[Samples],
    path: Int[Tensor, "batch source nodes"],
    components: Int[Tensor, "batch source layer"] | None,
) -> Float[Tensor, "batch source"]:
    """The influence of paths, through their components where they have any."""
    return influence_of(parts, Patterns.along(path) if components is None else Patterns(path.unbind(-1), components))


def attention_paths(
    weights: Sequence[Float[Tensor, "batch _ node"]],
    sources: Int[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
) -> Int[Tensor, "batch source nodes"]:
    """The path of largest product of weights from every source; of equals the lowest where they part first.

    Args:
        weights: with which each layer's queries attend to its nodes; the only query of the last layer is the target.
    """
    logarithms = [each.double().log2() for each in weights]  # a product of many layers is no float32
    onward = logarithms[-1][:, 0]  # of each node's best path from there on
    choices: list[Tensor] = []
    for each in reversed(logarithms[:-1]):
        onward, choice = (each + onward[:, :, None]).max(1)  # the first of equals
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
    parts: Sequence[Samples], sources: Int[Tensor, "batch source"]
) -> Float[Tensor, "batch source layer node"]:
    """Conductance of every node of the layers 1 to L - 1 for each source; over a layer's nodes it adds up to I_s.

    The sources take turns: a batch's samples of one fill the device, and all at once would take many times the memory.
    """
    length, layers = parts[0].tangent.shape[1], len(parts[0].layers)
    everywhere = torch.arange(length, device=sources.device).expand(len(sources), -1)
    at_source = F.one_hot(sources, length).to(parts[0].tangent.dtype)
    found = at_source.new_zeros(*sources.shape, layers - 1, length)
    for part in parts:
        tangents = [part.tangent * only[:, :, None, None] for only in at_source.unbind(1)]
        for index in range(layers - 1):
            trace, gradient = part.trace(index), part.output_gradient(index)
            for source, tangent in enumerate(tangents):
                departure = Departure.of(part.layers[index], everywhere, tangent)
                tangents[source] = advance_all(trace, departure)
                found[:, source, index] += (gradient * tangents[source]).sum((2, 3))
    return found


def internal_influences(parts: Sequence[Samples]) -> Float[Tensor, "batch layer node"]:
    """Internal influence of every node of the layers 1 to L - 1, summed over its neurons."""
    batch, length = parts[0].tangent.shape[:2]
    found = parts[0].tangent.new_zeros(batch, len(parts[0].layers) - 1, length)
    for part in parts:
        for index in range(found.shape[1]):
            found[:, index] += part.output_gradient(index).sum((2, 3))
    return found


def random_patterns(
    encoder: Encoder,
    sentences: Sentences,
    sources: Int[Tensor, "batch source"],
    extracted: Int[Tensor, "batch source nodes"],
) -> tuple[Int[Tensor, "batch source nodes"], Int[Tensor, "batch source layer"]]:
    """A random path of every source, and random components of the path that was found for it.

    Drawn for every position, so that a source has the same ones whichever others there are.
    """
    length = sentences.ids.shape[1]
    everywhere = torch.arange(length, device=sources.device)[None]
    paths: list[Tensor] = []
    components: list[Tensor] = []
    for ids, target, chosen, found in zip(sentences.ids, sentences.target, sources, extracted, strict=True):
        generator = seeded(ids)
        path = random_paths(everywhere, target[None], length, len(encoder.layers), 1, generator)[0, :, 0]
        paths.append(path[chosen])
        path[chosen] = found
        components.append(random_components(path, encoder.heads, generator)[chosen])
    return torch.stack(paths), torch.stack(components)
