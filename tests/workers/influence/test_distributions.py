"""Distributions of interest: their points, and what the engine makes of them. `shapes` has them in the other tests."""

import pytest
import torch
from torch import Tensor

from tests.oracle.cases import Case, random_case
from workers.influence.interest import Around, Line

KINDS = pytest.mark.parametrize("kind", ["gaussian", "uniform"])
BASELINES = pytest.mark.parametrize("baseline", [0, None, 11])
IDS = torch.tensor([[5, 3, 0, 5], [0, 3, 3, 1], [5, 3, 0, 5]])
DISPLACEMENT = torch.linspace(-1, 1, 3 * 4 * 6, dtype=torch.float64).reshape(3, 4, 6)


def drawn(kind: str, samples: int, scale: float = 0.5, dtype: torch.dtype = torch.float64) -> Tensor:
    around = Around.of(kind, scale, samples, torch.zeros(1, dtype=dtype))  # pyright: ignore[reportArgumentType]
    return around.offsets(IDS, torch.zeros_like(DISPLACEMENT, dtype=dtype))


def gradient(case: Case) -> Tensor:
    """Of q at the input, by autograd."""
    brute = case.brute_force
    words = brute.words.clone().requires_grad_()
    quantity = brute.forward(words[None, None], brute.edges_of(brute.prefix())[None])
    return torch.autograd.grad(quantity.sum(), words)[0]


@BASELINES
def test_at_the_input_influence_is_gradient_times_displacement(baseline):
    case = random_case(3, 2, 3, (5, 3, 0, 5), distribution="point", amount=1.0, baseline=baseline)
    displacement = case.brute_force.words - case.brute_force.baseline
    torch.testing.assert_close(case.influence()["total"][0], (gradient(case) * displacement).sum(-1))


@BASELINES
@KINDS
def test_around_the_input_influence_is_the_mean_gradient_times_displacement(kind, baseline):
    """As the points close in on the input it becomes that at the input."""
    near, at = (
        random_case(3, 2, 3, (5, 3, 0, 5), baseline=baseline, **options).influence()["total"]
        for options in (
            {"distribution": kind, "amount": 1e-7, "samples": 3},
            {"distribution": "point", "amount": 1.0},
        )
    )
    torch.testing.assert_close(near, at, rtol=1e-4, atol=1e-6)
    assert not torch.equal(near, at)


def test_a_line_of_points_is_the_mean_of_the_points():
    line = random_case(sampling="paper", samples=3).influence()["total"]
    points = [random_case(distribution="point", amount=alpha).influence()["total"] for alpha in (0.0, 0.5, 1.0)]
    torch.testing.assert_close(line, torch.stack(points).mean(0))


@pytest.mark.parametrize(("kind", "complete"), [("line", True), ("point", False), ("gaussian", False)])
def test_only_influences_over_the_line_are_said_to_add_up(kind, complete):
    found = random_case(distribution=kind, amount=0.5).influence()
    assert ("completeness_error" in found) == complete
    assert {"quantity", "baseline_quantity"} <= found.keys()


@BASELINES
@pytest.mark.parametrize(("kind", "amount"), [("point", 1.0), ("point", 0.3), ("gaussian", 0.3), ("uniform", 0.3)])
def test_the_ends_are_the_baseline_and_the_input_whatever_the_points(kind, amount, baseline):
    case = random_case(distribution=kind, amount=amount, baseline=baseline)
    found = case.influence()
    assert found["quantity"].item() == pytest.approx(case.brute_force.qoi, rel=1e-10)
    assert found["baseline_quantity"].item() == pytest.approx(case.brute_force.baseline_qoi, rel=1e-10)


@KINDS
def test_a_sentence_has_the_same_points_whatever_else_there_is(kind):
    points = drawn(kind, 5)
    assert torch.equal(points[0], points[2])
    assert not torch.isclose(points[0], points[1]).any()
    assert torch.equal(drawn(kind, 2), points[:, :, :2])
    alone = Around.of(kind, 0.5, 5, DISPLACEMENT).offsets(IDS[1:2], DISPLACEMENT[1:2])
    assert torch.equal(alone[0], points[1] + DISPLACEMENT[1, :, None])


@KINDS
@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_slices_have_the_points_of_the_whole(kind, size):
    whole = Around.of(kind, 0.5, 5, DISPLACEMENT)
    parts = whole.slices(size)
    assert torch.equal(
        torch.cat([part.offsets(IDS, DISPLACEMENT) for part in parts], 2), whole.offsets(IDS, DISPLACEMENT)
    )
    assert torch.equal(torch.cat([part.weights for part in parts], 1), whole.weights)


@KINDS
def test_points_of_float32_are_those_of_float64_to_its_rounding(kind):
    torch.testing.assert_close(drawn(kind, 5, dtype=torch.float32).double(), drawn(kind, 5), rtol=0, atol=1e-6)


def test_points_are_spread_as_their_scale_says():
    """Standard deviation of the Gaussian, half the width of the uniform distribution; no two points or words alike."""
    gaussian, uniform = drawn("gaussian", 2000)[:2], drawn("uniform", 2000)[:2]
    for points, spread, fourth in ((gaussian, 0.5, 3.0), (uniform, 0.5 / 3**0.5, 1.8)):
        assert points.mean().item() == pytest.approx(0, abs=0.01)
        assert points.std().item() == pytest.approx(spread, rel=0.01)
        assert ((points / spread) ** 4).mean().item() == pytest.approx(fourth, rel=0.03)
        assert len(points.flatten().unique()) == points.numel()
    assert uniform.abs().max() < 0.5


def test_slices_of_a_point_keep_that_it_is_no_line():
    assert [part.complete for part in Line.at(0.5, 1.0, like=DISPLACEMENT).slices(1)] == [False, False]
    assert [part.complete for part in Line.of("paper", 2, DISPLACEMENT).slices(1)] == [True, True]
