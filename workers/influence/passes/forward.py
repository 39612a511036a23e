"""Sentences through a transformer's layers, at points of a distribution of interest.

Of the last layer only the target is computed, since only it reaches the quantity of interest.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.embeddings import EmbeddingState
from workers.influence.blocks.transformer import Transformer
from workers.influence.interest import Distribution, Interest
from workers.influence.passes.layer import LayerTrace, forward_layer


@dataclass(frozen=True)
class Sentences:
    """A batch of sentences of one length, as the transformer sees them."""

    ids: Int[Tensor, "batch pos"]
    target: Int[Tensor, " batch"]  # position that reaches the quantity of interest
    baseline: int | Int[Tensor, "batch pos"] | None  # the word at every position of the baseline, or at each; None: 0
    interest: Interest

    def take(self, rows: Int[Tensor, " chosen"]) -> "Sentences":
        """The chosen ones. Their quantity is that of the batch, which no other's hidden state changes."""
        batch = len(self.ids)

        def interest(hidden: Float[Tensor, "chosen sample d"]) -> Float[Tensor, "chosen sample"]:
            whole = hidden.new_zeros(batch, *hidden.shape[1:]).index_copy(0, rows, hidden)
            return self.interest(whole).index_select(0, rows)

        baseline = self.baseline[rows] if isinstance(self.baseline, Tensor) else self.baseline
        return Sentences(self.ids[rows], self.target[rows], baseline, interest)


def embed(
    transformer: Transformer, sentences: Sentences, distribution: Distribution
) -> tuple[Float[Tensor, "batch pos sample d"], EmbeddingState, Float[Tensor, "batch pos e"]]:
    """Layer 0 at the points, what it is linearised by, and the words' displacements `x - xb`."""
    table, words = transformer.word_embeddings, sentences.baseline
    baseline = table.new_zeros(table.shape[1]) if words is None else table[words]
    displacement = table[sentences.ids] - baseline
    points = distribution.offsets(sentences.ids, displacement).add_(baseline.unsqueeze(-2))
    return *transformer.embeddings.embed(points), displacement


def query_of(transformer: Transformer, sentences: Sentences, index: int) -> Int[Tensor, "batch 1"] | None:
    """The only query of a layer; None where every node is one."""
    return sentences.target[:, None] if index == len(transformer.layers) - 1 else None


def pass_forward(
    transformer: Transformer, sentences: Sentences, distribution: Distribution
) -> Iterator[tuple[Float[Tensor, "batch query sample d"], LayerTrace]]:
    """Layer by layer, the output and the forward facts at the points; of the last layer the target's alone."""
    hidden = embed(transformer, sentences, distribution)[0]
    for index, block in enumerate(transformer.layers):
        hidden, trace = forward_layer(block, hidden, query_of(transformer, sentences, index))
        yield hidden, trace


def forward(
    transformer: Transformer, sentences: Sentences, distribution: Distribution
) -> Float[Tensor, "batch sample d"]:
    """The target's last hidden state at the points."""
    (last,) = deque(pass_forward(transformer, sentences, distribution), maxlen=1)
    return last[0][:, 0]
