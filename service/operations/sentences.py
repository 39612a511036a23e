"""The sentences of a run: listed, and one with all that is known of it, or parts of that."""

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from cypher.errors import InvalidInput, NotFound
from cypher.store.runs import SentenceSummary
from cypher.store.store import Store
from workers.records.stored_runs import restored

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from workers.analysis.results import Edges, InstanceResult


@dataclass(frozen=True, slots=True)
class SentencePage:
    """Some sentences of a run, in the order of its input."""

    sentences: list[SentenceSummary]
    after: int | None  # where the next page begins; None on the last


@dataclass(frozen=True, slots=True)
class EdgeChoice:
    """Which edges of a sentence are wanted; None for any."""

    layer: int | None = None  # of the node that it leaves
    source: int | None = None  # position
    target: int | None = None
    component: int | None = None  # head, or -1 for the skip connection
    least: float | None = None  # absolute influence
    strongest: int | None = None  # how many, by absolute influence
    merged: bool = False  # are the components of a step one edge, with the sum of their influences?


@dataclass(frozen=True, slots=True)
class EdgeColumns:
    """Edges as columns, of equal lengths."""

    layer: "Int[np.ndarray, ' edge']"
    source: "Int[np.ndarray, ' edge']"
    target: "Int[np.ndarray, ' edge']"
    component: "Int[np.ndarray, ' edge'] | None"  # None: they are merged
    influence: "Float[np.ndarray, ' edge']"

    def lists(self) -> dict[str, list[int] | list[float] | None]:
        """The columns by name, as plain values."""
        component = None if self.component is None else self.component.tolist()
        numbers = {name: getattr(self, name).tolist() for name in ("layer", "source", "target")}
        return {**numbers, "component": component, "influence": self.influence.tolist()}

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary an edge."""
        columns = {name: repeat(None) if column is None else column for name, column in self.lists().items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]


@dataclass(frozen=True, slots=True)
class ChosenEdges:
    """Edges of a sentence, the strongest first, and what was left out."""

    edges: EdgeColumns
    left_out: int  # edges that are stored, and were not chosen
    left_out_share: float  # theirs of the absolute influence of all that are stored


def list_sentences(
    store: Store, run: str, *, task: str | None = None, case: str | None = None, after: int = -1, limit: int = 100
) -> SentencePage:
    """The sentences of the run of that name or id that have results.

    Args:
        after: `SentencePage.after` of the page before; -1 for the first.

    Raises:
        NotFound: there is no such run.
        ServerError: the graph cannot be read.
    """
    found = store.sentences(store.find(run).id, task=task, case=case, after=after, limit=limit + 1)
    page = found[:limit]
    return SentencePage(page, page[-1].order if len(found) > limit else None)


def find_sentence(store: Store, run: str, name: str) -> "InstanceResult":
    """The result of a sentence.

    Args:
        name: its id, as its user calls it.

    Raises:
        NotFound: there is no such run, or it has no result of that sentence.
        ServerError: the graph cannot be read.
    """
    stored = store.find(run)
    instance = store.instance(stored.id, name)
    if instance is None:
        fix = "List the run's sentences to see their ids."
        raise NotFound("id", f"the run {stored.name!r} has no result of {name!r}", fix)
    return restored(store, stored, [instance])[0]


def choose_edges(edges: "Edges", choice: EdgeChoice) -> ChosenEdges:
    """The edges that are wanted. Where they are merged, so are those that are counted as left out.

    Raises:
        InvalidInput: one component is wanted of merged edges.
    """
    columns = EdgeColumns(edges.layer, edges.source, edges.target, edges.component, edges.influence)
    if choice.merged:
        if choice.component is not None:
            problem = f"{choice.component} is one of those that are merged"
            raise InvalidInput("component", problem, "Ask for one component, or for merged edges.")
        columns = _merge(columns)
    size = np.abs(columns.influence)
    wanted = np.ones(len(size), dtype=bool)
    for name in ("layer", "source", "target", "component"):
        if (value := getattr(choice, name)) is not None:
            wanted &= getattr(columns, name) == value
    if choice.least is not None:
        wanted &= size >= choice.least
    order = np.flatnonzero(wanted)[np.argsort(-size[wanted], kind="stable")][: choice.strongest]
    total = float(size.sum())
    share = 1 - float(size[order].sum()) / total if total and len(order) < len(size) else 0.0
    return ChosenEdges(_take(columns, order), len(size) - len(order), max(0.0, share))


def _merge(edges: EdgeColumns) -> EdgeColumns:
    """One edge for each step, with the sum of its components' influences."""
    steps = np.stack([edges.layer, edges.source, edges.target])
    (layer, source, target), step = np.unique(steps, axis=1, return_inverse=True)
    influence = np.bincount(step.ravel(), weights=edges.influence, minlength=len(layer))
    return EdgeColumns(layer, source, target, None, influence)


def _take(edges: EdgeColumns, which: "Int[np.ndarray, ' taken']") -> EdgeColumns:
    component = None if edges.component is None else edges.component[which]
    return EdgeColumns(edges.layer[which], edges.source[which], edges.target[which], component, edges.influence[which])
