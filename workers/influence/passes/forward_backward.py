"""One forward and one backward pass over samples of the distribution of interest, with all that the rules need of them.

1. Embed the points and run the layers; of the last layer only the target is computed, since
   only it reaches the quantity of interest.
2. Differentiate the quantity of interest at the target's last hidden state (the one use of autograd),
   times the samples' weights: sums over samples of any product with this gradient are expectations.
3. Run the layers backward in closed form.

What each layer leaves behind is either kept, or made again from the layer's input and output gradient
when it is asked for (`keep=False`): then a sentence needs a fraction of the memory.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.block import Projection
from workers.influence.blocks.transformer import Transformer
from workers.influence.graph import Graph
from workers.influence.interest import Distribution, Interest, Line
from workers.influence.passes.forward import Sentences, embed, forward, pass_forward, query_of
from workers.influence.passes.layer import LayerGradients, LayerTrace, forward_layer, vjp, vjp_of_input


class ForwardBackward:
    """Forward and backward facts of a batch over a run of samples; see the module's steps.

    Attributes:
        graph: of the sentences.
        hidden: the target's last hidden state.
        tangent: tangent of every node of layer 0 for its word's own displacement, `[batch, pos, sample, d]`.
    """

    graph: Graph
    hidden: Float[Tensor, "batch sample d"]
    tangent: Float[Tensor, "batch pos sample d"]

    def __init__(self, transformer: Transformer, sentences: Sentences, distribution: Distribution, keep: bool):
        self._transformer, self._sentences = transformer, sentences
        self.graph = transformer.graph(sentences.ids.shape[1])
        hidden, embedded, displacement = embed(transformer, sentences, distribution)
        samples = len(distribution.weights)
        self.tangent = embedded.jvp(displacement[:, :, None].expand(-1, -1, samples, -1).contiguous())
        self._inputs: list[Tensor] = []
        self._projections: list[Projection] = []
        self._traces: list[LayerTrace | None] = []
        for index in range(self.graph.layers):
            self._inputs.append(hidden)
            hidden, trace = self._forward(index)
            self._projections.append(trace.projection)
            self._traces.append(trace if keep else None)
        self.hidden = hidden[:, 0]
        gradient = differentiate(sentences.interest, self.hidden, distribution.weights)
        self._outputs: list[Tensor] = []  # gradient at each layer's output, the last layer's first
        self._gradients: list[LayerGradients | None] = []
        gradient = gradient[:, None]
        for index in reversed(range(self.graph.layers)):
            self._outputs.append(gradient)
            trace = self.trace(index)
            gradients = vjp(trace, gradient[:, None], None)
            self._gradients.append(gradients if keep else None)
            if index > 0:
                gradient = vjp_of_input(trace, gradients)
        self._outputs.reverse()
        self._gradients.reverse()

    def projection(self, index: int) -> Projection:
        """How tangents at a layer's input become those of queries, keys and values."""
        return self._projections[index]

    def trace(self, index: int) -> LayerTrace:
        """The forward facts of a layer."""
        return self._traces[index] or self._forward(index)[1]

    def gradients(self, index: int) -> LayerGradients:
        """The gradients within a layer, one row of all queries."""
        return self._gradients[index] or vjp(self.trace(index), self._outputs[index][:, None], None)

    def output_gradient(self, index: int) -> Float[Tensor, "batch query sample d"]:
        """The gradient at a layer's output."""
        return self._outputs[index]

    def _forward(self, index: int) -> tuple[Float[Tensor, "batch query sample d"], LayerTrace]:
        block, query = self._transformer.layers[index], query_of(self._transformer, self._sentences, index)
        return forward_layer(block, self._inputs[index], query)


def differentiate(
    interest: Interest, hidden: Float[Tensor, "batch sample d"], weights: Float[Tensor, " sample"]
) -> Float[Tensor, "batch sample d"]:
    """The gradient of the quantity of interest, times the samples' weights.

    Raises:
        ValueError: the quantity has another shape than a value for each sentence and sample.
    """
    with torch.enable_grad():
        hidden = hidden.detach().requires_grad_(True)
        quantity = interest(hidden)
        if quantity.shape != hidden.shape[:2]:
            expected = f"a value for each sentence and sample, {list(hidden.shape[:2])}"
            raise ValueError(f"the quantity of interest must give {expected}; it gives {list(quantity.shape)}")
        return torch.autograd.grad((quantity * weights).sum(), hidden)[0]


def hidden_at_ends(
    transformer: Transformer, sentences: Sentences, distribution: Distribution, slices: Sequence[ForwardBackward]
) -> Float[Tensor, "batch 2 d"]:
    """The target's last hidden state at the baseline and at the input: of the samples where they are among them."""
    if distribution.has_ends:
        return torch.stack([slices[0].hidden[:, 0], slices[-1].hidden[:, -1]], 1)
    return forward(transformer, sentences, Line.at(0.0, 1.0, like=transformer.word_embeddings))


def attention_at_input(
    transformer: Transformer, sentences: Sentences, distribution: Distribution, slices: Sequence[ForwardBackward]
) -> list[Float[Tensor, "batch _ node"]]:
    """Each layer's attention weights at the input, averaged over heads: of the samples where it is among them.

    Queries of the last layer: the target alone.
    """
    if distribution.has_ends:
        return [slices[-1].trace(index).attention.weights[:, -1].mean(1) for index in range(len(transformer.layers))]
    traces = pass_forward(transformer, sentences, Line.at(1.0, like=transformer.word_embeddings))
    return [trace.attention.weights[:, 0].mean(1) for _, trace in traces]
