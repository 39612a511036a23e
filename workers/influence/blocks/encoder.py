"""The weights of a post-LayerNorm encoder, in the form the rules need.

`h' = LN2(y + FFN(y))`, `y = LN1(h + attention(h))`, for each layer; every matrix is stored as
`torch.nn.functional.linear` takes it, `[out, in]`. Nothing here computes.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Activation = Literal["gelu", "gelu_tanh", "relu"]


@dataclass(frozen=True)
class LayerNorm:
    """Gain, bias and epsilon of one LayerNorm."""

    weight: Float[Tensor, " d"]
    bias: Float[Tensor, " d"]
    eps: float


@dataclass(frozen=True)
class Layer:
    """One encoder layer. The query rows carry the factor 1/√dh of the attention scores."""

    qkv_weight: Float[Tensor, "three_d d"]  # query, key, value; heads in order within each
    qkv_bias: Float[Tensor, " three_d"]
    out_weight: Float[Tensor, "d d"]
    out_bias: Float[Tensor, " d"]
    norm1: LayerNorm  # after attention and its skip connection
    up_weight: Float[Tensor, "ff d"]
    up_bias: Float[Tensor, " ff"]
    down_weight: Float[Tensor, "d ff"]
    down_bias: Float[Tensor, " d"]
    norm2: LayerNorm  # after the feed-forward block and its residual


@dataclass(frozen=True)
class Encoder:
    """The embeddings and layers of an encoder, on one device in one dtype, without gradients."""

    words: Float[Tensor, "vocab d"]
    positions: Float[Tensor, "max_length d"]
    token_type: Float[Tensor, " d"]  # of the first segment, the only one used
    norm: LayerNorm  # of the embeddings
    layers: tuple[Layer, ...]
    heads: int
    activation: Activation

    @property
    def width(self) -> int:
        return self.words.shape[1]

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def device(self) -> torch.device:
        return self.words.device

    @property
    def dtype(self) -> torch.dtype:
        return self.words.dtype
