"""What the superposition of a case's instances shows (paper, Figures 14 and 15), from the rows of the reports.

1. The report `positions` gives the places that a case has, and their order.
2. The report `flow-frequency` gives the shares of its instances with a positive and with a negative pattern that takes
   a step. At the attention level a step to another place goes through heads only. Heads between the same two nodes
   become one line: its share, which counts an instance once whatever the head, is that of the embedding level.
3. From a place to itself the skip connection and attention are two lines. How often any head takes that step is not
   known exactly: it is at most the sum over the heads, and at most what the embedding level says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cypher.store.table import Table
from workers.influence.component import SKIP

Place = int | str
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A step between places, by skip connection or by attention, of patterns of one sign."""

    layer: int  # that it leaves
    source: Place
    target: Place
    skip: bool
    positive: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """How often a step is taken."""

    share: float  # of the case's instances; in a difference between -1 and 1
    heads: Mapping[int, float]  # that of each head


@dataclass(frozen=True, slots=True)
class Traffic:
    """The superposition of one case."""

    task: str
    case: str
    instances: int
    layers: int
    places: Mapping[Place, str]  # with their labels, from left to right
    flows: Mapping[Step, Flow]


def superpositions(places: Table, union: Table, by_component: Table | None = None) -> list[Traffic]:
    """The superposition of each case, in the order of the reports.

    Args:
        places: report `positions`.
        union: report `flow-frequency` at the embedding level.
        by_component: the same at the attention level, to tell skip connections and heads apart.
    """
    labels: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in places.dicts():
        labels[row["task"], row["case"]].append(row)
    steps: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in union.dicts():
        steps[row["task"], row["case"]].append(row)
    parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in by_component.dicts() if by_component else ():
        parts[row["task"], row["case"]].append(row)
    layers = 1 + max((row["layer"] for rows in steps.values() for row in rows), default=0)
    return [
        Traffic(
            task=task,
            case=case,
            instances=max((row["instances"] for row in steps[task, case] or rows), default=0),
            layers=layers,
            places={row["place"]: row["label"] for row in sorted(rows, key=lambda row: row["position"])},
            flows=_by_component(steps[task, case], parts[task, case]) if by_component else _union(steps[task, case]),
        )
        for (task, case), rows in labels.items()
    ]


def difference(one: Traffic, other: Traffic) -> Traffic:
    """How much more often each step is taken in `one` than in `other`; places of either, where the two agree in order.

    `instances` is the sum of both.
    """
    flows = {
        step: _minus(one.flows.get(step, Flow(0, {})), other.flows.get(step, Flow(0, {})))
        for step in {**one.flows, **other.flows}
    }
    return replace(
        one,
        case=f"{one.case} − {other.case}",
        instances=one.instances + other.instances,
        layers=max(one.layers, other.layers),
        places=_merged(one.places, other.places),
        flows={step: flow for step, flow in flows.items() if flow.share},
    )


def _union(rows: Iterable[Row]) -> dict[Step, Flow]:
    """Steps whatever their component."""
    return {
        Step(row["layer"], row["source"], row["target"], False, sign == "positive"): Flow(row[sign], {})
        for row in rows
        for sign in ("positive", "negative")
        if row[sign]
    }


def _by_component(union: Iterable[Row], rows: Iterable[Row]) -> dict[Step, Flow]:
    """Steps through the skip connection, and through any head."""
    flows: dict[Step, Flow] = {}
    heads: dict[Step, dict[int, float]] = defaultdict(dict)
    for row in rows:
        for sign in ("positive", "negative"):
            step = Step(row["layer"], row["source"], row["target"], row["component"] == SKIP, sign == "positive")
            if not row[sign]:
                continue
            if step.skip:
                flows[step] = Flow(row[sign], {})
            else:
                heads[step][row["component"]] = row[sign]
    shares = {step: flow.share for step, flow in _union(union).items()}
    attention = {
        step: Flow(min(shares.get(step, 1.0), sum(by_head.values())), by_head) for step, by_head in heads.items()
    }
    return flows | attention


def _minus(one: Flow, other: Flow) -> Flow:
    heads = sorted({*one.heads, *other.heads})
    return Flow(one.share - other.share, {head: one.heads.get(head, 0) - other.heads.get(head, 0) for head in heads})


def _merged(one: Mapping[Place, str], other: Mapping[Place, str]) -> dict[Place, str]:
    """The places of both, each as near to its neighbours as it can be; labels that differ stand beside each other."""
    order = list(one)
    before: Place | None = None
    for place in other:
        if place not in one:
            order.insert(order.index(before) + 1 if before is not None else 0, place)
        before = place
    return {
        place: " / ".join(dict.fromkeys(labels[place] for labels in (one, other) if place in labels)) for place in order
    }
