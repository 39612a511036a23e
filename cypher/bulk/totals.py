"""What chunks add to the cases of a run, added up without a server; as the statements in `write/` add it up in one."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from cypher.store.records import CaseRecord, ChunkRecord, RouteRecord, SiteRecord, TrafficRecord

SUMS = {
    CaseRecord: (
        "instances",
        "correct",
        "qoi",
        "concentrated",
        "embedding_concentration",
        "embedding_concentration_squared",
        "attention_concentration",
        "attention_concentration_squared",
        "edge_mass",
        "skip_mass",
    ),
    SiteRecord: ("instances", "positive", "negative", "positive_influence", "negative_influence"),
    TrafficRecord: ("positive", "negative", "patterns", "influence", "strength"),
    RouteRecord: ("instances", "influence"),
}
"""The fields that are sums; those of lists, element by element."""


def worst(errors: Iterable[float | None]) -> float | None:
    """The largest of those that there are."""
    return max((error for error in errors if error is not None), default=None)


Summand = TypeVar("Summand", CaseRecord, SiteRecord, TrafficRecord, RouteRecord)


class Totals:
    """The sums of a run, by id."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseRecord] = {}
        self.sites: dict[str, SiteRecord] = {}
        self.traffic: dict[str, TrafficRecord] = {}
        self.routes: dict[str, RouteRecord] = {}

    def add(self, chunk: ChunkRecord) -> None:
        """What this chunk adds."""
        for case in chunk.cases:
            before = self.cases.get(case.id)
            error = worst([case.completeness_error, None if before is None else before.completeness_error])
            self.cases[case.id] = replace(_sum(before, case), completeness_error=error)
        for site in chunk.sites:
            before = self.sites.get(site.id)
            label = site.label if before is None or before.label == site.label else site.fallback
            self.sites[site.id] = replace(_sum(before, site), label=label)
        for step in chunk.traffic:
            self.traffic[step.id] = _sum(self.traffic.get(step.id), step)
        for route in chunk.routes:
            self.routes[route.id] = _sum(self.routes.get(route.id), route)


def _sum(before: Summand | None, row: Summand) -> Summand:
    if before is None:
        return row
    return replace(before, **{name: _plus(getattr(before, name), getattr(row, name)) for name in SUMS[type(row)]})


def _plus(one: Any, other: Any) -> Any:
    return tuple(a + b for a, b in zip(one, other, strict=True)) if isinstance(one, tuple) else one + other
