"""Adaptive Simpson quadrature of one sentence's line, in plain Python: what chooses its points, step by step.

Every interval is a pair of numbers, and the function is asked for each point once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import torch

from tests.oracle.brute_force import BruteForce


class Value(NamedTuple):
    """What is known at a point of the line."""

    quantity: float
    words: tuple[float, ...]  # dq/dα through each position's word


Function = Callable[[float], Value]


@dataclass(frozen=True)
class Quadrature:
    """Where it ended."""

    weights: dict[float, float]  # by point
    totals: tuple[float, ...]  # the words' integrals
    error: float  # sum of the intervals' errors over the sum of the absolute totals


def adaptive(function: Function, tolerance: float, most: int, *, intervals: int = 8, looks: int = 2) -> Quadrature:
    """Simpson's rule on intervals that are halved where the words' sum misses the change of the quantity most.

    Args:
        most: points.
        looks: how often in a row the error must be within the tolerance.
    """
    known: dict[Fraction, Value] = {}

    def at(point: Fraction) -> Value:
        if point not in known:
            known[point] = function(float(point))
        return known[point]

    parts = [(Fraction(k, intervals), Fraction(k + 1, intervals)) for k in range(intervals)]
    within = 0
    while True:
        weights: dict[Fraction, Fraction] = {}
        errors = []
        for start, end in parts:
            shares = ((start, 1), ((start + end) / 2, 4), (end, 1))
            for point, share in shares:
                weights[point] = weights.get(point, Fraction(0)) + (end - start) * share / 6
            integral = sum(float((end - start) * share / 6) * sum(at(point).words) for point, share in shares)
            errors.append(abs(integral - (at(end).quantity - at(start).quantity)))
        totals = [sum(float(weights[p]) * at(p).words[s] for p in weights) for s in range(len(at(Fraction(0)).words))]
        scale = sum(map(abs, totals))
        error = sum(errors) / scale if scale else 0.0
        within = within + 1 if error <= tolerance else 0
        several = min(max(2, len(parts) // 6), (most - len(known)) // 2)
        if within == looks or several == 0:
            return Quadrature({float(p): float(weights[p]) for p in weights}, tuple(totals), error)
        worst = sorted(range(len(parts)), key=lambda k: -errors[k])[:several]
        for k in worst:
            start, end = parts[k]
            middle = (start + end) / 2
            parts[k] = (start, middle)
            parts.append((middle, end))


def line_of(brute: BruteForce) -> Function:
    """The line of a sentence from its baseline, by autograd."""
    everything = brute.edges_of(brute.prefix())[None]
    displacement = brute.words - brute.baseline

    def at(point: float) -> Value:
        words = (brute.baseline + point * displacement).requires_grad_()
        quantity = brute.forward(words[None, None], everything)
        (gradient,) = torch.autograd.grad(quantity.sum(), words)
        return Value(quantity.item(), tuple((gradient * displacement).sum(-1).tolist()))

    return at
