"""Gradients of the quantity of interest, confined to paths: at every step only the path's own nodes count.

1. From the last layer down, group the paths by the suffix they share.
2. Carry one gradient for each distinct suffix back through its step, to the step's source node only.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.layout import take
from workers.influence.passes.edges import Tangents
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.layer import vjp, vjp_of_starts
from workers.influence.passes.sharing import Shared, share


def shared_suffixes(path: Int[Tensor, "batch source nodes"]) -> list[Shared]:
    """The distinct suffixes that the paths have from each layer on, layer 0 to L."""
    length = int(path.max()) + 1
    suffixes: list[Shared] = []
    member = torch.zeros_like(path[..., 0])
    for index in reversed(range(path.shape[2])):
        suffixes.append(share(member * length + path[..., index]))
        member = suffixes[-1].member
    return suffixes[::-1]


@dataclass(frozen=True)
class Step:
    """The gradients within one layer, confined to the paths' step through it."""

    skip: Float[Tensor, "batch suffix sample d"]  # at the skip connection, for each suffix from the step's end on
    projected: Float[Tensor, "batch longer sample projected"]  # at q, k, v of its start, for each suffix from there on


class Confined:
    """Confined gradients of a run of samples, for every layer; kept, or made again when asked for."""

    def __init__(
        self, one: ForwardBackward, path: Int[Tensor, "batch source nodes"], suffixes: list[Shared], keep: bool
    ):
        self._one, self._path, self._suffixes = one, path, suffixes
        self._outputs: list[Tensor] = []
        self._steps: list[Step | None] = []
        layers = path.shape[2] - 1
        gradient = one.output_gradient(layers - 1)
        for index in reversed(range(layers)):
            self._outputs.append(gradient)
            step = self._step(index, gradient)
            self._steps.append(step if keep else None)
            if index > 0:
                gradient = self._input_gradient(index, step)
        self._outputs.reverse()
        self._steps.reverse()

    def step(self, index: int) -> Step:
        """The gradients within a layer."""
        return self._steps[index] or self._step(index, self._outputs[index])

    def _ends(self, index: int) -> tuple[Int[Tensor, "batch longer"], Int[Tensor, "batch longer"], Tensor]:
        """Start, end and shorter suffix of the step through a layer, for each distinct suffix from its start on."""
        example = self._suffixes[index].example
        return (
            self._path[..., index].gather(1, example),
            self._path[..., index + 1].gather(1, example),
            self._suffixes[index + 1].member.gather(1, example),
        )

    def _step(self, index: int, gradient: Float[Tensor, "batch suffix sample d"]) -> Step:
        trace = self._one.trace(index)
        within = vjp(
            trace, gradient[:, :, None], self._path[..., index + 1].gather(1, self._suffixes[index + 1].example)
        )
        start, end, shorter = self._ends(index)
        return Step(within.skip[:, :, 0], vjp_of_starts(trace, within.attention.take(shorter), end, start)[:, :, 0])

    def _input_gradient(self, index: int, step: Step) -> Float[Tensor, "batch longer sample d"]:
        start, end, shorter = self._ends(index)
        gradient = self._one.projection(index).vjp(step.projected, start)
        return gradient.addcmul_(take(step.skip, shorter), (start == end)[..., None, None].to(gradient.dtype))

    def components(
        self, index: int, owner: Int[Tensor, " row"], tangents: Tangents
    ) -> tuple[Float[Tensor, "batch row head"], Float[Tensor, "batch row"]]:
        """Influence of every head, and of the skip connection, of each row's step; `owner` says whose path it is on."""
        step = self.step(index)
        longer, shorter = self._suffixes[index].member[:, owner], self._suffixes[index + 1].member[:, owner]
        by_head = take(step.projected, longer).mul_(tangents.projected).unflatten(-1, (3, self._one.graph.heads, -1))
        return by_head.sum((2, 3, 5)), take(step.skip, shorter).mul_(tangents.tangent).sum((2, 3))
