"""What the sentences of a case have, kind by kind: edges, heads, patterns and paths, with their influences.

They are read a few sentences at a time, and kept as numbers: about 80 bytes for each edge and each step of a pattern.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float, Int

from cypher.queries.named_reports import NamedReport
from cypher.store.store import Store

KINDS = ("edge", "head", "pattern", "path")
"""Edges and patterns are those of the attention-level graph, paths are patterns of the embedding-level graph."""

PLACE_BITS, COMPONENT_BITS = 20, 12
"""Of the number of an edge, whose layer has the other 12."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of one kind that each sentence has: a sparse matrix of their influences, by rows."""

    count: int  # distinct elements
    starts: Int[np.ndarray, "sentences+1"]  # where each sentence's entries begin
    element: Int[np.ndarray, "entry"]
    influence: Float[np.ndarray, "entry"]

    @classmethod
    def of(cls, lengths: Sequence[int], names: Sequence[int], influences: Sequence[float]) -> Self:
        """From entries, sentence by sentence; those of one element in one sentence are added up.

        Args:
            lengths: entries of each sentence.
            names: numbers that are the same where elements are.
        """
        _, element = np.unique(np.asarray(names, dtype=np.int64), return_inverse=True)
        count = int(element.max(initial=-1)) + 1
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        cells, entry = np.unique(sentence * count + element, return_inverse=True)
        return cls(
            count,
            np.searchsorted(cells, np.arange(len(lengths) + 1) * count),
            cells % max(1, count),
            np.bincount(entry, np.asarray(influences), minlength=len(cells)),
        )

    @property
    def sentences(self) -> int:
        return len(self.starts) - 1

    def totals(
        self, counts: Int[np.ndarray, "sentence"]
    ) -> tuple[Float[np.ndarray, "element"], Float[np.ndarray, "element"]]:
        """The sum of each element's influences, and the number of sentences that have it, of sentences that are there
        as often as the counts say."""
        drawn = np.flatnonzero(counts)
        starts = self.starts[drawn]
        lengths = self.starts[drawn + 1] - starts
        entries = np.arange(lengths.sum()) + np.repeat(starts - lengths.cumsum() + lengths, lengths)
        times, element = np.repeat(counts[drawn].astype(np.float64), lengths), self.element[entries]
        return (
            np.bincount(element, times * self.influence[entries], minlength=self.count),
            np.bincount(element, times, minlength=self.count),
        )


def read_elements(store: Store, report: NamedReport, parameters: Mapping[str, Any]) -> dict[str, Elements]:
    """The elements of a case by their kind.

    Args:
        report: whose query answers what each sentence has.
        parameters: of that query; they choose one case.

    Raises:
        ServerError: as Store.
    """

    def read(rows: Iterator[tuple[Any, ...]]) -> dict[str, Elements]:
        reader = _Reader()
        for row in rows:
            reader.add(*row[3:])
        return {kind: Elements.of(*entries.columns()) for kind, entries in reader.entries.items()}

    return store.stream(report.text, parameters, read)


class _Entries:
    """Entries of `Elements`, as they come."""

    def __init__(self) -> None:
        self._lengths, self._names, self._influences = array("q"), array("q"), array("d")

    def add(self, names: Sequence[int], influences: Iterable[float]) -> None:
        """Those of the next sentence."""
        self._lengths.append(len(names))
        self._names.extend(names)
        self._influences.extend(influences)

    def columns(self) -> tuple[Sequence[int], Sequence[int], Sequence[float]]:
        return self._lengths, self._names, self._influences


class _Reader:
    """Sentences in the order of their names, which makes the numbers of elements the same whenever they are read."""

    def __init__(self) -> None:
        self.entries = {kind: _Entries() for kind in KINDS}
        self._places: dict[int | str, int] = {}
        self._patterns: dict[tuple[Any, ...], int] = {}

    def add(
        self,
        places: list[int | str],
        layers: list[int],
        sources: list[int],
        targets: list[int],
        components: list[int],
        influences: list[float],
        patterns: list[tuple[list[int], list[int] | None, float]],
    ) -> None:
        """The next sentence: the place at each position, the columns of its edges, and its patterns' paths, components
        and influences."""
        place = np.array([self._places.setdefault(each, len(self._places)) for each in places], dtype=np.int64)
        layer, source, target, component = (
            np.array(column, dtype=np.int64) for column in (layers, sources, targets, components)
        )
        edge = (layer << PLACE_BITS | place[source]) << PLACE_BITS | place[target]
        self.entries["edge"].add((edge << COMPONENT_BITS | component + 1).tolist(), influences)
        through = [
            (number << COMPONENT_BITS | head, influence)
            for _, heads, influence in patterns
            for number, head in enumerate(heads or ())
            if head >= 0
        ]
        self.entries["head"].add([head for head, _ in through], [influence for _, influence in through])
        for kind, at_attention_level in (("pattern", True), ("path", False)):
            chosen = [pattern for pattern in patterns if (pattern[1] is not None) == at_attention_level]
            names = [(*place[path].tolist(), *(heads or ())) for path, heads, _ in chosen]
            numbers = [self._patterns.setdefault(name, len(self._patterns)) for name in names]
            self.entries[kind].add(numbers, [influence for _, _, influence in chosen])
