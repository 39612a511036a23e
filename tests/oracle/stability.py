"""The report `stability`, straight from its definition, over results as they stand in results.jsonl.

Sets are Python's, means are of lists of numbers, and every pair of draws is looked at by itself. Which sentences are
drawn is numpy's to say, as it is for the report.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from tests.oracle.reports import Align, Row, by_case, pattern, places_of, through
from workers.analysis.results import InstanceResult
from workers.influence.component import SKIP

Elements = dict[tuple[object, ...], float]
"""What one sentence has of one kind, and its influence."""


def stability(
    results: Sequence[InstanceResult],
    task: str | None = None,
    case: str | None = None,
    align: Align = "position",
    tops: Sequence[int] = (5, 10, 20, 50),
    draws: int = 200,
) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        members = sorted(members, key=lambda result: result.id)
        for kind, elements_of in KINDS.items():
            sentences = [elements_of(result, align) for result in members]
            if not any(sentences):
                continue
            for top in (*tops, None):
                for size in sizes(len(members)):
                    chosen = [chosen_set(drawn, top) for drawn in resamples(sentences, size, draws)]
                    indices = [jaccard(one, other) for one, other in combinations(chosen, 2)]
                    low, high = middle(indices)
                    some = len(members) > 1
                    rows.append(
                        {
                            **names,
                            "kind": kind,
                            "top": top,
                            "sentences": size,
                            "size": len(chosen_set(sentences, top)),
                            "jaccard": statistics.fmean(indices) if some else None,
                            "low": low if some else None,
                            "high": high if some else None,
                        }
                    )
    return rows


def edges(result: InstanceResult, align: Align) -> Elements:
    """Made-up results can have an edge twice, which is added up."""
    places, found = places_of(result, align), Elements()
    for edge in result.edges or ():
        element = edge.layer, places[edge.source], places[edge.target], edge.component
        found[element] = found.get(element, 0.0) + edge.influence
    return found


def heads(result: InstanceResult, align: Align) -> Elements:
    found: Elements = {}
    for word in result.words:
        for layer, component in enumerate(word.components):
            if component != SKIP:
                found[layer, component] = found.get((layer, component), 0.0) + word.attention_influence
    return found


def patterns(result: InstanceResult, align: Align) -> Elements:
    return {(pattern(result, word, "attention", align),): through(word, "attention") for word in result.words}


def paths(result: InstanceResult, align: Align) -> Elements:
    return {(pattern(result, word, "embedding", align),): through(word, "embedding") for word in result.words}


KINDS: dict[str, Callable[[InstanceResult, Align], Elements]] = {
    "edge": edges,
    "head": heads,
    "pattern": patterns,
    "path": paths,
}


def sizes(sentences: int) -> list[int]:
    return [size for size in (10, 20, 50, 100, 200, 500, 1000) if size < sentences] + [sentences]


def resamples(sentences: Sequence[Elements], size: int, draws: int) -> list[list[Elements]]:
    random = np.random.default_rng((0, size))
    return [[sentences[at] for at in random.integers(len(sentences), size=size, dtype=np.int32)] for _ in range(draws)]


def chosen_set(sentences: Sequence[Elements], top: int | None) -> set[tuple[object, ...]]:
    """The top elements by the size of their mean influence, or those that at least half of the sentences have."""
    elements = {element for sentence in sentences for element in sentence}
    if top is None:
        return {each for each in elements if sum(each in one for one in sentences) >= len(sentences) / 2}
    strength = {
        element: abs(math.fsum(sentence.get(element, 0.0) for sentence in sentences) / len(sentences))
        for element in elements
    }
    strongest = sorted((each for each in elements if strength[each]), key=lambda each: (-strength[each], each))
    return set(strongest[:top])


def jaccard(one: set[tuple[object, ...]], other: set[tuple[object, ...]]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def middle(values: Sequence[float]) -> tuple[float, float]:
    """The range of the middle 95 %: percentiles between which values are interpolated."""
    ordered = sorted(values)

    def percentile(share: float) -> float:
        at = share * (len(ordered) - 1)
        below = math.floor(at)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (at - below) * (ordered[above] - ordered[below])

    return percentile(0.025), percentile(0.975)
