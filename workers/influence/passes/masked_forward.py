"""Ablation: the quantity of interest when only chosen nodes and components carry anything (paper, Table 2).

1. A *set* is what one ablation keeps: nodes h^l_i of layers 0 to L - 1 (of layer L only the target reaches q, and it
   always stays), and for every step the components through which something arrives at a node.
2. All sets of a sentence share its embedding; from there each runs the layers on its own, as one sample of the engine.
3. Before a layer reads them, nodes that are not kept are replaced: by zeros, or by a mean activation.
4. Within a layer, the outputs of heads and the inputs of skip connections that are not kept are zero.

There are no gradients and no line here: this is the sentence itself.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.transformer import Transformer
from workers.influence.component import SKIP
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences, embed, query_of
from workers.influence.passes.layer import forward_layer


@dataclass(frozen=True)
class KeepMask:
    """What each set of each sentence keeps."""

    nodes: Bool[Tensor, "batch set layer pos"]  # h^l, l = 0..L-1
    components: Bool[Tensor, "batch set layer component pos"]  # of the step from l to l + 1 that ends there; 0: skip

    @classmethod
    def of_patterns(
        cls,
        paths: Int[Tensor, "batch set pattern nodes"],
        components: Int[Tensor, "batch set pattern layer"] | None,
        length: int,
        heads: int,
    ) -> "KeepMask":
        """The union of each set's patterns: the nodes they visit and the components they step through.

        Args:
            components: head or SKIP of every step; None where all components stay, as at embedding level.
        """
        batch, sets, _, nodes = paths.shape
        layers = nodes - 1
        visited = torch.zeros(batch, sets, layers, length, dtype=torch.bool, device=paths.device)
        visited.scatter_(3, paths[..., :-1].transpose(2, 3), value=True)
        shape = (batch, sets, layers, heads + 1, length)
        if components is None:
            return cls(visited, torch.ones(shape, dtype=torch.bool, device=paths.device))
        used = torch.zeros(shape, dtype=torch.bool, device=paths.device).flatten(3)
        used.scatter_(3, ((components - SKIP) * length + paths[..., 1:]).transpose(2, 3), value=True)
        return cls(visited, used.unflatten(3, shape[3:]))

    def run(self, first: int, last: int) -> "KeepMask":
        """The sets from `first` up to `last`."""
        return KeepMask(self.nodes[:, first:last], self.components[:, first:last])


@torch.no_grad()
def ablate(
    transformer: Transformer,
    sentences: Sentences,
    kept: KeepMask,
    replacement: Float[Tensor, "layer pos d"] | None = None,
    *,
    sets_at_once: int | None = None,
) -> Float[Tensor, "batch set"]:
    """The quantity of interest of every sentence under each of its sets; in its own unit, logits.

    Args:
        replacement: what stands in for nodes that are not kept, layers 0 to L - 1; None for zeros.
        sets_at_once: bounds the memory; None for all.
    """
    at_once = sets_at_once or max(1, kept.nodes.shape[1])
    embedding = embed(transformer, sentences, Line.at(1.0, like=transformer.word_embeddings))[0]
    runs = [kept.run(first, first + at_once) for first in range(0, kept.nodes.shape[1], at_once)]
    return torch.cat([_ablate(transformer, sentences, embedding, run, replacement) for run in runs], 1)


def _ablate(
    transformer: Transformer,
    sentences: Sentences,
    embedding: Float[Tensor, "batch pos 1 d"],
    kept: KeepMask,
    replacement: Float[Tensor, "layer pos d"] | None,
) -> Float[Tensor, "batch set"]:
    hidden, target = embedding, sentences.target[:, None]
    zero = embedding.new_zeros(())
    last = len(transformer.layers) - 1
    for index, block in enumerate(transformer.layers):
        instead = zero if replacement is None else replacement[index, :, None]
        hidden = torch.where(kept.nodes[:, :, index].transpose(1, 2)[..., None], hidden, instead)
        components = kept.components[:, :, index]
        if index == last:
            at_target = target[:, :, None, None].expand(*components.shape[:3], 1)
            components = components.gather(3, at_target)
        hidden = forward_layer(block, hidden, query_of(transformer, sentences, index), components)[0]
    return sentences.interest(hidden[:, 0])


@torch.no_grad()
def activation_sums(transformer: Transformer, sentences: Sentences) -> Float[Tensor, "layer pos d"]:
    """h^l of every position, l = 0 to L - 1, added up over the sentences, in float64: what means are made of."""
    hidden = embed(transformer, sentences, Line.at(1.0, like=transformer.word_embeddings))[0]
    sums = [hidden[:, :, 0].sum(0, dtype=torch.float64)]
    for block in transformer.layers[:-1]:
        hidden = forward_layer(block, hidden, None)[0]
        sums.append(hidden[:, :, 0].sum(0, dtype=torch.float64))
    return torch.stack(sums)
