"""Exact local rules: how tangents and gradients pass each block of a layer, without autograd.

Shapes: nodes of a layer are `[batch, node, sample, d]`; per-head tensors are `[batch, sample, head, node, dh]`.
A *row* is a tangent or gradient that sits at one node; `nodes [batch, row]` says at which.
LayerNorm's Jacobian is `diag(gain) K` with the symmetric `K = r (I - 11ᵀ/d - nnᵀ/d)`, so both directions
are one call of the fused LayerNorm backward.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from workers.influence.blocks.encoder import Layer, LayerNorm
from workers.influence.blocks.prediction_heads import ACTIVATIONS

_layer_norm_backward = torch.ops.aten.native_layer_norm_backward.default
_gelu_backward = torch.ops.aten.gelu_backward.default


def _gelu_derivative(approximate: str) -> Callable[[Tensor], Tensor]:
    return lambda inputs: _gelu_backward(torch.ones_like(inputs), inputs, approximate=approximate)


DERIVATIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": _gelu_derivative("none"),
    "gelu_tanh": _gelu_derivative("tanh"),
    "relu": lambda inputs: (inputs > 0).to(inputs.dtype),
}


def take(
    values: Shaped[Tensor, "batch node *rest"], nodes: Int[Tensor, "batch row"]
) -> Shaped[Tensor, "batch row *rest"]:
    """`values[b, nodes[b, r]]` for every row, as one copy of whole rows."""
    batch, count = values.shape[:2]
    first = torch.arange(0, batch * count, count, device=nodes.device)[:, None]
    return values.flatten(0, 1).index_select(0, (first + nodes).flatten()).unflatten(0, nodes.shape)


def take_per_head(
    values: Float[Tensor, "batch sample head node last"], nodes: Int[Tensor, "batch row"]
) -> Float[Tensor, "batch sample head row last"]:
    """`values[b, :, :, nodes[b, r]]` for every row."""
    batch, samples, heads, _, last = values.shape
    index = nodes[:, None, None, :, None].expand(batch, samples, heads, nodes.shape[1], last)
    return values.gather(3, index)


def split_heads(
    values: Float[Tensor, "batch node sample parts_d"], heads: int, parts: int
) -> Float[Tensor, "parts batch sample head node dh"]:
    """Nodes' vectors (`parts` of them side by side: query, key, value), cut into heads for the matrix products."""
    return values.unflatten(-1, (parts, heads, -1)).permute(3, 0, 2, 4, 1, 5).contiguous()


def merge_heads(
    values: Float[Tensor, "batch sample head node dh"],
) -> Float[Tensor, "batch node sample d"]:
    """The inverse of `split_heads`."""
    return values.permute(0, 3, 1, 2, 4).flatten(3)


@dataclass(frozen=True)
class NormState:
    """What LayerNorm's Jacobian needs of its forward pass: inputs, mean and reciprocal deviation."""

    inputs: Float[Tensor, "batch node sample d"]
    mean: Float[Tensor, "batch node sample 1"]
    rstd: Float[Tensor, "batch node sample 1"]

    def at(self, nodes: Int[Tensor, "batch row"]) -> "NormState":
        return NormState(take(self.inputs, nodes), take(self.mean, nodes), take(self.rstd, nodes))


def normalise(
    norm: LayerNorm, inputs: Float[Tensor, "batch node sample d"]
) -> tuple[Float[Tensor, "batch node sample d"], NormState]:
    """LayerNorm, and the state of it."""
    outputs, mean, rstd = torch.native_layer_norm(inputs, inputs.shape[-1:], norm.weight, norm.bias, norm.eps)
    return outputs, NormState(inputs, mean, rstd)


def normalise_vjp(norm: LayerNorm, state: NormState, gradient: Float[Tensor, "batch row sample d"]) -> Tensor:
    """Gradient at LayerNorm's inputs, of the gradient at its outputs."""
    return _layer_norm_backward(
        gradient, state.inputs, gradient.shape[-1:], state.mean, state.rstd, norm.weight, None, [True, False, False]
    )[0]


def normalise_jvp(norm: LayerNorm, state: NormState, tangent: Float[Tensor, "batch row sample d"]) -> Tensor:
    """Tangent at LayerNorm's outputs, of the tangent at its inputs."""
    symmetric = _layer_norm_backward(
        tangent, state.inputs, tangent.shape[-1:], state.mean, state.rstd, None, None, [True, False, False]
    )[0]
    return symmetric.mul_(norm.weight)


@dataclass(frozen=True)
class FeedForwardState:
    """What the Jacobian of one node's way from the attention block's sum `u` to the layer's output needs."""

    norm1: NormState
    slope: Float[Tensor, "batch node sample ff"]  # the activation's derivative
    norm2: NormState

    def at(self, nodes: Int[Tensor, "batch row"]) -> "FeedForwardState":
        return FeedForwardState(self.norm1.at(nodes), take(self.slope, nodes), self.norm2.at(nodes))


def feed_forward(
    layer: Layer, activation: str, summed: Float[Tensor, "batch node sample d"]
) -> tuple[Float[Tensor, "batch node sample d"], FeedForwardState]:
    """`LN2(y + FFN(y))` with `y = LN1(u)`, and the state of it."""
    normed, norm1 = normalise(layer.norm1, summed)
    inputs = F.linear(normed, layer.up_weight, layer.up_bias)
    slope = DERIVATIVES[activation](inputs)
    down = F.linear(ACTIVATIONS[activation](inputs), layer.down_weight, layer.down_bias)
    outputs, norm2 = normalise(layer.norm2, down.add_(normed))
    return outputs, FeedForwardState(norm1, slope, norm2)


def feed_forward_jvp(
    layer: Layer, state: FeedForwardState, tangent: Float[Tensor, "batch row sample d"]
) -> Float[Tensor, "batch row sample d"]:
    """Tangent at the layer's output, of the tangent at `u`, at the nodes of `state`."""
    normed = normalise_jvp(layer.norm1, state.norm1, tangent)
    hidden = F.linear(normed, layer.up_weight).mul_(state.slope)
    return normalise_jvp(layer.norm2, state.norm2, F.linear(hidden, layer.down_weight).add_(normed))


def feed_forward_vjp(
    layer: Layer, state: FeedForwardState, gradient: Float[Tensor, "batch row sample d"]
) -> Float[Tensor, "batch row sample d"]:
    """Gradient at `u`, of the gradient at the layer's output, at the nodes of `state`."""
    summed = normalise_vjp(layer.norm2, state.norm2, gradient)
    hidden = (summed @ layer.down_weight).mul_(state.slope)
    return normalise_vjp(layer.norm1, state.norm1, (hidden @ layer.up_weight).add_(summed))


@dataclass(frozen=True)
class AttentionState:
    """What the attention's Jacobian needs of its forward pass. Queries: all nodes, or only the target."""

    query: Float[Tensor, "batch sample head query dh"]  # divided by √dh
    key: Float[Tensor, "batch sample head node dh"]
    value: Float[Tensor, "batch sample head node dh"]
    weights: Float[Tensor, "batch sample head query node"]  # softmax over nodes


def attend(
    query: Float[Tensor, "batch sample head query dh"],
    key: Float[Tensor, "batch sample head node dh"],
    value: Float[Tensor, "batch sample head node dh"],
) -> tuple[Float[Tensor, "batch sample head query dh"], AttentionState]:
    """Every head's output, and the state of it."""
    weights = torch.softmax(query @ key.transpose(-1, -2), -1)
    return weights @ value, AttentionState(query, key, value, weights)


def softmax_derivative(
    weights: Float[Tensor, "*batch row node"], change: Float[Tensor, "*batch row node"]
) -> Float[Tensor, "*batch row node"]:
    """The softmax's Jacobian, which is symmetric, times `change`: `P (c - Σ P c)`. Overwrites `change`."""
    mean = (weights * change).sum(-1, keepdim=True)
    return change.sub_(mean).mul_(weights)
