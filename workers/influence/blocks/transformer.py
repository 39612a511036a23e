"""A transformer as the engine takes it: embeddings and layers, on one device in one dtype, without gradients."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.block import Block
from workers.influence.blocks.embeddings import Embeddings
from workers.influence.graph import Graph


@dataclass(frozen=True)
class Transformer:
    """Everything below the prediction head."""

    embeddings: Embeddings
    layers: tuple[Block, ...]  # all of one kind and of the same sizes
    windows: tuple[int | None, ...] = ()  # of each layer how far a node attends; None, or no windows: to all

    @property
    def word_embeddings(self) -> Float[Tensor, "vocab e"]:
        return self.embeddings.word_embeddings

    @property
    def heads(self) -> int:
        return self.layers[0].heads

    @property
    def width(self) -> int:
        """Of the residual stream."""
        return self.layers[0].sizes.width

    @property
    def device(self) -> torch.device:
        return self.word_embeddings.device

    @property
    def dtype(self) -> torch.dtype:
        return self.word_embeddings.dtype

    def graph(self, length: int) -> Graph:
        """The computation graph of a sentence of `length` tokens."""
        return Graph(len(self.layers), self.heads, length, self.windows)
