"""Sentences for experiments on so many words: of every case alike."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from workers.datasets import TASKS, Instance
from workers.results import InstanceResult


def sentences_with(words: int, results: Sequence[InstanceResult]) -> tuple[list[Instance], int]:
    """The sentences of the first results, of every case in turn, that have so many words; and how many they have."""
    chosen: list[Instance] = []
    count = 0
    for result in in_turn(results):
        if count >= words:
            break
        chosen.append(_instance(result))
        count += len(result.words)
    return chosen, count


def in_turn(results: Sequence[InstanceResult]) -> list[InstanceResult]:
    """The first of each case, then the second of each, and so on; in the order of their ids' appearance."""
    cases: dict[str, list[InstanceResult]] = {}
    for result in sorted(results, key=lambda result: result.case):
        cases.setdefault(result.case, []).append(result)
    return [result for row in zip_longest(*cases.values()) for result in row if result is not None]


def _instance(result: InstanceResult) -> Instance:
    """The sentence that a result is of."""
    sentence = Instance(result.id, result.text, task=result.task, case=result.case)
    if TASKS[result.task].labels:
        return replace(sentence, label=result.correct)
    return replace(sentence, correct=result.correct, wrong=result.wrong)
