"""Random encoders and heads, straight as tensors, with weights large enough that every path matters."""

import math

import torch
from torch import Tensor

from workers.influence.blocks.encoder import Activation, Encoder, Layer, LayerNorm
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead

EPSILON = 0.05  # far from BERT's 1e-12, with which the derivative of a LayerNorm of width 2 is all rounding error


class _Draw:
    """Seeded float64 tensors, cast to the dtype asked for."""

    def __init__(self, seed: int, dtype: torch.dtype):
        self.generator = torch.Generator().manual_seed(seed)
        self.dtype = dtype

    def normal(self, *shape: int, scale: float) -> Tensor:
        return (torch.randn(*shape, generator=self.generator, dtype=torch.float64) * scale).to(self.dtype)

    def norm(self, width: int) -> LayerNorm:
        gain = 0.5 + torch.rand(width, generator=self.generator, dtype=torch.float64)
        return LayerNorm(gain.to(self.dtype), self.normal(width, scale=0.3), EPSILON)


def random_encoder(
    layers: int = 2,
    heads: int = 2,
    head_width: int = 4,
    *,
    ff: int = 12,
    vocab: int = 20,
    max_length: int = 12,
    activation: Activation = "gelu",
    scale: float = 0.5,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Encoder:
    """An encoder whose weights have the standard deviation `scale` and whose norms have random gains and biases."""
    draw = _Draw(seed, dtype)
    width = heads * head_width

    def layer() -> Layer:
        qkv_weight = draw.normal(3 * width, width, scale=scale)
        qkv_bias = draw.normal(3 * width, scale=scale)
        qkv_weight[:width] /= math.sqrt(head_width)
        qkv_bias[:width] /= math.sqrt(head_width)
        return Layer(
            qkv_weight,
            qkv_bias,
            draw.normal(width, width, scale=scale),
            draw.normal(width, scale=scale),
            draw.norm(width),
            draw.normal(ff, width, scale=scale),
            draw.normal(ff, scale=scale),
            draw.normal(width, ff, scale=scale),
            draw.normal(width, scale=scale),
            draw.norm(width),
        )

    return Encoder(
        words=draw.normal(vocab, width, scale=1.0),
        positions=draw.normal(max_length, width, scale=0.5),
        token_type=draw.normal(width, scale=0.5),
        norm=draw.norm(width),
        layers=tuple(layer() for _ in range(layers)),
        heads=heads,
        activation=activation,
    )


def random_masked_lm_head(encoder: Encoder, seed: int = 1) -> MaskedLMHead:
    draw = _Draw(seed, encoder.dtype)
    vocab, width = encoder.words.shape
    return MaskedLMHead(
        draw.normal(width, width, scale=0.5),
        draw.normal(width, scale=0.5),
        encoder.activation,
        draw.norm(width),
        draw.normal(vocab, width, scale=0.5),
        draw.normal(vocab, scale=0.5),
    )


def random_classifier_head(encoder: Encoder, labels: int, seed: int = 1) -> ClassifierHead:
    draw = _Draw(seed, encoder.dtype)
    width = encoder.width
    return ClassifierHead(
        draw.normal(width, width, scale=0.5),
        draw.normal(width, scale=0.5),
        draw.normal(labels, width, scale=0.5),
        draw.normal(labels, scale=0.5),
    )
