"""The feed-forward block, `W_down act(W_up n)`, and the derivatives of its activations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.linear import Linear

Activation = Literal["gelu", "gelu_tanh", "relu"]

_gelu_backward = torch.ops.aten.gelu_backward.default


def _gelu_derivative(approximate: str) -> Callable[[Tensor], Tensor]:
    return lambda inputs: _gelu_backward(torch.ones_like(inputs), inputs, approximate=approximate)


ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": lambda inputs: F.gelu(inputs, approximate="tanh"),
    "relu": F.relu,
}

DERIVATIVES: dict[Activation, Callable[[Tensor], Tensor]] = {
    "gelu": _gelu_derivative("none"),
    "gelu_tanh": _gelu_derivative("tanh"),
    "relu": lambda inputs: (inputs > 0).to(inputs.dtype),
}


@dataclass(frozen=True)
class FeedForward:
    """Two linear maps and an activation between them."""

    up: Linear
    activation: Activation
    down: Linear

    def __call__(
        self, inputs: Float[Tensor, "*batch d"]
    ) -> tuple[Float[Tensor, "*batch d"], Float[Tensor, "*batch ff"]]:
        """The outputs, and the slope of the activation, all that the Jacobian needs."""
        up = self.up(inputs)
        slope = DERIVATIVES[self.activation](up)
        return self.down(ACTIVATIONS[self.activation](up)), slope

    def jvp(self, slope: Float[Tensor, "*batch ff"], tangent: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Tangent at the outputs, of the tangent at the inputs."""
        return self.down.jvp(self.up.jvp(tangent).mul_(slope))

    def vjp(self, slope: Float[Tensor, "*batch ff"], gradient: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Gradient at the inputs, of the gradient at the outputs."""
        return self.up.vjp(self.down.vjp(gradient).mul_(slope))
