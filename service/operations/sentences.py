"""The sentences of a run: listed, and one with all that is known of it, or parts of that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from cypher.errors import InvalidInput, NotFound
from cypher.store.runs import EdgeChoice, SentenceSummary, StoredRun
from cypher.store.store import Store
from workers.records.stored_runs import restored

if TYPE_CHECKING:
    from jaxtyping import Num

    from workers.analysis.results import Edges, InstanceResult

COLUMNS = ("layer", "source", "target", "component", "influence")


@dataclass(frozen=True, slots=True)
class SentencePage:
    """Some sentences of a run, in the order of its input."""

    sentences: list[SentenceSummary]
    after: int | None  # where the next page begins; None on the last


@dataclass(frozen=True, slots=True)
class ChosenEdges:
    """Edges of a sentence as columns, the strongest first, and what was left out."""

    layer: list[int]
    source: list[int]
    target: list[int]
    component: list[int] | None  # None: they are merged
    influence: list[float]
    left_out: int  # edges that are stored, and were not chosen
    left_out_share: float  # theirs of the absolute influence of all that are stored
    components: int  # edges that are stored, each component by itself

    def columns(self) -> dict[str, list[int] | list[float] | None]:
        """The columns by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary an edge."""
        columns = (repeat(None) if column is None else column for column in self.columns().values())
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=False)]


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
    """The result of a sentence without its edges: an empty list of them where the run keeps any.

    Args:
        name: its id, as its user calls it.

    Raises:
        NotFound: there is no such run, or it has no result of that sentence.
        ServerError: the graph cannot be read.
    """
    return _find(store, store.find(run), name)


def find_parts(
    store: Store, run: str, name: str, choice: EdgeChoice | None
) -> tuple["InstanceResult", ChosenEdges | None]:
    """The result of a sentence as `find_sentence` gives it, and the edges that are wanted: the graph chooses them, so
    that nobody reads the others.

    Args:
        name: its id, as its user calls it.
        choice: of edges; None: no edges are wanted.

    Returns: also None for the edges where the run keeps none.

    Raises:
        NotFound: there is no such run, or it has no result of that sentence.
        InvalidInput: one component is wanted of merged edges.
        ServerError: the graph cannot be read.
    """
    stored = store.find(run)
    result = _find(store, stored, name)
    if choice is None or result.edges is None:
        return result, None
    _check(choice)
    found = store.edges(stored.id, name, choice)
    columns = (found.layer, found.source, found.target, found.component, found.influence)
    share = _share_left_out(found.influence, found.edges, found.strength)
    return result, ChosenEdges(*columns, found.edges - len(found.influence), share, found.components)


def choose_edges(edges: "Edges", choice: EdgeChoice) -> ChosenEdges:
    """The edges that are wanted. Where they are merged, so are those that are counted as left out.

    Raises:
        InvalidInput: one component is wanted of merged edges.
    """
    _check(choice)
    layer, source, target, influence = edges.layer, edges.source, edges.target, edges.influence
    component = None if choice.merged else edges.component
    if choice.merged:
        layer, source, target, influence = _merge(edges)
    size = np.abs(influence)
    wanted = np.ones(len(size), dtype=bool)
    for column, value in (
        (layer, choice.layer),
        (source, choice.source),
        (target, choice.target),
        (component, choice.component),
    ):
        if value is not None:
            wanted &= column == value
    if choice.least is not None:
        wanted &= size >= choice.least
    order = np.flatnonzero(wanted)[np.argsort(-size[wanted], kind="stable")][: choice.strongest]
    chosen = influence[order].tolist()
    return ChosenEdges(
        layer[order].tolist(),
        source[order].tolist(),
        target[order].tolist(),
        None if component is None else component[order].tolist(),
        chosen,
        len(size) - len(order),
        _share_left_out(chosen, len(size), float(size.sum())),
        len(edges),
    )


def _find(store: Store, run: StoredRun, name: str) -> "InstanceResult":
    instance = store.instance(run.id, name, flows=False)
    if instance is None:
        fix = "List the run's sentences to see their ids."
        raise NotFound("id", f"the run {run.name!r} has no result of {name!r}", fix)
    return restored(store, run, [instance])[0]


def _check(choice: EdgeChoice) -> None:
    if choice.merged and choice.component is not None:
        problem = f"{choice.component} is one of those that are merged"
        raise InvalidInput("component", problem, "Ask for one component, or for merged edges.")


def _share_left_out(chosen: Sequence[float], edges: int, strength: float) -> float:
    """What is not chosen of the absolute influence of all that is stored."""
    if not strength or len(chosen) == edges:
        return 0.0
    return max(0.0, 1 - math.fsum(map(abs, chosen)) / strength)


def _merge(edges: "Edges") -> "tuple[Num[np.ndarray, ' step'], ...]":
    """One edge for each step, in their order, with the sum of its components' influences."""
    ends = edges.layer, edges.source, edges.target
    shape = [1 + int(column.max(initial=0)) for column in ends]
    steps, step = np.unique(np.ravel_multi_index(ends, shape), return_inverse=True)
    influence = np.bincount(step, weights=edges.influence, minlength=len(steps))
    return *np.unravel_index(steps, shape), influence
