"""How far what is strongest in a case depends on which sentences were chosen.

1. Sentences are drawn with replacement, 200 times; elements are ranked by the absolute value of their mean influence
   over the sentences drawn.
2. The top k, and the elements that at least half of these sentences have, are sets. Two draws agree as far as their
   sets' Jaccard index says; its mean over all pairs of draws is the stability of circuits of Méloux et al.,
   *Mechanistic Interpretability as Statistical Estimation* (arXiv:2510.00845).
3. This is done for 10, 20, 50 and so on sentences, up to as many as the case has, which tells how many are enough.

What is held: the elements of one case at a time, and the sets of one size.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from cypher.queries.named_reports import choose_cases, complete, find_report
from cypher.store.store import Store
from cypher.store.table import Table
from service.statistics.bootstrap import PERCENTILES, draw
from service.statistics.elements import Elements, read_elements

RESAMPLES = 200
TOPS = (5, 10, 20, 50)
SEED = 0

Set = Int[np.ndarray, "element"]
Row = tuple[int | None, int, int, float | None, float | None, float | None]
"""top, sentences, size, jaccard, low, high"""


def stability(store: Store, parameters: Mapping[str, Any]) -> Table:
    """The rows of the report `stability`.

    Raises:
        NotFound, InvalidInput, ServerError: as `named_reports.run_report`.
    """
    report = find_report("stability")
    given = complete(store, report, parameters)
    tops = TOPS if given["top"] is None else (given["top"],)
    rows: list[tuple[Any, ...]] = []
    for case in choose_cases(store.content(given["run"]), given["task"], given["case"]):
        asked = {name: given[name] for name in report.parameters} | {"task": case.task, "case": case.name}
        for kind, elements in read_elements(store, report, asked).items():
            if elements.count:
                rows += [(*case, kind, *row) for row in agreement(elements, tops)]
    return Table(tuple(report.columns), rows)


def agreement(elements: Elements, tops: Sequence[int]) -> Iterator[Row]:
    """The stability of each set, the largest sets last, for each number of sentences."""
    whole = [len(members) for members in sets(elements, np.ones(elements.sentences, dtype=np.int64), tops)]
    rows: list[list[Row]] = [[] for _ in whole]
    for size in sizes(elements.sentences):
        random = np.random.default_rng((SEED, size))
        draws = [sets(elements, draw(elements.sentences, size, random), tops) for _ in range(RESAMPLES)]
        for top, members, length, found in zip((*tops, None), zip(*draws, strict=True), whole, rows, strict=True):
            found.append((top, size, length, *_interval(members, elements.sentences)))
    for found in rows:
        yield from found


def sizes(sentences: int) -> list[int]:
    """10, 20, 50, 100 and so on below the number of sentences, and this number."""
    decades = (10**power for power in range(1, len(str(sentences))))
    return [size for decade in decades for size in (decade, 2 * decade, 5 * decade) if size < sentences] + [sentences]


def sets(elements: Elements, counts: Int[np.ndarray, "sentence"], tops: Sequence[int]) -> list[Set]:
    """Of sentences that are there as often as the counts say: the strongest elements, as many as `tops` says, and those
    that at least half of the sentences have. What has no influence is not among the strongest."""
    influence, sentences = elements.totals(counts)
    strength, most = np.abs(influence), max(tops)
    least = np.partition(strength, -most)[-most] if most < len(strength) else 0.0
    candidates = np.flatnonzero((strength >= least) & (strength > 0))
    strongest = candidates[np.argsort(-strength[candidates], kind="stable")]
    return [*(strongest[:top] for top in tops), np.flatnonzero(2 * sentences >= counts.sum())]


def jaccard_indices(members: Sequence[Set]) -> Float[np.ndarray, "pair"]:
    """The Jaccard index of every two sets; 1 of two empty ones."""
    names, columns = np.unique(np.concatenate(members), return_inverse=True)
    has = np.zeros((len(members), len(names)), dtype=np.float32)  # counts to 2^24 are exact
    has[np.repeat(np.arange(len(members)), [len(each) for each in members]), columns] = 1
    pairs = np.triu_indices(len(members), 1)
    common = (has @ has.T).astype(np.float64)
    sizes = np.diagonal(common)
    shared, union = common[pairs], (sizes[:, None] + sizes - common)[pairs]
    return np.divide(shared, union, out=np.ones_like(shared), where=union > 0)


def _interval(members: Sequence[Set], sentences: int) -> tuple[float | None, float | None, float | None]:
    """The mean Jaccard index, and the range of the middle 95 %; draws of a single sentence say nothing."""
    if sentences == 1:
        return None, None, None
    indices = jaccard_indices(members)
    low, high = np.percentile(indices, PERCENTILES)
    return float(indices.mean()), float(low), float(high)
