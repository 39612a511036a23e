"""Two cases, or two runs, beside each other in a report: the difference of each measure, with its bootstrap interval.

1. Each measure of a report is a ratio of sums over a case's instances (the entropy a function of such ratios); the
   statements in `cypher/queries/samples` give what each instance adds to them.
2. Instances are drawn again with replacement, as many as there are, and the measures are taken of them, 2,000 times,
   some draws at a time. Where both sides have the same instances (two runs on the same sentences), both have the same
   draws.
3. The interval holds the middle 95 % of the differences.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from cypher.errors import InvalidInput
from cypher.queries.named_reports import SAMPLES, choose_cases, find_report, run_report
from cypher.store.store import Store
from cypher.store.table import Table

DRAWS = 2_000
OUTER = (2.5, 97.5)
"""Percentiles that bound the interval."""

AT_ONCE = 64
"""Measures drawn at a time, which bounds the memory."""

CELLS = 2**22
"""Counts of instances in draws at a time: 32 MB."""

ENTROPY = "pattern-entropy"
FROM = {ENTROPY: "node-entropy"}
"""The samples of a report that has none of its own name."""

OF_WHOLE_RUNS = {
    "overview": "Compare accuracy, which tells the cases of both sides apart.",
    "entropy-correlation": "Compare pattern-entropy and accuracy, of which it is made.",
}
"""Reports with one answer for all cases of a run, which leaves no two cases to compare; and what to do instead."""

PARAMETERS = ("level", "method", "align")

Key = tuple[Any, ...]
"""What a measure is of, such as a layer and a head, and its name."""

Draws = Iterable[Float[np.ndarray, "draw instance"]]
"""How often each draw has each instance, some draws at a time."""

Shares = Float[np.ndarray, "draw measure"]


@dataclass(frozen=True, slots=True)
class Side:
    """One case of a run (an id)."""

    run: str
    task: str
    case: str


def comparable() -> list[str]:
    """The reports that can be compared."""
    return sorted({path.stem for path in SAMPLES.glob("*.cypher")} - {"instances"} | FROM.keys())


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
            "against", "the two sides have no task and case in common", "Choose others; `influence report overview`."
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
    if find_report(report).name in OF_WHOLE_RUNS:
        raise InvalidInput(
            "report", f"the report {report} is of a whole run, and cases are compared", OF_WHOLE_RUNS[report]
        )
    names: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    for pair in pairs:
        one, other = (_Sample(store, report, side, parameters) for side in pair)
        names = one.names or other.names
        cases = " − ".join(dict.fromkeys(side.case for side in pair))
        rows += [(pair[0].task, cases, *row) for row in _differences(one, other, seed)]
    rows.sort(key=lambda row: -abs(row[-3]) if row[-3] is not None else 1.0)
    return Table(("task", "case", *names, "first", "second", "difference", "low", "high"), rows)


class _Sample:
    """What the instances of a side add to each measure."""

    def __init__(self, store: Store, report: str, side: Side, parameters: Mapping[str, Any]):
        asked = {"run": side.run, "task": side.task, "case": side.case, **parameters}
        self.instances = [row[0] for row in store.query(_statement("instances"), asked).rows]
        table = store.query(_statement(FROM.get(report, report)), asked)
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
            asked_for = {name: value for name, value in asked.items() if name != "level"}
            (row,) = run_report(store, ENTROPY, asked_for).dicts()
            self._nodes, self.names = row["nodes"], ("measure",)

    def keys(self) -> list[Key]:
        return [("entropy",)] if self._nodes is not None else list(self._numbers)

    def ratios(self, keys: Sequence[Key], draws: Draws) -> Shares:
        """The measures in each draw; NaN where there is nothing to count.

        A measure that only the other side has is 0 where it counts over all instances.
        """
        if self._nodes is None:
            return self._shares(keys, draws)
        nodes = list(self._numbers)
        entropies = np.zeros((1 + DRAWS, 1))
        for start in range(0, len(nodes), AT_ONCE):
            share = np.clip(self._shares(nodes[start : start + AT_ONCE], draws), 1e-300, 1.0)
            rest = np.clip(1 - share, 1e-300, 1.0)
            entropies[:, 0] -= (share * np.log2(share) + rest * np.log2(rest)).sum(axis=1)
        return entropies / self._nodes if self._nodes else np.full_like(entropies, np.nan)

    def _shares(self, keys: Sequence[Key], draws: Draws) -> Shares:
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
        for drawn in draws:
            above, below = drawn @ values, drawn @ weights
            shares.append(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0))
        return np.concatenate(shares)

    def counts_all(self, key: Key) -> bool:
        """Does the measure count over all instances of the case, as far as this side knows?"""
        return self._nodes is None and self._counts_all.get(key, True)


def _differences(one: _Sample, other: _Sample, seed: int) -> Iterator[tuple[Any, ...]]:
    keys = list(dict.fromkeys([*one.keys(), *other.keys()]))
    paired = one.instances == other.instances
    first = Again(len(one.instances), (seed, 0))
    second = first if paired else Again(len(other.instances), (seed, 1))
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        of_one, of_other = one.ratios(some, first), other.ratios(some, second)
        for column, key in enumerate(some):
            values = of_one[:, column], of_other[:, column]
            if one.counts_all(key) and other.counts_all(key):
                values = tuple(np.nan_to_num(value) for value in values)
            differences = values[0] - values[1]
            low, high = np.nanpercentile(differences[1:], OUTER) if not np.isnan(differences[0]) else (np.nan, np.nan)
            yield (*key, *map(_number, (values[0][0], values[1][0], differences[0], low, high)))


@dataclass(frozen=True, slots=True)
class Again:
    """The instances themselves, then draws of as many of them: the same ones however often they are gone through."""

    instances: int
    seed: tuple[int, int]

    def __iter__(self) -> Iterator[Float[np.ndarray, "draw instance"]]:
        random, most = np.random.default_rng(self.seed), max(1, CELLS // self.instances)
        yield np.ones((1, self.instances))
        for start in range(0, DRAWS, most):
            drawn = np.empty((min(most, DRAWS - start), self.instances))
            for row in drawn:
                these = random.integers(self.instances, size=self.instances, dtype=np.int32)
                row[:] = np.bincount(these, minlength=self.instances)
            yield drawn


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _statement(name: str) -> str:
    return (SAMPLES / f"{name}.cypher").read_text()
