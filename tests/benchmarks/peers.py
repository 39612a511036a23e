"""What the engine is measured against, on the same sentence, samples and device."""

from collections.abc import Callable
from typing import Any

import torch
from captum.attr import IntegratedGradients, LayerConductance
from jaxtyping import Float
from torch import Tensor

from tests.benchmarks.reference import Reference
from tests.benchmarks.workload import BASELINE, CORRECT, WRONG, Workload
from workers.influence.blocks.post_ln import PostLN


def quantity(work: Workload, words: Float[Tensor, "sample pos d"]) -> Float[Tensor, " sample"]:
    """q of Hugging Face's encoder: the head reads the target alone, and two rows of the vocabulary."""
    hidden = work.model.bert(inputs_embeds=words).last_hidden_state[:, work.target]
    predictions: Any = work.model.cls.predictions
    rows = predictions.decoder.weight[CORRECT] - predictions.decoder.weight[WRONG]
    bias = predictions.decoder.bias[CORRECT] - predictions.decoder.bias[WRONG]
    return predictions.transform(hidden) @ rows + bias


def integrated_gradients(work: Workload) -> Float[Tensor, " pos"]:
    """One forward and one backward pass of Hugging Face's model over all samples, parameters frozen."""
    displacement = work.embeddings - work.baseline
    words = (work.baseline + work.line.alphas[0, :, None, None] * displacement).requires_grad_()
    (gradient,) = torch.autograd.grad(quantity(work, words).sum(), words)
    return work.line.weights[0] @ (gradient * displacement).sum(-1)


def captum_integrated_gradients(work: Workload) -> Float[Tensor, " pos"]:
    attributions = IntegratedGradients(lambda words: quantity(work, words)).attribute(
        work.embeddings[None], work.baseline[None], n_steps=work.shape.samples
    )
    return attributions.sum(-1)[0]


def captum_layer_conductance(work: Workload) -> Float[Tensor, " pos"]:
    """Of one layer in the middle."""
    encoder: Any = work.model.bert.encoder
    layer = encoder.layer[work.shape.layers // 2]
    conductance: Any = LayerConductance(lambda words: quantity(work, words), layer).attribute(
        work.embeddings[None], work.baseline[None], n_steps=work.shape.samples
    )
    return conductance.sum(-1)[0]


def matrix_products(work: Workload) -> Callable[[], None]:
    """The bare matrix products of one forward pass of the batch, and nothing between them."""
    shape, device = work.shape, work.encoder.device
    rows, heads, dh = shape.samples * shape.length, shape.heads, shape.width // shape.heads
    hidden = torch.randn(rows, shape.width, device=device)
    inner = torch.randn(rows, 4 * shape.width, device=device)
    query, key, value = torch.randn(3, shape.samples * heads, shape.length, dh, device=device)
    attention = torch.randn(shape.samples * heads, shape.length, shape.length, device=device)

    def run() -> None:
        for layer in work.encoder.layers:
            assert isinstance(layer, PostLN)
            layer.projection.qkv.jvp(hidden)
            torch.bmm(query, key.transpose(1, 2))
            torch.bmm(attention, value)
            layer.output.out.jvp(hidden)
            layer.feed_forward.up.jvp(hidden)
            layer.feed_forward.down.jvp(inner)

    return run


def reference(work: Workload) -> Reference:
    """The port of the reference algorithm."""
    return Reference(
        work.encoder,
        work.sentences.ids[0].tolist(),
        work.target,
        work.sentences.interest,
        BASELINE,
        work.line.alphas[0],
        work.line.weights[0],
    )
