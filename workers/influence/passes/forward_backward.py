"""One forward and one backward pass over samples of the distribution of interest, with all that the rules need of them.

1. Embed the points and run the layers; of the last layer only the target is computed, since
   only it reaches the quantity of interest.
2. Differentiate the quantity of interest at the target's last hidden state (the one use of autograd),
   times the samples' weights: sums over samples of any product with this gradient are expectations.
3. Run the layers backward in closed form.

What each layer leaves behind is either kept, or made again from the layer's input and output gradient
when it is asked for: then a sentence needs a fraction of the memory. What was made last is remembered until
something else is asked for.

Runs of samples whose weights are not known yet have weights of 1: `weigh` gives them theirs, and `joined` makes chosen
sentences of several runs into one run.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.block import Projection
from workers.influence.blocks.layout import BY_NODE, Selection
from workers.influence.blocks.transformer import Transformer
from workers.influence.graph import Graph
from workers.influence.interest import Distribution, Interest, Line
from workers.influence.passes.forward import Sentences, embed, forward, pass_forward, query_of
from workers.influence.passes.layer import LayerGradients, LayerTrace, forward_layer, vjp, vjp_of_input


class Remade:
    """The one layer's facts that were made again last, of whichever run of samples shares this."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Free the memory."""
        self._place: tuple[object, int] | None = None
        self._trace: LayerTrace | None = None
        self._gradients: LayerGradients | None = None

    def trace(self, place: tuple[object, int], make: Callable[[], LayerTrace]) -> LayerTrace:
        """The forward facts of a run's layer."""
        if self._place != place or self._trace is None:
            self.forget()
            self._place, self._trace = place, make()
        return self._trace

    def gradients(self, place: tuple[object, int], make: Callable[[], LayerGradients]) -> LayerGradients:
        """The gradients within a run's layer, whose forward facts they are made of."""
        if self._place != place or self._gradients is None:
            found = make()
            self._place, self._gradients = place, found
        return self._gradients


class ForwardBackward:
    """Forward and backward facts of a batch over a run of samples; see the module's steps.

    Attributes:
        graph: of the sentences.
        hidden: the target's last hidden state.
        quantity: of interest.
        tangent: tangent of every node of layer 0 for its word's own displacement, `[batch, pos, sample, d]`.
    """

    graph: Graph
    hidden: Float[Tensor, "batch sample d"]
    quantity: Float[Tensor, "batch sample"]
    tangent: Float[Tensor, "batch pos sample d"]

    def __init__(
        self,
        transformer: Transformer,
        sentences: Sentences,
        distribution: Distribution,
        remade: Remade | None = None,
    ):
        """Args: remade: shared by runs of which only one layer's facts are held at a time; None keeps them all."""
        self._transformer, self._sentences = transformer, sentences
        self._remade, self._identity = remade, object()
        self.graph = transformer.graph(sentences.ids.shape[1])
        hidden, embedded, displacement = embed(transformer, sentences, distribution)
        everywhere = displacement[:, :, None].expand(-1, -1, distribution.samples, -1)
        self.tangent = embedded.jvp(everywhere.contiguous())
        self._inputs: list[Tensor] = []
        self._projections: list[Projection] = []
        self._traces: list[LayerTrace | None] = []
        for index in range(self.graph.layers):
            self._inputs.append(hidden)
            hidden, trace = self._forward(index)
            self._projections.append(trace.projection)
            self._traces.append(trace if remade is None else None)
        self.hidden = hidden[:, 0]
        self.quantity, gradient = differentiate(sentences.interest, self.hidden, distribution.weights)
        self._outputs: list[Tensor] = [gradient[:, None]] * self.graph.layers  # gradient at each layer's output
        self._gradients: list[LayerGradients | None] = [None] * self.graph.layers
        for index in reversed(range(1, self.graph.layers)):
            self._outputs[index - 1] = vjp_of_input(self.trace(index), self.gradients(index))

    @classmethod
    def joined(cls, runs: Sequence["ForwardBackward"], selection: Selection) -> "ForwardBackward":
        """Chosen sentences' facts over several runs of samples that were kept, as of one run; a copy."""
        first, joined = runs[0], cls.__new__(cls)
        joined._transformer, joined.graph = first._transformer, first.graph
        joined._remade, joined._identity = None, object()
        (rows, *_), layers = selection.rows, range(first.graph.layers)
        joined._sentences = first._sentences if rows is None else first._sentences.take(rows)
        joined.hidden = selection.join([run.hidden for run in runs], 1)
        joined.quantity = selection.join([run.quantity for run in runs], 1)
        joined.tangent = selection.join([run.tangent for run in runs], BY_NODE)
        joined._inputs = [selection.join([run._inputs[index] for run in runs], BY_NODE) for index in layers]
        joined._outputs = [selection.join([run._outputs[index] for run in runs], BY_NODE) for index in layers]
        traces = [LayerTrace.joined([run.trace(index) for run in runs], selection) for index in layers]
        joined._projections = [trace.projection for trace in traces]
        joined._traces = [*traces]
        joined._gradients = [
            LayerGradients.joined([run.gradients(index) for run in runs], selection) for index in layers
        ]
        return joined

    def weigh(self, weights: Float[Tensor, "batch sample"]) -> None:
        """Multiply the gradients of samples that had weights of 1 by these, in place."""
        if self._remade is not None:
            self._remade.forget()
        for gradient in self._outputs:
            gradient.mul_(weights[:, None, :, None])
        for gradients in self._gradients:
            if gradients is not None:
                gradients.weigh(weights)

    def word_influences(self) -> Float[Tensor, "batch pos sample"]:
        """Every word's influence over all paths, sample by sample; the expectation is their sum."""
        gradient = vjp_of_input(self.trace(0), self.gradients(0))
        return (gradient * self.tangent).sum(-1)

    def projection(self, index: int) -> Projection:
        """How tangents at a layer's input become those of queries, keys and values."""
        return self._projections[index]

    def trace(self, index: int) -> LayerTrace:
        """The forward facts of a layer."""
        kept = self._traces[index]
        if kept is not None or self._remade is None:
            assert kept is not None
            return kept
        return self._remade.trace((self._identity, index), lambda: self._forward(index)[1])

    def gradients(self, index: int) -> LayerGradients:
        """The gradients within a layer, one row of all queries."""
        if self._remade is not None:
            return self._remade.gradients((self._identity, index), lambda: self._backward(index))
        found = self._gradients[index] = self._gradients[index] or self._backward(index)
        return found

    def output_gradient(self, index: int) -> Float[Tensor, "batch query sample d"]:
        """The gradient at a layer's output."""
        return self._outputs[index]

    def _forward(self, index: int) -> tuple[Float[Tensor, "batch query sample d"], LayerTrace]:
        block, query = self._transformer.layers[index], query_of(self._transformer, self._sentences, index)
        return forward_layer(block, self._inputs[index], query)

    def _backward(self, index: int) -> LayerGradients:
        return vjp(self.trace(index), self._outputs[index][:, None], None)


def differentiate(
    interest: Interest, hidden: Float[Tensor, "batch sample d"], weights: Float[Tensor, "#batch sample"]
) -> tuple[Float[Tensor, "batch sample"], Float[Tensor, "batch sample d"]]:
    """The quantity of interest, and its gradient times the samples' weights.

    Raises:
        ValueError: the quantity has another shape than a value for each sentence and sample.
    """
    with torch.enable_grad():
        hidden = hidden.detach().requires_grad_(True)
        quantity = interest(hidden)
        if quantity.shape != hidden.shape[:2]:
            expected = f"a value for each sentence and sample, {list(hidden.shape[:2])}"
            raise ValueError(f"the quantity of interest must give {expected}; it gives {list(quantity.shape)}")
        return quantity.detach(), torch.autograd.grad((quantity * weights).sum(), hidden)[0]


def hidden_at_ends(
    transformer: Transformer, sentences: Sentences, distribution: Distribution, slices: Sequence[ForwardBackward]
) -> Float[Tensor, "batch 2 d"]:
    """The target's last hidden state at the baseline and at the input: of the samples where they are among them."""
    if distribution.ends is not None:
        places = (locate(slices, end) for end in distribution.ends)
        return torch.stack([one.hidden[:, sample] for one, sample in places], 1)
    return forward(transformer, sentences, Line.at(0.0, 1.0, like=transformer.word_embeddings))


def locate(slices: Sequence[ForwardBackward], sample: int) -> tuple[ForwardBackward, int]:
    """The slice that has a sample, by its number among all, and its number there."""
    for one in slices:
        if sample < one.hidden.shape[1]:
            return one, sample
        sample -= one.hidden.shape[1]
    raise IndexError("there are fewer samples")


def attention_at_input(
    transformer: Transformer, sentences: Sentences, distribution: Distribution, slices: Sequence[ForwardBackward]
) -> list[Float[Tensor, "batch _ node"]]:
    """Each layer's attention weights at the input, averaged over heads: of the samples where it is among them.

    Queries of the last layer: the target alone.
    """
    if distribution.ends is not None:
        one, sample = locate(slices, distribution.ends[1])
        return [one.trace(index).attention.weights[:, sample].mean(1) for index in range(len(transformer.layers))]
    traces = pass_forward(transformer, sentences, Line.at(1.0, like=transformer.word_embeddings))
    return [trace.attention.weights[:, 0].mean(1) for _, trace in traces]
