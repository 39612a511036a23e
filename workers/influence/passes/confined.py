"""Gradients of the quantity of interest, confined to paths: at every step only the path's own nodes count.

1. From the last layer down, group the paths by the suffix they share.
2. Carry one gradient for each distinct suffix back through its step, to the step's source node only.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.rules import (
    feed_forward_vjp,
    merge_heads,
    softmax_derivative,
    split_heads,
    take,
    take_per_head,
)
from workers.influence.passes.edges import Departure
from workers.influence.passes.forward import Samples
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

    summed: Float[Tensor, "batch suffix sample d"]  # at u of the step's end, for each suffix from there on
    projected: Float[Tensor, "batch longer sample three_d"]  # at query, key, value of its start, each suffix from there


class Confined:
    """Confined gradients of a run of samples, for every layer; kept, or made again when asked for."""

    def __init__(self, part: Samples, path: Int[Tensor, "batch source nodes"], suffixes: list[Shared], keep: bool):
        self._part, self._path, self._suffixes = part, path, suffixes
        self._outputs: list[Tensor] = []
        self._steps: list[Step | None] = []
        layers = path.shape[2] - 1
        gradient = part.output_gradient(layers - 1)
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
        trace = self._part.trace(index)
        attention = trace.attention
        end = self._path[..., index + 1].gather(1, self._suffixes[index + 1].example)
        state = trace.feed_forward if trace.target is not None else trace.feed_forward.at(end)
        summed = feed_forward_vjp(trace.layer, state, gradient)
        (output,) = split_heads(summed @ trace.layer.out_weight, self._part.heads, 1)
        weights = take_per_head(attention.weights, trace.query_of(end))
        score = softmax_derivative(weights, output @ attention.value.transpose(-1, -2))

        start, end, shorter = self._ends(index)
        score, weights = take_per_head(score, shorter), take_per_head(weights, shorter)
        source = start[:, None, None, :, None].expand(*score.shape[:-1], 1)
        query = (score * (start == end)[:, None, None, :, None]) @ attention.key
        key = score.gather(-1, source) * take_per_head(attention.query, trace.query_of(end))
        value = weights.gather(-1, source) * take_per_head(output, shorter)
        return Step(summed, torch.cat([merge_heads(part) for part in (query, key, value)], -1))

    def _input_gradient(self, index: int, step: Step) -> Float[Tensor, "batch longer sample d"]:
        start, end, shorter = self._ends(index)
        gradient = step.projected @ self._part.layers[index].qkv_weight
        return gradient.addcmul_(take(step.summed, shorter), (start == end)[..., None, None].to(gradient.dtype))

    def components(
        self, index: int, owner: Int[Tensor, " row"], departure: Departure
    ) -> tuple[Float[Tensor, "batch row head"], Float[Tensor, "batch row"]]:
        """Influence of every head, and of the skip connection, of each row's step; `owner` says whose path it is on."""
        step = self.step(index)
        longer, shorter = self._suffixes[index].member[:, owner], self._suffixes[index + 1].member[:, owner]
        by_head = (take(step.projected, longer) * departure.projected).unflatten(-1, (3, self._part.heads, -1))
        return by_head.sum((2, 3, 5)), (take(step.summed, shorter) * departure.tangent).sum((2, 3))
