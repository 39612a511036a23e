"""Guided pattern refinement as the authors' code does it: stop-gradient masks and passes over the whole model.

For one sentence and one source word s, with every pass a run over the whole model and all samples:

1. GPR-e, for each layer l = 1..L-1, 2 passes:
   a. tangents: the displacement of s is pushed forward, h^0..h^(l-1) masked to the path so far, and read at h^l;
   b. gradients: the quantity of interest is pulled back through the open model, and read at h^l.
   Their dot product at position i, averaged over the samples, is the influence of the path with h^l_i appended.
2. GPR-a, for each step l = 0..L-1 of the path, 4 passes:
   a. tangents, masked to the path before the step and to the components chosen so far, read at the heads' outputs;
   b. gradients, masked to the path after the step, read at the heads' outputs;
   c. and d., the same two for the input of the skip connection.
   The dot products at the step's target are the candidates' influences.

That is 2(L-1) + 4L passes a word, and one for the words' total influences and signs. A gradient pass is one forward
and one backward; a tangent pass is one forward in forward-mode autograd, which takes about half as long again. The
values of the forward pass never change: a mask detaches. Beam 1; later steps confined to the path, their components
free.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd import forward_ad

from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import ACTIVATIONS
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.transformer import Transformer
from workers.influence.component import SKIP


@dataclass(frozen=True)
class Masks:
    """What stays open to derivatives: one position at each layer named, one component at each step named."""

    nodes: dict[int, int] = field(default_factory=dict)
    components: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Activations:
    """One pass over the whole model."""

    hidden: list[Float[Tensor, "sample pos d"]]  # h^0..h^L
    heads: list[Float[Tensor, "sample pos head dh"]]  # the heads' outputs at each layer
    skips: list[Float[Tensor, "sample pos d"]]  # what enters the skip connection at each layer
    qoi: Float[Tensor, " sample"]


@dataclass(frozen=True)
class Word:
    """The patterns of one source word."""

    path: tuple[int, ...]
    components: tuple[int, ...]
    embedding_trace: tuple[float, ...]
    attention_trace: tuple[float, ...]


def _norm(inputs: Tensor, norm: LayerNorm) -> Tensor:
    return F.layer_norm(inputs, inputs.shape[-1:], norm.weight, norm.bias, norm.eps)


def _only(value: Tensor, index: int | None, dim: int) -> Tensor:
    """The value; derivatives pass at `index` of `dim` alone (everywhere for None, nowhere for SKIP)."""
    if index is None:
        return value
    kept = torch.arange(value.shape[dim], device=value.device) == index
    shape = [1] * value.dim()
    shape[dim] = -1
    return torch.where(kept.view(shape), value, value.detach())


class Reference:
    """The whole-model passes of one sentence; `passes` counts them."""

    def __init__(
        self,
        encoder: Transformer,
        ids: Sequence[int],
        target: int,
        interest: Callable[[Tensor], Tensor],  # hidden [1, sample, d] -> [1, sample]
        baseline_id: int,
        points: Float[Tensor, " sample"],
        weights: Float[Tensor, " sample"],
    ):
        self.encoder, self.target, self.interest, self.weights = encoder, target, interest, weights
        baseline = encoder.word_embeddings[baseline_id]
        self.displacement = encoder.word_embeddings[list(ids)] - baseline
        self.line = baseline + points[:, None, None] * self.displacement
        self.passes = 0

    def forward(self, words: Float[Tensor, "sample pos d"], masks: Masks) -> Activations:
        encoder = self.encoder
        embeddings = encoder.embeddings
        assert isinstance(embeddings, BertEmbeddings) and embeddings.token_type is not None
        hidden = _norm(words + embeddings.positions[: words.shape[1]] + embeddings.token_type, embeddings.norm)
        all_hidden, all_heads, all_skips = [hidden], [], []
        for number, layer in enumerate(encoder.layers):
            assert isinstance(layer, PostLN)
            seen = _only(hidden, masks.nodes.get(number), dim=1)
            skip = seen.view_as(seen)
            heads = self.attention(seen, layer)
            component = masks.components.get(number)
            attended = layer.output(_only(heads, component, dim=2).flatten(-2))
            middle = _norm((skip if component in (None, SKIP) else skip.detach()) + attended, layer.norm1)
            block = layer.feed_forward
            hidden = _norm(middle + block.down(ACTIVATIONS[block.activation](block.up(middle))), layer.norm2)
            all_hidden.append(hidden)
            all_heads.append(heads)
            all_skips.append(skip)
        return Activations(all_hidden, all_heads, all_skips, self.interest(hidden[None, :, self.target])[0])

    def attention(self, hidden: Float[Tensor, "sample pos d"], layer: PostLN) -> Float[Tensor, "sample pos head dh"]:
        projected = layer.projection.qkv(hidden)
        query, key, value = (
            part.unflatten(-1, (self.encoder.heads, -1)).transpose(1, 2) for part in projected.chunk(3, dim=-1)
        )
        return ((query @ key.transpose(-1, -2)).softmax(-1) @ value).transpose(1, 2)

    def tangents(self, masks: Masks, read: Callable[[Activations], Tensor]) -> Tensor:
        """The displacement pushed forward along what the masks leave open, where `read` looks."""
        self.passes += 1
        with torch.no_grad(), forward_ad.dual_level():
            dual = forward_ad.make_dual(self.line, self.displacement.expand_as(self.line).contiguous())
            primal, tangent = forward_ad.unpack_dual(read(self.forward(dual, masks)))
        return torch.zeros_like(primal) if tangent is None else tangent

    def gradients(self, masks: Masks, read: Callable[[Activations], Tensor]) -> Tensor:
        """The quantity of interest pulled back along what the masks leave open, where `read` looks."""
        self.passes += 1
        words = self.line.clone().requires_grad_()
        activations = self.forward(words, masks)
        qoi = activations.qoi.sum()
        return torch.autograd.grad(qoi, [read(activations), words], allow_unused=True, materialize_grads=True)[0]

    def mean(self, products: Float[Tensor, "sample candidate"]) -> Float[Tensor, " candidate"]:
        return self.weights @ products

    def total(self) -> Float[Tensor, " pos"]:
        """I_s of every word s."""
        self.passes += 1
        words = self.line.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(self.forward(words, Masks()).qoi.sum(), words)
        return self.mean((gradient * self.displacement).sum(-1))

    def word(self, source: int, total: float) -> Word:
        """GPR-e, then GPR-a, of one source word with total influence `total`."""
        layers, sign = len(self.encoder.layers), -1 if total < 0 else 1
        path, embedding_trace = [source], []
        for layer in range(1, layers):
            scores = self.node_scores(layer, dict(enumerate(path)))
            path.append(int((sign * scores).argmax()))
            embedding_trace.append(float(scores[path[-1]]))
        path.append(self.target)
        embedding_trace.append(embedding_trace[-1] if embedding_trace else total)

        components, attention_trace = [], []
        for step in range(layers):
            scores = self.component_scores(step, path, components)
            if path[step] != path[step + 1]:
                scores[0] = -sign * torch.inf  # no skip between different positions
            components.append(int((sign * scores).argmax()) + SKIP)
            attention_trace.append(float(scores[components[-1] - SKIP]))
        return Word(tuple(path), tuple(components), tuple(embedding_trace), tuple(attention_trace))

    def node_scores(self, layer: int, prefix: dict[int, int]) -> Float[Tensor, " pos"]:
        def read(activations: Activations) -> Tensor:
            return activations.hidden[layer]

        return self.mean((self.tangents(Masks(prefix), read) * self.gradients(Masks(), read)).sum(-1))

    def component_scores(self, step: int, path: list[int], chosen: list[int]) -> Float[Tensor, " component"]:
        """The skip's influence (0 where there is none), then each head's."""
        before = Masks(dict(enumerate(path[: step + 1])), dict(enumerate(chosen)))
        after = Masks({layer: path[layer] for layer in range(step + 1, len(path))})

        def heads(activations: Activations) -> Tensor:
            return activations.heads[step]

        def skip(activations: Activations) -> Tensor:
            return activations.skips[step]

        at_heads = self.tangents(before, heads) * self.gradients(after, heads)
        at_skip = self.tangents(before, skip) * self.gradients(after, skip)
        position = path[step + 1]
        return torch.cat(
            [self.mean(at_skip[:, position].sum(-1, keepdim=True)), self.mean(at_heads[:, position].sum(-1))]
        )
