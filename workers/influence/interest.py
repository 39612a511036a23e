"""The quantity and the distribution of interest (paper, section 3).

The quantity of interest is any differentiable function of the target's last hidden state. The
distribution of interest is uniform on the straight line from a baseline to the input,
`z(α) = xb + α (x - xb)`; its expectation is a weighted sum over points of that line.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Interest = Callable[[Float[Tensor, "batch sample d"]], Float[Tensor, "batch sample"]]
"""h^L at the target, per sentence and sample, to q. Each value may depend on its own row only."""


@dataclass(frozen=True)
class Line:
    """Points α on the line from the baseline (0) to the input (1), and their weights, which sum to 1."""

    alphas: Float[Tensor, " sample"]
    weights: Float[Tensor, " sample"]

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
            torch.tensor(alphas, dtype=like.dtype, device=like.device),
            torch.tensor(weights, dtype=like.dtype, device=like.device),
        )

    def slices(self, size: int) -> list["Line"]:
        """The same points in runs of at most `size`; their weighted sums add up to the whole's."""
        return [Line(*parts) for parts in zip(self.alphas.split(size), self.weights.split(size), strict=True)]
