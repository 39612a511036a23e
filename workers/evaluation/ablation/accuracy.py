"""Ablated accuracy: the share of instances whose quantity of interest stays above 0 (paper, Table 2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cypher.store.records import Level
from workers.evaluation.ablation.running import Ablated
from workers.evaluation.ablation.settings import Ablation

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """The accuracy of one case, or of a whole task, under one ablation."""

    task: str
    case: str | None  # None: all cases of the task
    method: str
    level: Level | None  # None where nothing is ablated
    instances: int
    accuracy: float  # of random patterns the mean over draws
    low: float  # Wilson interval of 95 %: what the choice of instances leaves open
    high: float
    sd: float | None  # of the accuracy over random draws; None where there is one


class Tally:
    """Counts instances as they come."""

    def __init__(self) -> None:
        self._right: dict[tuple[str, str], dict[Ablation, np.ndarray]] = {}  # of each draw
        self._instances: dict[tuple[str, str], int] = {}

    def add(self, ablated: Ablated) -> None:
        case = ablated.task, ablated.case
        self._instances[case] = self._instances.get(case, 0) + 1
        counts = self._right.setdefault(case, {})
        for ablation, quantities in ablated.quantities.items():
            counts[ablation] = counts.get(ablation, 0) + (np.array(quantities) > 0)

    def rows(self) -> list[AccuracyRow]:
        """By task, its cases and then all of them together where it has several; ablations in their order."""
        return list(self._rows())

    def _rows(self) -> Iterator[AccuracyRow]:
        tasks: dict[str, list[str]] = {}
        for task, case in sorted(self._instances):
            tasks.setdefault(task, []).append(case)
        for task, cases in tasks.items():
            for case in cases:
                yield from self._of(task, case, [case])
            if len(cases) > 1:
                yield from self._of(task, None, cases)

    def _of(self, task: str, case: str | None, cases: list[str]) -> Iterator[AccuracyRow]:
        instances = sum(self._instances[task, each] for each in cases)
        for ablation in self._right[task, cases[0]]:
            shares = np.sum([self._right[task, each][ablation] for each in cases], axis=0) / instances
            accuracy = float(shares.mean())
            low, high = wilson(accuracy, instances)
            sd = float(shares.std(ddof=1)) if len(shares) > 1 else None
            yield AccuracyRow(task, case, ablation.method, ablation.level, instances, accuracy, low, high, sd)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's interval of 95 % of a share of `count` instances."""
    square = Z * Z / count
    centre = (share + square / 2) / (1 + square)
    half = (share * (1 - share) * square + square * square / 4) ** 0.5 / (1 + square)
    return centre - half, centre + half
