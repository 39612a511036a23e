"""Samples of results that have so many words, of every case alike."""

from collections.abc import Sequence
from itertools import zip_longest

from workers.analysis.results import InstanceResult


def sample_words(words: int, results: Sequence[InstanceResult]) -> tuple[list[InstanceResult], int]:
    """The first results, of every case in turn, that have so many words; and how many they have."""
    chosen: list[InstanceResult] = []
    count = 0
    for result in round_robin(results):
        if count >= words:
            break
        chosen.append(result)
        count += len(result.words)
    return chosen, count


def round_robin(results: Sequence[InstanceResult]) -> list[InstanceResult]:
    """The first of each case, then the second of each, and so on; in the order of their ids' appearance."""
    cases: dict[str, list[InstanceResult]] = {}
    for result in sorted(results, key=lambda result: result.case):
        cases.setdefault(result.case, []).append(result)
    return [result for row in zip_longest(*cases.values()) for result in row if result is not None]
