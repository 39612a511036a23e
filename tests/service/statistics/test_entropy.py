"""Binary entropy, and its mean over nodes."""

import math

import numpy as np
import pytest

from service.statistics.entropy import binary_entropy, pattern_entropy


@pytest.mark.parametrize(("share", "bits"), [(0.0, 0.0), (1.0, 0.0), (0.5, 1.0), (0.25, 2 - 0.75 * math.log2(3))])
def test_binary_entropy(share, bits):
    assert binary_entropy(np.array([share, 1 - share])) == pytest.approx([bits, bits], abs=1e-15)


def test_shares_a_rounding_beyond_0_and_1_are_certain():
    assert binary_entropy(np.array([-1e-17, 1 + 1e-15])).tolist() == [0.0, 0.0]


def test_pattern_entropy_is_the_mean_over_nodes():
    assert pattern_entropy(np.array([[0.5, 0.0], [0.5, 0.5]])) == pytest.approx([0.5, 1.0])
