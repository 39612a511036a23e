"""Guided pattern refinement on top of the brute force: the search as it is defined, with no work shared.

Candidates are ranked by sign * influence; ties go to the parent that ranked first, then to the lowest position (or
component, the skip lowest of all).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.oracle.brute_force import SKIP, BruteForce, Pattern


@dataclass(frozen=True)
class Refined:
    """What guided pattern refinement finds for one source word."""

    sign: int
    path: tuple[int, ...]
    components: tuple[int, ...]
    embedding_influence: float
    attention_influence: float
    embedding_trace: tuple[float, ...]
    attention_trace: tuple[float, ...]


@dataclass(frozen=True)
class Partial:
    """A pattern under refinement: its choices so far and the influence after each of them."""

    choices: tuple[int, ...] = ()
    trace: tuple[float, ...] = ()


def refine_once(
    brute: BruteForce,
    kept: list[Partial],
    candidates: Callable[[tuple[int, ...]], Sequence[int]],
    pattern_of: Callable[[tuple[int, ...]], Pattern],
    sign: int,
    beam: int,
) -> list[Partial]:
    """Every kept pattern with each of its candidates appended; the `beam` best of them, best first."""
    grown = [(parent, choice) for parent in range(len(kept)) for choice in candidates(kept[parent].choices)]
    values = brute.influences([pattern_of((*kept[parent].choices, choice)) for parent, choice in grown])
    ranked = sorted(zip(grown, values, strict=True), key=lambda row: -sign * row[1])  # stable
    return [
        Partial((*kept[parent].choices, choice), (*kept[parent].trace, value))
        for (parent, choice), value in ranked[:beam]
    ]


def refine_embedding(brute: BruteForce, source: int, sign: int, beam: int) -> Partial:
    """GPR-e: choices are the positions at layers 1..L."""
    kept = [Partial()]
    for layer in range(1, brute.layers + 1):

        def candidates(choices: tuple[int, ...], layer: int = layer) -> Sequence[int]:
            here = (source, *choices)[-1]
            ends = [brute.target] if layer == brute.layers else range(brute.length)
            return [end for end in ends if brute.attends(layer - 1, here, end) and brute.arrives(layer, end)]

        kept = refine_once(brute, kept, candidates, lambda choices: brute.prefix((source, *choices)), sign, beam)
    return kept[0]


def components_between(brute: BruteForce, source: int, target: int) -> range:
    return range(SKIP if source == target else 0, brute.transformer.heads)


def refine_sequential(brute: BruteForce, path: tuple[int, ...], sign: int, beam: int) -> Partial:
    """GPR-a in the reference code's order: earlier steps fixed, later steps confined to the path."""
    kept = [Partial()]
    for step in range(brute.layers):
        candidates = components_between(brute, path[step], path[step + 1])
        pattern = partial(brute.prefix, path)
        kept = refine_once(brute, kept, lambda choices, those=candidates: those, pattern, sign, beam)
    return kept[0]


def refine_independent(brute: BruteForce, path: tuple[int, ...], sign: int) -> Partial:
    """GPR-a as Algorithm 2 prints it: each step against the unrefined prefix and all later paths."""
    chosen = Partial()
    for step in range(brute.layers):

        def alone(choices: tuple[int, ...], step: int = step) -> Pattern:
            return brute.prefix(path[: step + 2], (*(None,) * step, choices[-1]))

        candidates = components_between(brute, path[step], path[step + 1])
        (chosen,) = refine_once(brute, [chosen], lambda choices, those=candidates: those, alone, sign, beam=1)
    return chosen


def refine(brute: BruteForce, source: int, beam: int = 1, how: str = "sequential") -> Refined:
    """GPR at both levels for one source word."""
    sign = -1 if brute.total()[source] < 0 else 1
    embedding = refine_embedding(brute, source, sign, beam)
    path = (source, *embedding.choices)
    if how == "sequential":
        attention = refine_sequential(brute, path, sign, beam)
    else:
        attention = refine_independent(brute, path, sign)
    return Refined(
        sign,
        path,
        attention.choices,
        brute.influence(brute.prefix(path)),
        brute.influence(brute.prefix(path, attention.choices)),
        embedding.trace,
        attention.trace,
    )
