"""Seconds, measured so that a machine's noise cancels."""

import statistics
import time
from collections.abc import Callable, Mapping

import torch


def seconds(function: Callable[[], object], device: str) -> float:
    """Of one call, with what it started on the device."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def interleaved(functions: Mapping[str, Callable[[], object]], rounds: int, device: str) -> dict[str, list[float]]:
    """Seconds of each function in each round: A B C A B C …, after one round that is not counted."""
    measured: dict[str, list[float]] = {name: [] for name in functions}
    for current in range(rounds + 1):
        for name, function in functions.items():
            elapsed = seconds(function, device)
            if current > 0:
                measured[name].append(elapsed)
    return measured


def ratio(measured: Mapping[str, list[float]], one: str, other: str) -> float:
    """Median over the rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(measured[one], measured[other], strict=True))
