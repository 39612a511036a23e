"""Feed-forward blocks, `W_down act(W_up n)` and gated ones, and the derivatives of their activations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from workers.influence.blocks.layout import BY_NODE, Nodes, Selection, take
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


@dataclass(frozen=True)
class GatedState:
    """What a gated block's Jacobian needs of its forward pass."""

    slope: Float[Tensor, "batch node sample ff"]  # act'(a) ∘ b
    activated: Float[Tensor, "batch node sample ff"]  # act(a)

    def at(self, nodes: Nodes) -> "GatedState":
        """The same at chosen nodes."""
        return self if nodes is None else GatedState(take(self.slope, nodes), take(self.activated, nodes))

    @classmethod
    def joined(cls, runs: Sequence["GatedState"], selection: Selection) -> "GatedState":
        """The chosen sentences' over all runs of samples."""
        slope = selection.join([run.slope for run in runs], BY_NODE)
        return cls(slope, selection.join([run.activated for run in runs], BY_NODE))


@dataclass(frozen=True)
class GatedFeedForward:
    """`W_down (act(a) ∘ b)`, a and b of one linear map, one below the other (Dauphin et al. 2017; Shazeer 2020)."""

    inner: Linear
    activation: Activation
    down: Linear

    def __call__(
        self, inputs: Float[Tensor, "batch node sample d"]
    ) -> tuple[Float[Tensor, "batch node sample d"], GatedState]:
        """The outputs, and what the Jacobian needs."""
        a, b = self.inner(inputs).chunk(2, -1)
        activated = ACTIVATIONS[self.activation](a)
        slope = DERIVATIVES[self.activation](a).mul_(b)
        return self.down(activated * b), GatedState(slope, activated)

    def jvp(
        self, state: GatedState, tangent: Float[Tensor, "batch row sample d"]
    ) -> Float[Tensor, "batch row sample d"]:
        """Tangent at the outputs, of the tangent at the inputs."""
        a, b = self.inner.jvp(tangent).chunk(2, -1)
        return self.down.jvp(state.slope * a + state.activated * b)

    def vjp(
        self, state: GatedState, gradient: Float[Tensor, "batch row sample d"]
    ) -> Float[Tensor, "batch row sample d"]:
        """Gradient at the inputs, of the gradient at the outputs."""
        inner = self.down.vjp(gradient)
        return self.inner.vjp(torch.cat((state.slope * inner, state.activated * inner), -1))
