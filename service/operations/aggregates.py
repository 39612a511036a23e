"""The superposition of a case's sentences by parts: its places, and the steps that are wanted of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cypher.errors import NotFound
from cypher.queries.named_reports import DEFAULTS, Align, complete, find_report, run_report
from cypher.store.records import Level
from cypher.store.runs import SentenceOfStep, Step
from cypher.store.store import Store

Sign = Literal["positive", "negative"]
Place = int | str
"""A position, or a role."""


@dataclass(frozen=True, slots=True)
class StepChoice:
    """Which steps are wanted; None for any."""

    layer: int | None = None  # that it leaves
    source: Place | None = None
    target: Place | None = None
    component: int | None = None  # head, or -1 for the skip connection
    sign: Sign | None = None  # of the words whose patterns take it
    least: float | None = None  # share of the sentences
    strongest: int | None = None  # how many, the most frequent


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Steps of the patterns of a case's sentences, the most frequent first, and what was left out."""

    run: str  # id
    task: str
    case: str
    instances: int
    layers: int  # that steps leave
    places: list[dict[str, Any]]  # rows of the report `positions`
    steps: list[dict[str, Any]]  # rows of the report `flow-frequency`
    left_out: int  # steps that patterns take, and were not chosen


@dataclass(frozen=True, slots=True)
class StepPage:
    """Some of the sentences whose patterns take a step, in the order of the run's input."""

    sentences: list[SentenceOfStep]
    count: int  # of them on all pages
    after: int | None  # where the next page begins; None on the last


def find_aggregate(
    store: Store, run: str, task: str, case: str, choice: StepChoice, *, level: Level, align: Align
) -> Aggregate:
    """The steps that are wanted of a case.

    Raises:
        NotFound: there is no such run, task or case.
        RequestError: the case cannot be aligned so.
        ServerError: the graph cannot be read.
    """
    found = store.find(run)
    which = {"run": found.id, "task": task, "case": case, "align": align}
    places = run_report(store, "positions", which).dicts()
    rows = run_report(store, "flow-frequency", {**which, "level": level}).dicts()
    if not places:
        raise NotFound("case", f"the run {found.name!r} has no patterns of {task} {case}", "Choose another case.")
    kept = [row for row in rows if _is_wanted(row, choice)]
    kept.sort(key=_share(choice.sign), reverse=True)
    kept = kept[: choice.strongest]
    instances = max((row["instances"] for row in rows), default=0)
    layers = 1 + max((row["layer"] for row in rows), default=-1)
    return Aggregate(found.id, task, case, instances, layers, places, kept, len(rows) - len(kept))


def find_sentences(
    store: Store, run: str, task: str, case: str, step: Step, *, align: Align, after: int = -1, limit: int = 100
) -> StepPage:
    """The sentences behind a step of a case's superposition, each with what flows through its patterns that take it.

    Args:
        step: of `Aggregate.steps`; its places are positions or roles as `align` says.
        after: `StepPage.after` of the page before; -1 for the first.

    Raises:
        NotFound: there is no such run, task or case.
        RequestError: the case cannot be aligned so.
        ServerError: the graph cannot be read.
    """
    found = store.find(run)
    which = {"run": found.id, "task": task, "case": case, "align": align, "level": step.level}
    complete(store, find_report("flow-frequency"), which)
    method = DEFAULTS["method"]
    page, count = store.sentences_of_step(
        found.id, task, case, step, method=method, align=align, after=after, limit=limit + 1
    )
    kept = page[:limit]
    return StepPage(kept, count, kept[-1].sentence.order if len(page) > limit else None)


def _is_wanted(row: Mapping[str, Any], choice: StepChoice) -> bool:
    for name in ("layer", "source", "target", "component"):
        wanted = getattr(choice, name)
        if wanted is not None and row[name] != wanted:
            return False
    share = _share(choice.sign)(row)
    return share > 0 and (choice.least is None or share >= choice.least)


def _share(sign: Sign | None) -> Callable[[Mapping[str, Any]], float]:
    """How often patterns take a step: those of one sign, or of whichever takes it more often."""
    if sign is not None:
        return lambda row: row[sign]
    return lambda row: max(row["positive"], row["negative"])
