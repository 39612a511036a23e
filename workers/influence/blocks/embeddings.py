"""From words' embeddings to the residual stream at the first layer's input."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

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
    """Words, positions and the type of the first segment, the only one used, added up under a LayerNorm."""

    word_embeddings: Float[Tensor, "vocab d"]
    positions: Float[Tensor, "max_length d"]
    token_type: Float[Tensor, " d"]
    norm: LayerNorm

    @property
    def max_length(self) -> int:
        return len(self.positions)

    def embed(
        self, words: Float[Tensor, "batch pos sample d"]
    ) -> tuple[Float[Tensor, "batch pos sample d"], "BertEmbeddingState"]:
        hidden, state = self.norm(words.add_((self.positions[: words.shape[1]] + self.token_type)[:, None]))
        return hidden, BertEmbeddingState(self.norm, state)


@dataclass(frozen=True)
class BertEmbeddingState(EmbeddingState):
    """The LayerNorm's."""

    norm: LayerNorm
    state: NormState

    def jvp(self, tangent: Float[Tensor, "batch pos sample d"]) -> Float[Tensor, "batch pos sample d"]:
        return self.norm.jvp(self.state, tangent)
