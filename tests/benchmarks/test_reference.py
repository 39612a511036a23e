"""The port of the reference algorithm finds what the brute force finds, in the passes it is said to take."""

import pytest
import torch

from tests.benchmarks.reference import Reference
from tests.oracle.brute_force import BruteForce, quadrature
from tests.oracle.random_transformer import random_masked_lm_head, random_transformer
from tests.oracle.search import refine

# What torch itself does when forward-mode autograd is first used.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:FutureWarning")


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 3), (4, 2)])
def test_port_agrees_with_the_brute_force(layers, heads):
    encoder, ids, target = random_transformer(layers, heads, seed=layers), [4, 0, 7, 4, 11], 1
    head = random_masked_lm_head(encoder)

    def interest(hidden: torch.Tensor) -> torch.Tensor:
        return head.difference(hidden, torch.tensor([5]), torch.tensor([6]))

    brute = BruteForce(encoder, ids, target, interest, baseline_id=0, sampling="paper", samples=5)
    points, weights = (torch.tensor(values, dtype=torch.float64) for values in quadrature("paper", 5))
    reference = Reference(encoder, ids, target, interest, 0, points, weights)
    total = reference.total()
    torch.testing.assert_close(total, brute.total(), rtol=1e-11, atol=1e-13)
    for source in (0, 2, 3, 4):
        reference.passes = 0
        found, expected = reference.word(source, float(total[source])), refine(brute, source)
        assert (found.path, found.components) == (expected.path, expected.components)
        assert found.embedding_trace == pytest.approx(expected.embedding_trace, rel=1e-10)
        assert found.attention_trace == pytest.approx(expected.attention_trace, rel=1e-10)
        assert reference.passes == 2 * (layers - 1) + 4 * layers
