"""Rank, z-score and p-values, from their definitions."""

import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workers.influence.baselines.rank_test import Significance, significance

some = st.integers(-5, 5).map(float)


def of(found: float, drawn: list[float], sign: float = 1.0) -> Significance:
    return significance(torch.tensor(found), torch.tensor(drawn), torch.tensor(sign))


@given(some, st.lists(some, min_size=2, max_size=8), st.sampled_from([1.0, -1.0]))
def test_what_the_definitions_say(found, drawn, sign):
    result = of(found, drawn, sign)
    assert result.beaten == sum(sign * found > sign * value for value in drawn)
    assert result.p_empirical.item() == pytest.approx(
        (1 + sum(sign * value >= sign * found for value in drawn)) / (1 + len(drawn)), rel=1e-12
    )
    mean, deviation = statistics.mean(drawn), statistics.stdev(drawn)
    assert result.mean.item() == pytest.approx(mean, rel=1e-12, abs=1e-12)
    assert result.deviation.item() == pytest.approx(deviation, rel=1e-12, abs=1e-12)
    if deviation > 0:
        z = sign * (found - mean) / deviation
        assert result.z.item() == pytest.approx(z, rel=1e-9, abs=1e-12)
        assert result.p_normal.item() == pytest.approx(1 - statistics.NormalDist().cdf(z), rel=1e-6, abs=1e-14)


def test_far_out_the_probability_under_a_normal_is_still_a_number():
    result = of(30.0, [-1.0, 0.0, 1.0])
    assert result.z == 30.0
    assert result.p_normal.item() == pytest.approx(4.906713927148187e-198, rel=1e-9)


def test_where_nothing_deviates():
    assert vars(of(0.1, [0.1] * 3)) == {**vars(of(0.1, [0.1] * 3)), "z": 0, "p_normal": 0.5, "p_empirical": 1}
    assert (of(0.2, [0.1] * 3).z, of(0.2, [0.1] * 3).p_normal) == (torch.inf, 0)
    assert (of(0.2, [0.1] * 3, -1.0).z, of(0.2, [0.1] * 3, -1.0).p_normal) == (-torch.inf, 1)


def test_each_pattern_has_its_own_random_ones():
    found, sign = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    drawn = torch.randn(2, 2, 9, generator=torch.Generator().manual_seed(0))
    whole = significance(found, drawn, sign)
    for row in range(2):
        for column in range(2):
            alone = significance(found[row, column], drawn[row, column], sign[row, column])
            for name, value in vars(alone).items():
                torch.testing.assert_close(vars(whole)[name][row, column], value)
