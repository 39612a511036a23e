"""Points, weights and errors of adaptive quadrature, on functions whose integrals are known."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.oracle.quadrature import Value, adaptive
from workers.influence.quadrature import Intervals, first_points
from workers.influence.tolerance import LOOKS, POINTS

Functions = list[tuple[Callable[[float], float], Callable[[float], float]]]
"""Words: each an integrand, and its integral from 0."""

HARD: dict[str, Functions] = {
    "polynomial": [(lambda x: 4 * x**3 - 1, lambda x: x**4 - x), (lambda x: x**2, lambda x: x**3 / 3)],
    "peak": [(lambda x: 1 / (1e-4 + (x - 0.3) ** 2), lambda x: 100 * math.atan(100 * (x - 0.3)))],
    "kink": [(lambda x: 1.0 if x < 0.7 else -3.0, lambda x: min(x, 0.7) - 3 * max(0.0, x - 0.7))],
    "steps that cancel": [
        (lambda x: math.tanh(200 * (x - 0.2)), lambda x: math.log(math.cosh(200 * (x - 0.2))) / 200),
        (lambda x: -math.tanh(90 * (x - 0.8)), lambda x: -math.log(math.cosh(90 * (x - 0.8))) / 90),
    ],
    "nothing": [(lambda x: 0.0, lambda x: 0.0)],
}


def value(functions: Functions, x: float) -> Value:
    return Value(sum(integral(x) for _, integral in functions), tuple(integrand(x) for integrand, _ in functions))


def tensors(functions: Functions, alphas: Tensor) -> tuple[Tensor, Tensor]:
    values = [[value(functions, x) for x in row] for row in alphas.tolist()]
    quantity = torch.tensor([[each.quantity for each in row] for row in values], dtype=torch.float64)
    words = torch.tensor([[each.words for each in row] for row in values], dtype=torch.float64)
    return quantity, words.transpose(1, 2)


def run(functions: Functions, tolerance: float, most: int) -> Intervals:
    """As the engine runs it, of one sentence."""
    intervals = Intervals.equal(*tensors(functions, first_points(torch.zeros(1, dtype=torch.float64))))
    looks = 0
    while True:
        looks = looks + 1 if intervals.error.item() <= tolerance else 0
        several = min(intervals.several, (most - intervals.points) // 2)
        if looks == LOOKS or several == 0:
            return intervals
        worst = intervals.worst(several)
        intervals = intervals.halve(worst, *tensors(functions, intervals.between(worst)))


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize(("tolerance", "most"), [(0.01, 512), (1e-6, 512), (1e-6, 40)])
def test_points_weights_and_errors_are_those_of_plain_python(name: str, tolerance: float, most: int):
    functions = HARD[name]
    found, expected = run(functions, tolerance, most), adaptive(lambda x: value(functions, x), tolerance, most)
    weights = dict(zip(found.alphas[0].tolist(), found.weights[0].tolist(), strict=True))
    assert len(weights) == found.points <= most
    assert weights == pytest.approx(expected.weights, rel=1e-13)
    assert found.error.item() == pytest.approx(expected.error, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", ["peak", "kink", "steps that cancel"])
def test_what_is_reached_is_the_true_error_or_more(name: str):
    found = run(HARD[name], 1e-3, 2000)
    integrals = [integral(1) - integral(0) for _, integral in HARD[name]]
    totals = (found.words * found.weights[:, None]).sum(2)[0].tolist()
    true = sum(abs(total - exact) for total, exact in zip(totals, integrals, strict=True)) / sum(map(abs, totals))
    assert found.error.item() <= 1e-3
    assert true <= 2e-3
    assert POINTS < found.points < 120


def test_cubic_polynomials_are_exact_at_once():
    functions = HARD["polynomial"]
    first = Intervals.equal(*tensors(functions, first_points(torch.zeros(1, dtype=torch.float64))))
    assert first.points == POINTS
    assert first.weights.sum().item() == pytest.approx(1, rel=1e-15)
    assert first.errors.max().item() < 1e-15


def test_errors_that_cancel_between_intervals_count():
    """A wave that is too fast for the points, whose intervals miss as much above as below."""

    def wave(x: float) -> float:
        return math.sin(2 * math.pi * x) * math.sin(8 * math.pi * x) ** 2

    def integral(x: float) -> float:
        slow, fast, sum_of = 2 * math.pi, 14 * math.pi, 18 * math.pi
        return -math.cos(slow * x) / (2 * slow) - (math.cos(fast * x) / fast - math.cos(sum_of * x) / sum_of) / 4

    functions: Functions = [(wave, integral), (lambda x: 1.0, lambda x: x)]
    found = Intervals.equal(*tensors(functions, first_points(torch.zeros(1, dtype=torch.float64))))
    signed = (found.words.sum(1) * found.weights).sum() - (found.quantity[0, -1] - found.quantity[0, 0])
    assert abs(signed.item()) < 1e-12
    assert found.error.item() > 0.01


def test_equal_errors_are_halved_from_the_first_on():
    first = first_points(torch.zeros(1, dtype=torch.float64)).expand(2, -1)
    intervals = Intervals.equal(torch.zeros_like(first), torch.ones(2, 3, POINTS, dtype=torch.float64))
    assert intervals.worst(2).tolist() == [[0, 1], [0, 1]]
    assert intervals.between(intervals.worst(1)).tolist() == [[1 / 32, 3 / 32]] * 2


def test_points_are_exact_in_single_precision():
    points = first_points(torch.zeros(1, dtype=torch.float32))
    assert points.tolist() == [[k / 16 for k in range(17)]]
