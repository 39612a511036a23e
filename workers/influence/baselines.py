"""Baseline patterns (paper, appendix C): paths from every source to the target that other methods choose.

Every method names a node of each layer between a source and the target, or a component of each step; what they look at
is left behind by the one forward and backward pass of the batch.

- `attention`: the path of largest product of attention weights at the input, averaged over heads and with the identity
  (`0.5 I + 0.5 M`, for the skip connections), by dynamic programming from the target down. `attention_raw`: of `M`.
  The step from i to j has the weight with which j attends to i.
- `conductance`: per layer the node of largest sign · conductance, `E_z[dq/dh · tangent of the source's word there]`,
  all paths counted: like GPR it seeks what carries the word's influence, which of some words is negative.
- `internal`: per layer the node of largest internal influence, `E_z[dq/dh]` (Definition 6; Leino et al. 2018). That is a
  vector, an influence of each of the node's d neurons; the node's is their sum, as its conductance is the sum of its
  neurons', and as what Captum gives is summed up over a token. It knows no word, nor its sign: all words share one path.
- `random`: every node uniform over the positions; at the level of attention, components of the same path, each uniform
  over those that its step has. Drawn anew from the sentence's own seed, so that a sentence has the same patterns in
  whatever batch and run.
- `repl_skip`: the components that GPR found, every head replaced by the skip connection.

Ties go to the lowest position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.component import SKIP
from workers.influence.draws import random_components, random_paths
from workers.influence.edges import Departure, advance_all
from workers.influence.encoder import Encoder
from workers.influence.forward import Samples, Sentences, attention_at_input
from workers.influence.interest import Line


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
    """Conductance of every node of the layers 1 to L - 1 for each source; over a layer's nodes it adds up to I_s."""
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


def seeded(ids: Int[Tensor, " pos"]) -> torch.Generator:
    """A generator of the CPU that begins alike for the same sentence."""
    words = " ".join(map(str, ids.tolist()))
    return torch.Generator().manual_seed(int.from_bytes(sha256(words.encode()).digest()[:8]))


def random_patterns(
    sentences: Sentences, sources: Int[Tensor, "batch source"], layers: int, heads: int
) -> tuple[Int[Tensor, "batch source nodes"], Int[Tensor, "batch source layer"]]:
    """A random path of every source, and random components of it."""
    length = sentences.ids.shape[1]
    everywhere = torch.arange(length, device=sources.device)[None]
    paths: list[Tensor] = []
    components: list[Tensor] = []
    for ids, target, chosen in zip(sentences.ids, sentences.target, sources, strict=True):
        generator = seeded(ids)
        path = random_paths(everywhere, target[None], length, layers, 1, generator)[0, :, 0]
        paths.append(path[chosen])
        components.append(random_components(path, heads, generator)[chosen])
    return torch.stack(paths), torch.stack(components)
