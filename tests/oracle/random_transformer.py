"""Random transformers and heads, straight as tensors, with weights large enough that every path matters."""

import math

import torch
from torch import Tensor

from tests.oracle.pre_ln import PlainEmbeddings, PlainGatedFeedForward, RMSNorm, RMSPreLN
from workers.influence.blocks.embeddings import BertEmbeddings, NormedEmbeddings
from workers.influence.blocks.feed_forward import Activation, FeedForward, GatedFeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.positions import LocalWindow, RelativeBias, RelativeTable, Rotation, ScoreBias
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.pre_ln import PreLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.blocks.transformer import Transformer

EPSILON = 0.05  # far from BERT's 1e-12, with which the derivative of a LayerNorm of width 2 is all rounding error
BLOCKS = ("post-ln", "pre-ln", "relative", "modern", "disentangled")
"""BERT's; pre-norm with RMSNorm; BERT's with a bias by distance and narrow embeddings; ModernBERT's; DeBERTa's."""


class _Draw:
    """Seeded float64 tensors, cast to the dtype asked for."""

    def __init__(self, seed: int, dtype: torch.dtype):
        self.generator = torch.Generator().manual_seed(seed)
        self.dtype = dtype

    def normal(self, *shape: int, scale: float) -> Tensor:
        return (torch.randn(*shape, generator=self.generator, dtype=torch.float64) * scale).to(self.dtype)

    def gain(self, width: int) -> Tensor:
        return (0.5 + torch.rand(width, generator=self.generator, dtype=torch.float64)).to(self.dtype)

    def norm(self, width: int) -> LayerNorm:
        return LayerNorm(self.gain(width), self.normal(width, scale=0.3), EPSILON)

    def linear(self, out: int, of: int, scale: float, bias: bool = True) -> Linear:
        return Linear(self.normal(out, of, scale=scale), self.normal(out, scale=scale) if bias else None)

    def projection(self, width: int, heads: int, scale: float, bias: bool = True) -> FusedProjection:
        """With the scale of the attention scores in the query's rows."""
        qkv, root = self.linear(3 * width, width, scale, bias), math.sqrt(width // heads)
        qkv.weight[:width] /= root
        if qkv.bias is not None:
            qkv.bias[:width] /= root
        return FusedProjection(qkv, heads)


def random_transformer(
    layers: int = 2,
    heads: int = 2,
    head_width: int = 4,
    *,
    block: str = "post-ln",
    ff: int = 12,
    vocab: int = 20,
    max_length: int = 12,
    activation: Activation = "gelu",
    scale: float = 0.5,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Transformer:
    """With weights of the standard deviation `scale`, and norms of random gains and biases."""
    draw = _Draw(seed, dtype)
    head_width += head_width % 2 * (block == "modern")  # whose coordinates turn in pairs
    width = heads * head_width

    def post_ln(bias: ScoreBias | None = None, relative: RelativeTable | None = None) -> PostLN:
        return PostLN(
            draw.projection(width, heads, scale),
            HeadOutputs(draw.linear(width, width, scale), heads),
            draw.norm(width),
            FeedForward(draw.linear(ff, width, scale), activation, draw.linear(width, ff, scale)),
            draw.norm(width),
            bias,
            relative,
        )

    def modern(rotation: Rotation, index: int) -> PreLN:
        projection = draw.projection(width, heads, scale, bias=bool(index % 2))
        return PreLN(
            draw.norm(width) if index else None,
            projection.qkv,
            rotation,
            LocalWindow(index, projection.qkv.weight[0]) if index else None,
            HeadOutputs(draw.linear(width, width, scale, bias=bool(index % 2)), heads),
            LayerNorm(draw.gain(width), None, EPSILON),
            GatedFeedForward(
                draw.linear(2 * ff, width, scale, bias=bool(index % 2)),
                activation,
                draw.linear(width, ff, scale, bias=bool(index % 2)),
            ),
        )

    def pre_ln() -> RMSPreLN:
        return RMSPreLN(
            RMSNorm(draw.gain(width), EPSILON),
            draw.projection(width, heads, scale, bias=False),
            HeadOutputs(draw.linear(width, width, scale, bias=False), heads),
            RMSNorm(draw.gain(width), EPSILON),
            PlainGatedFeedForward(
                draw.linear(ff, width, scale, bias=False),
                draw.linear(ff, width, scale, bias=False),
                activation,
                draw.linear(width, ff, scale, bias=False),
            ),
        )

    if block == "modern":
        rotation = Rotation.of(draw.gain(head_width // 2), max_length, dtype)
        embeddings = NormedEmbeddings(draw.normal(vocab, width, scale=1.0), draw.norm(width), max_length)
        windows = (None, *range(1, layers))
        return Transformer(embeddings, tuple(modern(rotation, index) for index in range(layers)), windows)
    if block == "disentangled":
        words, which = draw.normal(vocab, width, scale=1.0), seed % 4

        def table() -> RelativeTable:
            key, query = (draw.normal(heads, 6, head_width, scale=0.7) for _ in range(2))
            return RelativeTable(
                None if which == 1 else key,
                None if which == 2 else query,
                3,
                nearest=None if which == 3 else 1,
                farthest=9,
            )

        embeddings = BertEmbeddings(words, torch.zeros(max_length, width, dtype=dtype), None, draw.norm(width))
        return Transformer(embeddings, tuple(post_ln(relative=table()) for _ in range(layers)))
    if block == "relative":
        narrow = width + 1
        words, positions = draw.normal(vocab, narrow, scale=1.0), draw.normal(max_length, narrow, scale=0.5)
        bias = RelativeBias(draw.normal(8, heads, scale=1.0), buckets=8, farthest=6)
        return Transformer(
            BertEmbeddings(words, positions, None, draw.norm(narrow), draw.linear(width, narrow, scale)),
            tuple(post_ln(bias) for _ in range(layers)),
        )
    words, positions = draw.normal(vocab, width, scale=1.0), draw.normal(max_length, width, scale=0.5)
    if block == "pre-ln":
        return Transformer(PlainEmbeddings(words, positions), tuple(pre_ln() for _ in range(layers)))
    return Transformer(
        BertEmbeddings(words, positions, draw.normal(width, scale=0.5), draw.norm(width)),
        tuple(post_ln() for _ in range(layers)),
    )


def random_masked_lm_head(transformer: Transformer, activation: Activation = "gelu", seed: int = 1) -> MaskedLMHead:
    draw = _Draw(seed, transformer.dtype)
    vocab, width = len(transformer.word_embeddings), transformer.width
    return MaskedLMHead(
        draw.normal(width, width, scale=0.5),
        draw.normal(width, scale=0.5),
        activation,
        draw.norm(width),
        draw.normal(vocab, width, scale=0.5),
        draw.normal(vocab, scale=0.5),
    )


def random_classifier_head(transformer: Transformer, labels: int, seed: int = 1) -> ClassifierHead:
    draw = _Draw(seed, transformer.dtype)
    width = transformer.width
    dense = Linear(draw.normal(width, width, scale=0.5), draw.normal(width, scale=0.5))
    return ClassifierHead(dense, "tanh", Linear(draw.normal(labels, width, scale=0.5), draw.normal(labels, scale=0.5)))
