"""The quantity and the distribution of interest (paper, section 3).

The quantity of interest is any differentiable function of the target's last hidden state. The distribution of interest
says at which points z, words' embeddings, it is differentiated, and how these are weighed: expectations over z are
weighted sums. The influence of a word is that of its displacement `x - xb` from the baseline, whatever the points.

- `Line`: points of the straight line from the baseline to the input, `z(α) = xb + α (x - xb)`; also single ones.
- `Around`: points drawn around the input, `z = x + ε`.

Only over the whole line do the words' influences add up to the change of q from the baseline to the input.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.draws import seeded

Interest = Callable[[Float[Tensor, "batch sample d"]], Float[Tensor, "batch sample"]]
"""h^L at the target, per sentence and sample, to q. Each value may depend on its own row only."""


@dataclass(frozen=True)
class Line:
    """Points α on the line from the baseline (0) to the input (1), and their weights, which sum to 1.

    They are the same for all sentences of a batch, or each sentence has its own.
    """

    alphas: Float[Tensor, "#batch sample"]
    weights: Float[Tensor, "#batch sample"]
    complete: bool = True  # do they stand for the whole line, so that influences add up to the change of q?
    ends: tuple[int, int] | None = None  # which of the points are the baseline and the input; None: they are not there

    @classmethod
    def of(cls, sampling: str, samples: int, like: Tensor) -> "Line":
        """The points of a sampling, on the device and in the dtype of `like`.

        `paper`: equally spaced, both ends included, plain mean. `trapezoid`: the same points with half
        weight at both ends. `gauss-legendre`: the nodes of that quadrature on [0, 1].

        Raises:
            ValueError: a sampling by another name.
        """
        if sampling == "gauss-legendre":
            nodes, weights = np.polynomial.legendre.leggauss(samples)
            alphas, weights = (nodes + 1) / 2, weights / 2
        elif sampling in ("paper", "trapezoid"):
            alphas, weights = np.linspace(0, 1, samples), np.ones(samples)
            if sampling == "trapezoid":
                weights[[0, -1]] = 0.5
            weights /= weights.sum()
        else:
            raise ValueError(f"unknown sampling {sampling!r}")
        return cls(
            torch.tensor(alphas, dtype=like.dtype, device=like.device)[None],
            torch.tensor(weights, dtype=like.dtype, device=like.device)[None],
            ends=None if sampling == "gauss-legendre" else (0, samples - 1),
        )

    @classmethod
    def at(cls, *alphas: float, like: Tensor) -> "Line":
        """Single points of the line, all of one weight; `Line.at(1.0)` is the input itself."""
        points = like.new_tensor(alphas)[None]
        return cls(points, torch.full_like(points, 1 / len(alphas)), complete=False)

    @property
    def samples(self) -> int:
        """How many points there are."""
        return self.weights.shape[1]

    def offsets(
        self, ids: Int[Tensor, "batch pos"], displacement: Float[Tensor, "batch pos d"]
    ) -> Float[Tensor, "batch pos sample d"]:
        """The points, seen from the baseline: `z - xb`."""
        return self.alphas[:, None, :, None] * displacement[:, :, None]

    def slices(self, size: int) -> list["Line"]:
        """The same points in runs of at most `size`; their weighted sums add up to the whole's."""
        parts = zip(self.alphas.split(size, 1), self.weights.split(size, 1), strict=True)
        return [Line(*part, self.complete) for part in parts]


@dataclass(frozen=True)
class Around:
    """Points drawn around the input, every coordinate of every word's embedding by itself; all of one weight.

    Each point is drawn on the CPU, from a seed of its number and the sentence: it is the same in whatever batch, slice,
    order and dtype, on whatever device, and however many others there are.
    """

    shape: Literal["gaussian", "uniform"]
    scale: float  # standard deviation, or half the width; in units of the embeddings
    weights: Float[Tensor, "1 sample"]
    first: int = 0  # number of the first point

    complete: ClassVar[bool] = False
    ends: ClassVar[None] = None

    @classmethod
    def of(cls, shape: Literal["gaussian", "uniform"], scale: float, samples: int, like: Tensor) -> "Around":
        """So many points, on the device and in the dtype of `like`."""
        return cls(shape, scale, like.new_full((1, samples), 1 / samples))

    @property
    def samples(self) -> int:
        """How many points there are."""
        return self.weights.shape[1]

    def offsets(
        self, ids: Int[Tensor, "batch pos"], displacement: Float[Tensor, "batch pos d"]
    ) -> Float[Tensor, "batch pos sample d"]:
        """The points, seen from the baseline: `z - xb`."""
        numbers = range(self.first, self.first + self.samples)
        width = displacement.shape[2]
        drawn = [torch.stack([self._draw(each, number, width) for number in numbers], 1) for each in ids.cpu()]
        return torch.stack(drawn).to(displacement) + displacement[:, :, None]

    def _draw(self, ids: Int[Tensor, " pos"], number: int, width: int) -> Float[Tensor, "pos d"]:
        """How far one point is from the input."""
        size, generator = (len(ids), width), seeded(ids, number)
        if self.shape == "gaussian":
            return self.scale * torch.randn(size, generator=generator, dtype=torch.float64)
        return self.scale * (2 * torch.rand(size, generator=generator, dtype=torch.float64) - 1)

    def slices(self, size: int) -> list["Around"]:
        """The same points in runs of at most `size`; their weighted sums add up to the whole's."""
        runs = enumerate(self.weights.split(size, 1))
        return [replace(self, weights=weights, first=self.first + number * size) for number, weights in runs]


Distribution = Line | Around
"""The distributions of interest that there are."""
