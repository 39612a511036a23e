"""Two cases, or two runs, beside each other in a report: the difference of each measure, with its bootstrap interval.

1. Each measure of a report is a ratio of sums over a case's instances (the entropy a function of such ratios); the
   statements in `cypher/queries/samples` give what each instance adds to them.
2. The instances are resampled with replacement 2,000 times, and the measures are taken of each resample. Where both
   sides have the same instances (two runs on the same sentences), they share their resamples.
3. The interval holds the middle 95 % of the differences.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from cypher.errors import InvalidInput
from cypher.queries.named_reports import SAMPLES, choose_cases, find_report, run_report
from cypher.store.store import Store
from cypher.store.table import Table
from service.statistics.bootstrap import PERCENTILES, RESAMPLES, Resamples
from service.statistics.entropy import binary_entropy

AT_ONCE = 64
"""Measures resampled at a time, which bounds the memory."""

ENTROPY = "pattern-entropy"
SAMPLED_AS = {ENTROPY: "node-entropy"}
"""The samples of a report that has none of its own name."""

OF_WHOLE_RUN = "is of a whole run, and cases are compared"

NOT_COMPARABLE = {
    "overview": (OF_WHOLE_RUN, "Compare accuracy, which tells the cases of both sides apart."),
    "entropy-correlation": (OF_WHOLE_RUN, "Compare pattern-entropy and accuracy, of which it is made."),
    "stability": ("is of resamples already, which leaves no sentences to draw again", "Run it for each side."),
}
"""Why a report cannot be compared, and what to do instead."""

PARAMETERS = ("level", "method", "align")

Key = tuple[Any, ...]
"""What a measure is of, such as a layer and a head, and its name."""

Shares = Float[np.ndarray, "resample measure"]


@dataclass(frozen=True, slots=True)
class Side:
    """One case of a run (an id)."""

    run: str
    task: str
    case: str


def comparable() -> list[str]:
    """The reports that can be compared."""
    return sorted({path.stem for path in SAMPLES.glob("*.cypher")} - {"instances"} | SAMPLED_AS.keys())


def sides(
    store: Store, first: tuple[str, str | None], second: tuple[str, str | None], task: str | None
) -> list[tuple[Side, Side]]:
    """What to compare: each case of one side with that of the same task, and name if none is given, of the other.

    Args:
        first: id of a run, and a case or none for all.

    Raises:
        RequestError: no such task or case, or none that both sides have.
    """
    ours, theirs = (choose_cases(store.content(run), task, case) for run, case in (first, second))
    named = second[1] is not None
    pairs = [
        (Side(first[0], *one), Side(second[0], *other))
        for one, other in product(ours, theirs)
        if one.task == other.task and (named or one.name == other.name)
    ]
    if not pairs:
        raise InvalidInput(
            "against", "the two sides have no task and case in common", "The report overview lists those of each run."
        )
    return pairs


def compare(
    store: Store, report: str, pairs: Sequence[tuple[Side, Side]], parameters: Mapping[str, Any], seed: int = 0
) -> Table:
    """Both sides' measures, their difference (first minus second) and its interval; the largest difference first.

    Args:
        parameters: level, method and align.

    Raises:
        RequestError: a report that is not comparable.
    """
    if find_report(report).name in NOT_COMPARABLE:
        problem, fix = NOT_COMPARABLE[report]
        raise InvalidInput("report", f"the report {report} {problem}", fix)
    names: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    for pair in pairs:
        one, other = (_Measures(store, report, side, parameters) for side in pair)
        names = one.names or other.names
        cases = " − ".join(dict.fromkeys(side.case for side in pair))
        rows += [(pair[0].task, cases, *row) for row in _differences(one, other, seed)]
    rows.sort(key=lambda row: -abs(row[-3]) if row[-3] is not None else 1.0)
    return Table(("task", "case", *names, "first", "second", "difference", "low", "high"), rows)


class _Measures:
    """What the instances of a side add to each measure."""

    def __init__(self, store: Store, report: str, side: Side, parameters: Mapping[str, Any]):
        parameters = {"run": side.run, "task": side.task, "case": side.case, **parameters}
        self.instances = [row[0] for row in store.query(_statement("instances"), parameters).rows]
        table = store.query(_statement(SAMPLED_AS.get(report, report)), parameters)
        at = {name: number for number, name in enumerate(self.instances)}
        numbers: dict[Key, int] = {}
        self._rows = np.array([at[row[0]] for row in table.rows], dtype=np.int64)
        measures = np.array([numbers.setdefault(row[1:-2], len(numbers)) for row in table.rows], dtype=np.int64)
        self._numbers = numbers
        ends = np.cumsum(np.bincount(measures, minlength=len(numbers)))[:-1]
        self._samples = np.split(np.argsort(measures, kind="stable"), ends)  # of each measure
        self._values = np.array([row[-2] for row in table.rows])
        self._weights = np.array([0.0 if row[-1] is None else row[-1] for row in table.rows])
        self._counts_all = {row[1:-2]: row[-1] is None for row in table.rows}
        self._nodes: int | None = None
        self.names = table.columns[1:-2]
        if report == ENTROPY:
            without_level = {name: value for name, value in parameters.items() if name != "level"}
            (row,) = run_report(store, ENTROPY, without_level).dicts()
            self._nodes, self.names = row["nodes"], ("measure",)

    def keys(self) -> list[Key]:
        return [("entropy",)] if self._nodes is not None else list(self._numbers)

    def ratios(self, keys: Sequence[Key], resamples: Resamples) -> Shares:
        """The measures in each resample; NaN where there is nothing to count.

        A measure that only the other side has is 0 where it counts over all instances.
        """
        if self._nodes is None:
            return self._shares(keys, resamples)
        nodes = list(self._numbers)
        total = np.zeros((1 + RESAMPLES, 1))  # over nodes; those that no instance visits have no entropy
        for start in range(0, len(nodes), AT_ONCE):
            shares = self._shares(nodes[start : start + AT_ONCE], resamples)
            total[:, 0] += binary_entropy(shares).sum(axis=1)
        return total / self._nodes if self._nodes else np.full_like(total, np.nan)

    def _shares(self, keys: Sequence[Key], resamples: Resamples) -> Shares:
        values, weights = np.zeros((2, len(self.instances), len(keys)))
        for column, key in enumerate(keys):
            if key not in self._numbers:
                continue
            mine = self._samples[self._numbers[key]]
            np.add.at(values[:, column], self._rows[mine], self._values[mine])
            if self._counts_all[key]:
                weights[:, column] = 1.0
            else:
                np.add.at(weights[:, column], self._rows[mine], self._weights[mine])
        shares = []
        for counts in resamples:
            above, below = counts @ values, counts @ weights
            shares.append(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0))
        return np.concatenate(shares)

    def counts_all(self, key: Key) -> bool:
        """Does the measure count over all instances of the case, as far as this side knows?"""
        return self._nodes is None and self._counts_all.get(key, True)


def _differences(one: _Measures, other: _Measures, seed: int) -> Iterator[tuple[Any, ...]]:
    keys = list(dict.fromkeys([*one.keys(), *other.keys()]))
    paired = one.instances == other.instances
    first = Resamples(len(one.instances), (seed, 0))
    second = first if paired else Resamples(len(other.instances), (seed, 1))
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        of_one, of_other = one.ratios(some, first), other.ratios(some, second)
        for column, key in enumerate(some):
            values = of_one[:, column], of_other[:, column]
            if one.counts_all(key) and other.counts_all(key):
                values = tuple(np.nan_to_num(value) for value in values)
            differences = values[0] - values[1]
            low, high = (
                np.nanpercentile(differences[1:], PERCENTILES) if not np.isnan(differences[0]) else (np.nan, np.nan)
            )
            yield (*key, *map(_number, (values[0][0], values[1][0], differences[0], low, high)))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _statement(name: str) -> str:
    return (SAMPLES / f"{name}.cypher").read_text()
