"""LayerNorm: how values, tangents and gradients pass it, without autograd.

Its Jacobian is `diag(gain) K` with the symmetric `K = r (I - 11ᵀ/d - nnᵀ/d)`, so both directions are one call of the
fused LayerNorm backward.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.layout import BY_NODE, Nodes, Selection, take

_layer_norm_backward = torch.ops.aten.native_layer_norm_backward.default


@dataclass(frozen=True)
class NormState:
    """What LayerNorm's Jacobian needs of its forward pass: inputs, mean and reciprocal deviation."""

    inputs: Float[Tensor, "batch node sample d"]
    mean: Float[Tensor, "batch node sample 1"]
    rstd: Float[Tensor, "batch node sample 1"]

    def at(self, nodes: Nodes) -> "NormState":
        """The same at chosen nodes."""
        if nodes is None:
            return self
        return NormState(take(self.inputs, nodes), take(self.mean, nodes), take(self.rstd, nodes))

    @classmethod
    def joined(cls, runs: Sequence["NormState"], selection: Selection) -> "NormState":
        """The chosen sentences' over all runs of samples."""
        return cls(
            selection.join([run.inputs for run in runs], BY_NODE),
            selection.join([run.mean for run in runs], BY_NODE),
            selection.join([run.rstd for run in runs], BY_NODE),
        )


@dataclass(frozen=True)
class LayerNorm:
    """Gain, bias and epsilon of one LayerNorm."""

    weight: Float[Tensor, " d"]
    bias: Float[Tensor, " d"] | None
    eps: float

    def __call__(
        self, inputs: Float[Tensor, "batch node sample d"]
    ) -> tuple[Float[Tensor, "batch node sample d"], NormState]:
        """The outputs, and the state of it."""
        outputs, mean, rstd = torch.native_layer_norm(inputs, inputs.shape[-1:], self.weight, self.bias, self.eps)
        return outputs, NormState(inputs, mean, rstd)

    def jvp(
        self, state: NormState, tangent: Float[Tensor, "batch row sample d"]
    ) -> Float[Tensor, "batch row sample d"]:
        """Tangent at the outputs, of the tangent at the inputs, at the nodes of `state`."""
        symmetric = _layer_norm_backward(
            tangent, state.inputs, tangent.shape[-1:], state.mean, state.rstd, None, None, [True, False, False]
        )[0]
        return symmetric.mul_(self.weight)

    def vjp(
        self, state: NormState, gradient: Float[Tensor, "batch row sample d"]
    ) -> Float[Tensor, "batch row sample d"]:
        """Gradient at the inputs, of the gradient at the outputs, at the nodes of `state`."""
        return _layer_norm_backward(
            gradient, state.inputs, gradient.shape[-1:], state.mean, state.rstd, self.weight, None, [True, False, False]
        )[0]
