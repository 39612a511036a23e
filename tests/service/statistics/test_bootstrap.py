"""Resamples, and the interval of a mean."""

import pytest

from service.experiments import paper
from service.statistics import bootstrap
from service.statistics.bootstrap import Resamples, mean_interval


def test_the_interval_of_a_mean():
    low, high = mean_interval([1000.0] * 99 + [900.0])
    assert low == pytest.approx(999 - 2.5, abs=1.1) and high == 1000  # 0 to 3 or 4 times the one value of 100
    assert mean_interval([1000.0] * 100) == (1000, 1000)
    assert paper.BEATEN["sva-obj", "embedding"].meets(1000, 1000)
    assert not paper.BEATEN["sva-obj", "embedding"].meets(999, 999.9)


def test_few_resamples_of_many_instances_are_held_at_once():
    blocks = iter(Resamples(100_000, (0, 0)))
    sizes = [next(blocks).nbytes for _ in range(3)]
    assert sizes[0] == 8 * 100_000 and 0 < sizes[1] == sizes[2] <= 8 * bootstrap.CELLS


def test_every_resample_has_as_many_instances_and_the_same_ones_again():
    resamples = Resamples(20, (3, 1))
    first, again = (list(resamples) for _ in range(2))
    assert sum(len(block) for block in first) == 1 + bootstrap.RESAMPLES
    assert all((block.sum(axis=1) == 20).all() for block in first)
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
