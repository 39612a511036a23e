"""The bootstrap: instances drawn again with replacement, as often as each measure needs them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

RESAMPLES = 2_000
PERCENTILES = (2.5, 97.5)
"""They bound the interval of 95 %."""

CELLS = 2**22
"""Counts of instances in resamples at a time: 32 MB."""


@dataclass(frozen=True, slots=True)
class Resamples:
    """How often each resample has each instance, some resamples at a time; the first one is the instances themselves.

    Iterating again gives the same resamples.
    """

    instances: int
    seed: tuple[int, int]

    def __iter__(self) -> Iterator[Float[np.ndarray, "resample instance"]]:
        random, most = np.random.default_rng(self.seed), max(1, CELLS // self.instances)
        yield np.ones((1, self.instances))
        for start in range(0, RESAMPLES, most):
            counts = np.empty((min(most, RESAMPLES - start), self.instances))
            for row in counts:
                row[:] = draw(self.instances, self.instances, random)
            yield counts


def draw(instances: int, size: int, random: np.random.Generator) -> Int[np.ndarray, "instance"]:
    """How often each instance is there when `size` of them are drawn with replacement."""
    return np.bincount(random.integers(instances, size=size, dtype=np.int32), minlength=instances)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The interval of 95 % of a mean."""
    _, *resamples = Resamples(len(values), (0, 0))
    low, high = np.percentile(np.concatenate(resamples) @ np.array(values) / len(values), PERCENTILES)
    return float(low), float(high)
