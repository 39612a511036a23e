"""Ratios of the engine's time to that of its peers, each measured in one run."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from tests.benchmarks import peers
from tests.benchmarks.reference import Reference, Word
from tests.benchmarks.timing import interleaved, ratio, seconds
from tests.benchmarks.workload import Workload
from workers.influence.engine import Influence

PATTERNS, EDGES, EVERYTHING = "GPR, both levels", "all edges", "everything"
GRADIENTS, PRODUCTS = "integrated gradients", "matrix products"
CAPTUM, CONDUCTANCE = "Captum IntegratedGradients", "Captum LayerConductance"

PASSES = {PATTERNS: 5, EDGES: 3, EVERYTHING: 6}
"""Matrix products the algorithm needs, in those of one forward pass."""


@dataclass(frozen=True)
class Row:
    """One ratio; `goal` is met at or below it, or, where more is better, at or above it."""

    what: str
    over: str
    measured: float
    goal: float | None = None
    more_is_better: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.measured >= self.goal if self.more_is_better else self.measured <= self.goal


@dataclass(frozen=True)
class Speed:
    """Median seconds, and the ratios."""

    seconds: dict[str, float]
    rows: list[Row]


def measure(work: Workload, rounds: int, device: str) -> Speed:
    """Engine, integrated gradients, bare matrix products and Captum, in turn."""
    functions: dict[str, Callable[[], object]] = {
        GRADIENTS: lambda: peers.integrated_gradients(work),
        PATTERNS: work.patterns,
        EDGES: work.edges,
        EVERYTHING: work.everything,
        PRODUCTS: peers.matrix_products(work),
        CAPTUM: lambda: peers.captum_integrated_gradients(work),
        CONDUCTANCE: lambda: peers.captum_layer_conductance(work),
    }
    measured = interleaved(functions, rounds, device)
    goals = {PATTERNS: 2.5, EDGES: 1.5, EVERYTHING: 3.0}
    rows = [Row(name, GRADIENTS, ratio(measured, name, GRADIENTS), goal) for name, goal in goals.items()]
    for name, passes in {**PASSES, GRADIENTS: 2}.items():
        forward = ratio(measured, name, PRODUCTS)
        rows.append(Row(name, "matrix products, F", forward))
        rows.append(Row(name, f"those it needs, {passes} F", forward / passes))
    layers = work.shape.layers
    rows += [
        Row(EVERYTHING, CAPTUM, ratio(measured, EVERYTHING, CAPTUM)),
        Row(EVERYTHING, f"{layers} times LayerConductance", ratio(measured, EVERYTHING, CONDUCTANCE) / layers),
    ]
    medians = {name: statistics.median(each) for name, each in measured.items()}
    return Speed(medians, rows)


def append_word(result: list[Word], port: Reference, source: int, total: float) -> None:
    result.append(port.word(source, total))


def measure_reference(work: Workload, words: int, device: str) -> Speed:
    """The port of the reference algorithm on a few words, scaled to all; each word beside the engine's whole run.

    Raises:
        AssertionError: the port does not find the engine's patterns and values.
    """
    port, found = peers.reference(work), work.patterns()
    totals, every = port.total(), work.words[0].tolist()
    spent: dict[str, list[float]] = {"port": [], PATTERNS: [], GRADIENTS: []}
    port.passes = 0
    for number, source in enumerate(every[:words]):
        result: list[Word] = []
        spent["port"].append(seconds(partial(append_word, result, port, source, float(totals[source])), device))
        spent[PATTERNS].append(seconds(work.patterns, device))
        spent[GRADIENTS].append(seconds(partial(peers.integrated_gradients, work), device))
        assert_same_patterns(found, number, result[0], near=1e-4 * float(totals.abs().sum()))
    passes = port.passes // words * len(every)
    rows = [
        Row(f"reference, {passes} passes", PATTERNS, ratio(spent, "port", PATTERNS) * len(every), 100, True),
        Row(f"{passes} times {GRADIENTS}", PATTERNS, ratio(spent, GRADIENTS, PATTERNS) * passes),
    ]
    medians = {
        "reference algorithm, one word": statistics.median(spent["port"]),
        "reference algorithm, one pass": sum(spent["port"]) / port.passes,
    }
    return Speed(medians, rows)


def assert_same_patterns(found: Influence, number: int, word: Word, near: float) -> None:
    """The engine's patterns of its source `number` are the port's."""
    assert found.embedding is not None
    assert found.attention is not None
    assert word.path == tuple(found.embedding.path[0, number].tolist())
    assert word.components == tuple(found.attention.components[0, number].tolist())
    values = torch.tensor([word.embedding_trace, word.attention_trace])
    expected = torch.stack([found.embedding.trace[0, number], found.attention.trace[0, number]]).cpu()
    torch.testing.assert_close(values, expected, rtol=1e-3, atol=near)
