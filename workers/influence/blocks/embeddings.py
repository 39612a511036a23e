"""From words' embeddings to the residual stream at the first layer's input."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.linear import Linear
from workers.influence.blocks.norms import LayerNorm, NormState


class EmbeddingState(ABC):
    """`Embeddings`, linearised at every position."""

    @abstractmethod
    def jvp(self, tangent: Float[Tensor, "batch pos sample e"]) -> Float[Tensor, "batch pos sample d"]:
        """Tangent of the residual stream, of the tangent of the words' embeddings."""


class Embeddings(ABC):
    """The words' embeddings, and what is made of them before the first layer."""

    word_embeddings: Float[Tensor, "vocab e"]

    @property
    @abstractmethod
    def max_length(self) -> int:
        """Positions that there are."""

    @abstractmethod
    def embed(
        self, words: Float[Tensor, "batch pos sample e"]
    ) -> tuple[Float[Tensor, "batch pos sample d"], EmbeddingState]:
        """The residual stream of words' embeddings, one a position from the first on; it may overwrite these."""


@dataclass(frozen=True)
class BertEmbeddings(Embeddings):
    """Words, positions and the type of the first segment, the only one used, added up under a LayerNorm.

    Some models lack types, and some project what comes out to the width of their residual stream.
    """

    word_embeddings: Float[Tensor, "vocab e"]
    positions: Float[Tensor, "max_length e"]
    token_type: Float[Tensor, " e"] | None
    norm: LayerNorm
    projection: Linear | None = None

    @property
    def max_length(self) -> int:
        return len(self.positions)

    def embed(
        self, words: Float[Tensor, "batch pos sample e"]
    ) -> tuple[Float[Tensor, "batch pos sample d"], "BertEmbeddingState"]:
        places = self.positions[: words.shape[1]]
        if self.token_type is not None:
            places = places + self.token_type
        hidden, state = self.norm(words.add_(places[:, None]))
        if self.projection is not None:
            hidden = self.projection(hidden)
        return hidden, BertEmbeddingState(self.norm, state, self.projection)


@dataclass(frozen=True)
class BertEmbeddingState(EmbeddingState):
    """The LayerNorm's; the projection is linear."""

    norm: LayerNorm
    state: NormState
    projection: Linear | None

    def jvp(self, tangent: Float[Tensor, "batch pos sample e"]) -> Float[Tensor, "batch pos sample d"]:
        normed = self.norm.jvp(self.state, tangent)
        return normed if self.projection is None else self.projection.jvp(normed)


@dataclass(frozen=True)
class NormedEmbeddings(Embeddings):
    """Words, and what else a model adds to them, projected to the residual stream's width if needed, under a LayerNorm.

    Models with rotary or relative positions add none here.
    """

    word_embeddings: Float[Tensor, "vocab e"]
    norm: LayerNorm
    longest: int
    added: Float[Tensor, "max_length e"] | None = None
    projection: Linear | None = None

    @property
    def max_length(self) -> int:
        return self.longest

    def embed(
        self, words: Float[Tensor, "batch pos sample e"]
    ) -> tuple[Float[Tensor, "batch pos sample d"], "NormedEmbeddingState"]:
        if self.added is not None:
            words = words.add_(self.added[: words.shape[1], None])
        hidden, state = self.norm(words if self.projection is None else self.projection(words))
        return hidden, NormedEmbeddingState(self.norm, state, self.projection)


@dataclass(frozen=True)
class NormedEmbeddingState(EmbeddingState):
    """The LayerNorm's, behind a linear projection."""

    norm: LayerNorm
    state: NormState
    projection: Linear | None

    def jvp(self, tangent: Float[Tensor, "batch pos sample e"]) -> Float[Tensor, "batch pos sample d"]:
        return self.norm.jvp(self.state, tangent if self.projection is None else self.projection.jvp(tangent))
