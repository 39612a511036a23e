"""Influence by brute force: one masked forward and backward pass for every single pattern.

Nothing here is shared with the engine. The forward pass is written out from the definition of a layer, post-LayerNorm
or pre-norm, and the influence of a pattern is read off in the most literal way (Lu et al. 2021, section 3.1):

1. Every edge of the attention-level graph that the pattern does not use gets a stop-gradient (`detach`): the values
   of the forward pass stay what they are, and derivatives flow along the pattern's paths alone.
2. Autograd gives the gradient of the quantity of interest at the word embeddings, separately for each sample of the
   line from the baseline to the input, or at points around the input.
3. Its dot product with the displacement (x - xb), averaged with the samples' weights, is the pattern's influence.

Patterns are laid side by side in a leading dimension for speed; each has its own masks, its own leaf and its own
forward pass.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tests.oracle.pre_ln import PlainEmbeddings, RMSNorm, RMSPreLN
from workers.influence.blocks.block import Block
from workers.influence.blocks.embeddings import BertEmbeddings, NormedEmbeddings
from workers.influence.blocks.linear import Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.positions import LocalWindow, RelativeBias, RelativeTable, Rotation, ScoreBias
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.pre_ln import PreLN
from workers.influence.blocks.transformer import Transformer

SKIP = -1
CHUNK = 16  # patterns that are evaluated side by side


@dataclass(frozen=True)
class Pattern:
    """Nodes and components that are fixed; None leaves all of them open."""

    positions: tuple[int | None, ...]  # of h^l, layer l = 0..L
    components: tuple[int | None, ...]  # of the step that leaves layer l = 0..L-1: head, or SKIP


def layer_norm(inputs: Tensor, norm: LayerNorm) -> Tensor:
    mean = inputs.mean(-1, keepdim=True)
    variance = ((inputs - mean) ** 2).mean(-1, keepdim=True)
    scaled = (inputs - mean) / torch.sqrt(variance + norm.eps) * norm.weight
    return scaled if norm.bias is None else scaled + norm.bias


def activation(name: str, inputs: Tensor) -> Tensor:
    if name == "gelu":
        return inputs * 0.5 * (1 + torch.erf(inputs / math.sqrt(2)))
    if name == "gelu_tanh":
        return 0.5 * inputs * (1 + torch.tanh(math.sqrt(2 / math.pi) * (inputs + 0.044715 * inputs**3)))
    return inputs * (inputs > 0)


def quadrature(sampling: str, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in [0, 1] and their weights, which add up to 1."""
    if sampling == "gauss-legendre":
        points, weights = np.polynomial.legendre.leggauss(samples)
        return (points + 1) / 2, weights / 2
    points = np.arange(samples) / (samples - 1)
    if sampling == "paper":
        return points, np.full(samples, 1 / samples)
    assert sampling == "trapezoid"
    weights = np.full(samples, 1 / (samples - 1))
    weights[[0, -1]] /= 2
    return points, weights


def open_to(is_open: Tensor, value: Tensor) -> Tensor:
    """The value itself; its gradient only where `is_open`."""
    return torch.where(is_open, value, value.detach())


def rms_norm(inputs: Tensor, norm: RMSNorm) -> Tensor:
    return norm.gain * inputs / torch.sqrt((inputs**2).mean(-1, keepdim=True) + norm.eps)


def linear(inputs: Tensor, of: Linear) -> Tensor:
    product = inputs @ of.weight.T
    return product if of.bias is None else product + of.bias


def embed(
    transformer: Transformer, words: Float[Tensor, "pattern sample pos d"]
) -> Float[Tensor, "pattern sample pos d"]:
    """h^0: words and positions; in BERT the type and a LayerNorm besides; in ModernBERT words and a LayerNorm."""
    embeddings = transformer.embeddings
    if isinstance(embeddings, NormedEmbeddings):
        return layer_norm(words, embeddings.norm)
    assert isinstance(embeddings, BertEmbeddings | PlainEmbeddings)
    summed = words + embeddings.positions[: words.shape[-2]]
    if isinstance(embeddings, PlainEmbeddings):
        return summed
    if embeddings.token_type is not None:
        summed = summed + embeddings.token_type
    normed = layer_norm(summed, embeddings.norm)
    return normed if embeddings.projection is None else linear(normed, embeddings.projection)


def apply_layer(
    layer: Block, hidden: Float[Tensor, "pattern sample pos d"], edges: Bool[Tensor, "pattern component j i"]
) -> Float[Tensor, "pattern sample pos d"]:
    """h^(l+1) from h^l; gradients pass through the open `edges` alone, component 0 is the skip."""
    assert isinstance(layer, PostLN | PreLN | RMSPreLN)
    skip_open = edges[:, None, 0].diagonal(dim1=-2, dim2=-1)[..., None]  # [pattern, 1, j, 1]
    outputs = heads_outputs(layer, hidden, edges)
    concatenated = outputs.transpose(-2, -3).flatten(-2)
    return after_attention(layer, open_to(skip_open, hidden), concatenated)


def turned(vectors: Float[Tensor, "*batch pos dh"], rotation: Rotation) -> Float[Tensor, "*batch pos dh"]:
    """As complex numbers, coordinate c with c + dh/2, times exp(i angle)."""
    length, half = vectors.shape[-2], vectors.shape[-1] // 2
    numbers = torch.complex(vectors[..., :half], vectors[..., half:])
    numbers = numbers * torch.complex(rotation.cos[:length], rotation.sin[:length])
    return torch.cat([numbers.real, numbers.imag], -1)


def bias_of(bias: ScoreBias | None, heads: int, length: int) -> Float[Tensor, "head j i"]:
    """What positions add to the scores of each pair."""
    found = torch.zeros(heads, length, length, dtype=torch.float64)
    for j, i in np.ndindex(length, length):
        if isinstance(bias, LocalWindow) and abs(i - j) > bias.farthest:
            found[:, j, i] = -math.inf
        if isinstance(bias, RelativeBias):
            half, far = bias.buckets // 2, abs(i - j)
            bucket = far
            if far >= half // 2:
                part = math.log(far / (half // 2)) / math.log(bias.farthest / (half // 2))
                bucket = min(half - 1, half // 2 + int(part * (half - half // 2)))
            found[:, j, i] = bias.table[bucket + half * (i > j)]
    return found


def distances_of(table: RelativeTable, length: int) -> list[list[int]]:
    """The bucket of each pair, one by one."""

    def bucket(distance: int) -> int:
        far = abs(distance)
        if table.nearest is not None and far > table.nearest:
            part = math.log(far / table.nearest) / math.log((table.farthest - 1) / table.nearest)
            far = math.ceil(part * (table.nearest - 1)) + table.nearest
        signed = far if distance >= 0 else -far
        return min(max(signed + table.span, 0), 2 * table.span - 1)

    return [[bucket(j - i) for i in range(length)] for j in range(length)]


def heads_outputs(
    layer: PostLN | PreLN | RMSPreLN, hidden: Tensor, edges: Tensor
) -> Float[Tensor, "pattern sample head pos dh"]:
    """Every head's output; gradients pass through its open edges."""
    head_open = edges[:, None, 1:, :, :, None]  # [pattern, 1, head, j, i, 1]
    own_open = edges[:, None, 1:].diagonal(dim1=-2, dim2=-1)[..., None]  # [pattern, 1, head, j, 1]
    read = hidden
    if isinstance(layer, RMSPreLN):
        read = rms_norm(hidden, layer.norm1)
    elif isinstance(layer, PreLN) and layer.norm1 is not None:
        read = layer_norm(hidden, layer.norm1)
    query, key, value = (
        part.unflatten(-1, (layer.heads, -1)).transpose(-2, -3)  # [pattern, sample, head, pos, dh]
        for part in linear(read, layer.qkv if isinstance(layer, PreLN) else layer.projection.qkv).chunk(3, dim=-1)
    )
    if isinstance(layer, PreLN) and layer.rotation is not None:
        query, key = turned(query, layer.rotation), turned(key, layer.rotation)
    query = open_to(own_open, query)  # a query reads its own position
    key = open_to(head_open, key[..., None, :, :])  # one copy for each reader j
    value = open_to(head_open, value[..., None, :, :])
    scores = (query[..., None, :] * key).sum(-1)  # [.., head, j, i]; 1/sqrt(dh) is in the query's rows
    if isinstance(layer, PostLN) and layer.relative is not None:
        buckets = distances_of(layer.relative, scores.shape[-1])
        if layer.relative.key is not None:
            scores = scores + (query[..., None, :] * layer.relative.key[:, buckets]).sum(-1)
        if layer.relative.query is not None:
            scores = scores + (key * layer.relative.query[:, buckets]).sum(-1)
    if not isinstance(layer, RMSPreLN):
        scores = scores + bias_of(layer.bias, layer.heads, scores.shape[-1])
    attention = (scores - scores.amax(-1, keepdim=True).detach()).exp()
    attention = attention / attention.sum(-1, keepdim=True)
    return (attention[..., None] * value).sum(-2)  # [.., head, j, dh]


def after_attention(layer: PostLN | PreLN | RMSPreLN, skip: Tensor, concatenated: Tensor) -> Tensor:
    """The layer's output, of its input through the skip connection and of the heads' outputs."""
    mixed = skip + linear(concatenated, layer.output.out)
    if isinstance(layer, PreLN):
        gated = layer.feed_forward
        gate, up = linear(layer_norm(mixed, layer.norm2), gated.inner).chunk(2, -1)
        return mixed + linear(activation(gated.activation, gate) * up, gated.down)
    if isinstance(layer, RMSPreLN):
        read, plain = rms_norm(mixed, layer.norm2), layer.feed_forward
        inner = activation(plain.activation, linear(read, plain.gate)) * linear(read, plain.up)
        return mixed + linear(inner, plain.down)
    middle, block = layer_norm(mixed, layer.norm1), layer.feed_forward
    inner = activation(block.activation, linear(middle, block.up))
    return layer_norm(middle + linear(inner, block.down), layer.norm2)


@dataclass(frozen=True)
class BruteForce:
    """One sentence, one quantity of interest, one distribution of interest."""

    transformer: Transformer
    ids: Sequence[int]
    target: int
    interest: Callable[[Tensor], Tensor]  # hidden [1, sample, d] -> [1, sample]
    baseline_id: int | None  # None: the zero vector
    sampling: str = "trapezoid"
    samples: int = 8
    distribution: str = "line"  # or "point", "gaussian", "uniform"
    amount: float = 0.0  # alpha of the point, or the scale
    others: Sequence[int] | None = None  # the words of the baseline, where each position has its own

    @property
    def layers(self) -> int:
        return len(self.transformer.layers)

    @property
    def length(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> Float[Tensor, "pos d"]:
        return self.transformer.word_embeddings[list(self.ids)]

    @property
    def baseline(self) -> Float[Tensor, "pos d"]:
        if self.others is not None:
            return self.transformer.word_embeddings[list(self.others)]
        if self.baseline_id is None:
            return torch.zeros_like(self.words)
        return self.transformer.word_embeddings[[self.baseline_id] * self.length]

    def points(self) -> tuple[Float[Tensor, "sample pos d"], Float[Tensor, " sample"]]:
        """Where the quantity is differentiated, and the weights."""
        if self.distribution in ("gaussian", "uniform"):
            drawn = [self.draw(number) for number in range(self.samples)]
            return torch.stack(drawn), torch.full((self.samples,), 1 / self.samples, dtype=self.transformer.dtype)
        if self.distribution == "point":
            alphas, weights = np.array([self.amount]), np.ones(1)
        else:
            alphas, weights = quadrature(self.sampling, self.samples)
        alpha, mean = (torch.tensor(each, dtype=self.transformer.dtype) for each in (alphas, weights))
        return self.baseline + alpha[:, None, None] * (self.words - self.baseline), mean

    def draw(self, number: int) -> Float[Tensor, "pos d"]:
        """A point around the words; the seed is of the sentence's ids and the point's number."""
        name = f"{' '.join(str(each) for each in self.ids)}\n{number}"
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        generator = torch.Generator().manual_seed(seed)
        if self.distribution == "gaussian":
            drawn = torch.randn(self.words.shape, generator=generator, dtype=torch.float64)
        else:
            drawn = torch.rand(self.words.shape, generator=generator, dtype=torch.float64) * 2 - 1
        return self.words + self.amount * drawn.to(self.transformer.dtype)

    def forward(
        self, words: Float[Tensor, "pattern sample pos d"], edges: Bool[Tensor, "pattern layer component j i"]
    ) -> Float[Tensor, "pattern sample"]:
        """The quantity of interest; gradients pass through the open `edges` alone."""
        hidden = embed(self.transformer, words)
        for number, layer in enumerate(self.transformer.layers):
            hidden = apply_layer(layer, hidden, edges[:, number])
        patterns, samples = words.shape[:2]
        read = hidden[:, :, self.target].reshape(1, patterns * samples, -1)
        return self.interest(read).reshape(patterns, samples)

    def attends(self, layer: int, start: int, end: int) -> bool:
        """Is there a step from `start` to `end` through a layer?"""
        windows = self.transformer.windows
        window = windows[layer] if windows else None
        return window is None or abs(start - end) <= window

    def arrives(self, layer: int, node: int) -> bool:
        """Does any path lead from a node of a layer to the target?"""
        if layer == self.layers:
            return node == self.target
        return any(self.attends(layer, node, end) and self.arrives(layer + 1, end) for end in range(self.length))

    def edges_of(self, pattern: Pattern) -> Bool[Tensor, "layer component j i"]:
        """Which edges of the attention-level graph the pattern's paths may use."""
        assert len(pattern.positions) == self.layers + 1 and len(pattern.components) == self.layers

        def chosen(index: int | None) -> slice:
            return slice(None) if index is None else slice(index, index + 1)

        is_open = torch.zeros(self.layers, self.transformer.heads + 1, self.length, self.length, dtype=torch.bool)
        for layer, component in enumerate(pattern.components):
            here, there = (chosen(position) for position in pattern.positions[layer : layer + 2])
            is_open[layer, chosen(None if component is None else component - SKIP), there, here] = True
        is_open[:, 0] &= torch.eye(self.length, dtype=torch.bool)  # the skip stays where it is
        return is_open

    def gradient_influence(self, patterns: Sequence[Pattern]) -> Float[Tensor, "pattern pos"]:
        """Each pattern's influence, split by the word that it starts from."""
        points, mean = self.points()
        displacement = self.words - self.baseline
        results = []
        for start in range(0, len(patterns), CHUNK):
            edges = torch.stack([self.edges_of(pattern) for pattern in patterns[start : start + CHUNK]])
            leaf = points.repeat(len(edges), 1, 1, 1).requires_grad_()
            interest = self.forward(leaf, edges)
            (gradient,) = torch.autograd.grad(interest.sum(), leaf, allow_unused=True, materialize_grads=True)
            by_sample = (gradient * displacement).sum(-1)  # [pattern, sample, pos]
            results.append((by_sample * mean[:, None]).sum(1))
        return torch.cat(results)

    def influences(self, patterns: Sequence[Pattern]) -> list[float]:
        """The influence of each pattern, over all words it can start from."""
        return self.gradient_influence(patterns).sum(-1).tolist()

    def influence(self, pattern: Pattern) -> float:
        return self.influences([pattern])[0]

    def prefix(self, positions: Sequence[int] = (), components: Sequence[int | None] = ()) -> Pattern:
        """The pattern that starts like this and is open from there on."""
        return Pattern(
            tuple(positions) + (None,) * (self.layers + 1 - len(positions)),
            tuple(components) + (None,) * (self.layers - len(components)),
        )

    def total(self) -> Float[Tensor, " pos"]:
        """I_s of every word s: its influence over all paths."""
        return self.gradient_influence([self.prefix()])[0]

    def value(self, words: Float[Tensor, "pos d"]) -> float:
        everything = self.edges_of(self.prefix())[None]
        return self.forward(words[None, None], everything).item()

    @property
    def qoi(self) -> float:
        return self.value(self.words)

    @property
    def baseline_qoi(self) -> float:
        return self.value(self.baseline)

    def completeness_error(self) -> float:
        total = self.total()
        return abs(total.sum().item() - (self.qoi - self.baseline_qoi)) / total.abs().sum().item()

    def edge(self, layer: int, source: int, target: int, component: int) -> Pattern:
        """All paths, from any word, that use this one edge."""
        positions: list[int | None] = [None] * (self.layers + 1)
        components: list[int | None] = [None] * self.layers
        positions[layer], positions[layer + 1], components[layer] = source, target, component
        return Pattern(tuple(positions), tuple(components))

    def head_edges(self) -> Float[Tensor, "layer head j i"]:
        shape = (self.layers, self.transformer.heads, self.length, self.length)
        patterns = [self.edge(layer, i, j, head) for layer, head, j, i in np.ndindex(shape)]
        return torch.tensor(self.influences(patterns), dtype=self.transformer.dtype).reshape(shape)

    def skip_edges(self) -> Float[Tensor, "layer pos"]:
        shape = (self.layers, self.length)
        patterns = [self.edge(layer, i, i, SKIP) for layer, i in np.ndindex(shape)]
        return torch.tensor(self.influences(patterns), dtype=self.transformer.dtype).reshape(shape)
