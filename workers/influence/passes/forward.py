"""One forward and one backward pass over samples of the distribution of interest, with all that the rules need of them.

1. Embed the points and run the layers; of the last layer only the target is computed, since
   only it reaches the quantity of interest.
2. Differentiate the quantity of interest at the target's last hidden state (the one use of autograd),
   times the samples' weights: sums over samples of any product with this gradient are expectations.
3. Run the layers backward in closed form.

What each layer leaves behind is either kept, or made again from the layer's input and output gradient
when it is asked for (`keep=False`): then a sentence needs a fraction of the memory.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.encoder import Encoder, Layer
from workers.influence.blocks.rules import (
    AttentionState,
    FeedForwardState,
    NormState,
    attend,
    feed_forward,
    feed_forward_vjp,
    merge_heads,
    normalise,
    normalise_jvp,
    softmax_derivative,
    split_heads,
    take,
)
from workers.influence.interest import Distribution, Interest, Line


@dataclass(frozen=True)
class Sentences:
    """A batch of sentences of one length, as the encoder sees them."""

    ids: Int[Tensor, "batch pos"]
    target: Int[Tensor, " batch"]  # position that reaches the quantity of interest
    baseline_id: int | None  # the word whose embedding stands at every position of the baseline; None: the zero vector
    interest: Interest


@dataclass(frozen=True)
class LayerTrace:
    """One layer's forward facts. Queries are all nodes, or only the target in the last layer."""

    layer: Layer
    attention: AttentionState
    feed_forward: FeedForwardState
    target: Int[Tensor, "batch 1"] | None  # the only query; None where every node is one

    def query_of(self, nodes: Int[Tensor, "batch row"]) -> Int[Tensor, "batch row"]:
        """Index among this layer's queries of nodes that are queries."""
        return nodes if self.target is None else torch.zeros_like(nodes)


@dataclass(frozen=True)
class LayerGradients:
    """One layer's gradients of the quantity of interest, times the samples' weights."""

    summed: Float[Tensor, "batch query sample d"]  # at u, the attention block's sum
    output: Float[Tensor, "batch sample head query dh"]  # at the heads' outputs
    score: Float[Tensor, "batch sample head query node"]  # at the attention scores
    query: Float[Tensor, "batch query sample d"]  # at the queries


def forward_layer(
    layer: Layer,
    heads: int,
    activation: str,
    hidden: Float[Tensor, "batch node sample d"],
    target: Int[Tensor, "batch 1"] | None,
    kept: Bool[Tensor, "batch sample component query"] | None = None,
) -> tuple[Float[Tensor, "batch query sample d"], LayerTrace]:
    """The layer's output at its queries: all nodes, or the target alone.

    Args:
        kept: components that are not set to zero, the skip connection first, then the heads; None for all.
    """
    if target is None:
        query, key, value = split_heads(F.linear(hidden, layer.qkv_weight, layer.qkv_bias), heads, 3)
    else:
        d = hidden.shape[-1]
        key, value = split_heads(F.linear(hidden, layer.qkv_weight[d:], layer.qkv_bias[d:]), heads, 2)
        hidden = take(hidden, target)
        (query,) = split_heads(F.linear(hidden, layer.qkv_weight[:d], layer.qkv_bias[:d]), heads, 1)
    attended, attention = attend(query, key, value)
    if kept is not None:
        hidden = hidden * kept[:, :, 0].transpose(1, 2)[..., None]
        attended = attended * kept[:, :, 1:, :, None]
    summed = F.linear(merge_heads(attended), layer.out_weight, layer.out_bias).add_(hidden)
    output, state = feed_forward(layer, activation, summed)
    return output, LayerTrace(layer, attention, state, target)


def backward_layer(trace: LayerTrace, gradient: Float[Tensor, "batch query sample d"]) -> LayerGradients:
    """The gradients within a layer, of the gradient at its output."""
    attention = trace.attention
    summed = feed_forward_vjp(trace.layer, trace.feed_forward, gradient)
    (output,) = split_heads(summed @ trace.layer.out_weight, attention.query.shape[2], 1)
    score = softmax_derivative(attention.weights, output @ attention.value.transpose(-1, -2))
    return LayerGradients(summed, output, score, merge_heads(score @ attention.key))


def backward_input(trace: LayerTrace, gradients: LayerGradients) -> Float[Tensor, "batch node sample d"]:
    """The gradient at a layer's input, of the gradients within it."""
    attention = trace.attention
    key = merge_heads(gradients.score.transpose(-1, -2) @ attention.query)
    value = merge_heads(attention.weights.transpose(-1, -2) @ gradients.output)
    if trace.target is None:
        projected = torch.cat([gradients.query, key, value], -1)
        return (projected @ trace.layer.qkv_weight).add_(gradients.summed)
    d = key.shape[-1]
    inputs = torch.cat([key, value], -1) @ trace.layer.qkv_weight[d:]
    at_target = gradients.query @ trace.layer.qkv_weight[:d] + gradients.summed
    index = trace.target[:, :, None, None].expand_as(at_target)
    return inputs.scatter_add_(1, index, at_target)


class Samples:
    """Forward and backward facts of a batch over a run of samples; see the module's steps.

    Attributes:
        layers, heads: the encoder's.
        hidden: the target's last hidden state.
        tangent: tangent of every node of layer 0 for its word's own displacement, `[batch, pos, sample, d]`.
    """

    layers: tuple[Layer, ...]
    heads: int
    hidden: Float[Tensor, "batch sample d"]
    tangent: Float[Tensor, "batch pos sample d"]

    def __init__(self, encoder: Encoder, sentences: Sentences, distribution: Distribution, keep: bool):
        self.layers, self.heads = encoder.layers, encoder.heads
        self._encoder = encoder
        self._target = sentences.target[:, None]
        hidden, norm, displacement = embed(encoder, sentences, distribution)
        self.tangent = normalise_jvp(encoder.norm, norm, displacement[:, :, None].expand_as(hidden).contiguous())
        self._inputs: list[Tensor] = []
        self._traces: list[LayerTrace | None] = []
        for index in range(len(encoder.layers)):
            self._inputs.append(hidden)
            hidden, trace = self._forward(index)
            self._traces.append(trace if keep else None)
        self.hidden = hidden[:, 0]
        gradient = differentiate(sentences.interest, self.hidden, distribution.weights)
        self._outputs: list[Tensor] = []  # gradient at each layer's output, the last layer's first
        self._gradients: list[LayerGradients | None] = []
        gradient = gradient[:, None]
        for index in reversed(range(len(encoder.layers))):
            self._outputs.append(gradient)
            trace = self.trace(index)
            gradients = backward_layer(trace, gradient)
            self._gradients.append(gradients if keep else None)
            if index > 0:
                gradient = backward_input(trace, gradients)
        self._outputs.reverse()
        self._gradients.reverse()

    def trace(self, index: int) -> LayerTrace:
        """The forward facts of a layer."""
        return self._traces[index] or self._forward(index)[1]

    def gradients(self, index: int) -> LayerGradients:
        """The gradients within a layer."""
        return self._gradients[index] or backward_layer(self.trace(index), self._outputs[index])

    def output_gradient(self, index: int) -> Float[Tensor, "batch query sample d"]:
        """The gradient at a layer's output."""
        return self._outputs[index]

    def _forward(self, index: int) -> tuple[Float[Tensor, "batch query sample d"], LayerTrace]:
        encoder = self._encoder
        target = self._target if index == len(encoder.layers) - 1 else None
        return forward_layer(encoder.layers[index], encoder.heads, encoder.activation, self._inputs[index], target)


def embed(
    encoder: Encoder, sentences: Sentences, distribution: Distribution
) -> tuple[Float[Tensor, "batch pos sample d"], NormState, Float[Tensor, "batch pos d"]]:
    """Layer 0 at the points, the state of its LayerNorm, and the words' displacements `x - xb`."""
    length, word = sentences.ids.shape[1], sentences.baseline_id
    baseline = encoder.words.new_zeros(encoder.width) if word is None else encoder.words[word]
    displacement = encoder.words[sentences.ids] - baseline
    start = baseline + encoder.positions[:length] + encoder.token_type
    inputs = start[:, None] + distribution.offsets(sentences.ids, displacement)
    hidden, state = normalise(encoder.norm, inputs)
    return hidden, state, displacement


def pass_forward(
    encoder: Encoder, sentences: Sentences, distribution: Distribution
) -> Iterator[tuple[Float[Tensor, "batch query sample d"], LayerTrace]]:
    """Layer by layer, the output and the forward facts at the points; of the last layer the target's alone."""
    hidden = embed(encoder, sentences, distribution)[0]
    for index, layer in enumerate(encoder.layers):
        target = sentences.target[:, None] if index == len(encoder.layers) - 1 else None
        hidden, trace = forward_layer(layer, encoder.heads, encoder.activation, hidden, target)
        yield hidden, trace


def forward(encoder: Encoder, sentences: Sentences, distribution: Distribution) -> Float[Tensor, "batch sample d"]:
    """The target's last hidden state at the points."""
    (last,) = deque(pass_forward(encoder, sentences, distribution), maxlen=1)
    return last[0][:, 0]


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
    encoder: Encoder, sentences: Sentences, distribution: Distribution, parts: Sequence[Samples]
) -> Float[Tensor, "batch 2 d"]:
    """The target's last hidden state at the baseline and at the input: of the samples where they are among them."""
    if distribution.has_ends:
        return torch.stack([parts[0].hidden[:, 0], parts[-1].hidden[:, -1]], 1)
    return forward(encoder, sentences, Line.at(0.0, 1.0, like=encoder.words))


def attention_at_input(
    encoder: Encoder, sentences: Sentences, distribution: Distribution, parts: Sequence[Samples]
) -> list[Float[Tensor, "batch _ node"]]:
    """Each layer's attention weights at the input, averaged over heads: of the samples where it is among them.

    Queries of the last layer: the target alone.
    """
    if distribution.has_ends:
        return [parts[-1].trace(index).attention.weights[:, -1].mean(1) for index in range(len(encoder.layers))]
    traces = pass_forward(encoder, sentences, Line.at(1.0, like=encoder.words))
    return [trace.attention.weights[:, 0].mean(1) for _, trace in traces]
