"""The superposition of a case's sentences: places and steps, counted as the graph counts them (`cypher.bulk.totals`).

A place is a position, or a role where sentences of different lengths are laid over each other by their roles. These
rows have the columns of the named reports, from which figures are drawn.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cypher.queries.named_reports import Align
from cypher.store.records import CaseRecord, Level, SiteRecord
from service.experiments.material import Material
from service.figures.traffic import Place


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place of a case, as the report `positions` has it."""

    task: str
    case: str
    place: Place
    label: str
    role: str | None
    instances: int
    position: float


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a case's patterns, as the report `flow-frequency` has it."""

    task: str
    case: str
    layer: int
    source: Place
    target: Place
    component: int | None
    instances: int
    positive: float
    negative: float


def place_of(site: SiteRecord, align: Align) -> Place:
    """The place of a site."""
    if align == "position":
        return site.position
    assert site.role is not None
    return site.role


def by_place(sites: Sequence[SiteRecord], align: Align) -> dict[Place, list[SiteRecord]]:
    """Sites of one layer by their place."""
    places: defaultdict[Place, list[SiteRecord]] = defaultdict(list)
    for site in sites:
        places[place_of(site, align)].append(site)
    return dict(sorted(places.items(), key=lambda item: item[1][0].position))


def label_of(place: Place, sites: Sequence[SiteRecord]) -> str:
    """The token at a place where it is always the same, else the place."""
    labels = {site.label for site in sites}
    if len(labels) == 1:
        return labels.pop()
    return place if isinstance(place, str) else f"#{place}"


def role_of(sites: Sequence[SiteRecord]) -> str | None:
    """The role at a place where it is always the same."""
    roles = {site.role for site in sites}
    return roles.pop() if len(roles) == 1 else None


def sites_of(material: Material, case: CaseRecord, layer: int | None = None) -> list[SiteRecord]:
    """The sites of a case, of one layer or of all."""
    return [site for site in material.sites[case.id] if layer in (None, site.layer)]


def places(material: Material, task: str) -> list[PlaceRow]:
    """The places of a task's cases."""
    align = material.align(task)
    rows = []
    for case in material.cases:
        if case.task != task:
            continue
        for place, sites in by_place(sites_of(material, case, 0), align).items():
            instances = sum(site.instances for site in sites)
            position = sum(site.position * site.instances for site in sites) / instances
            label, role = label_of(place, sites), role_of(sites)
            rows.append(PlaceRow(task, case.name, place, label, role, instances, position))
    return rows


def steps(material: Material, task: str, level: Level) -> Iterator[StepRow]:
    """The steps that patterns of a task's cases take."""
    align = material.align(task)
    for case in material.cases:
        if case.task != task:
            continue
        sites = {site.id: site for site in sites_of(material, case)}
        counts: defaultdict[tuple[int, Place, Place, int | None], list[int]] = defaultdict(lambda: [0, 0])
        for step in material.traffic[case.id]:
            if step.level == level:
                source, target = sites[step.source], sites[step.target]
                both = counts[source.layer, place_of(source, align), place_of(target, align), step.component]
                both[0] += step.positive
                both[1] += step.negative
        for (layer, source, target, component), (positive, negative) in counts.items():
            shares = positive / case.instances, negative / case.instances
            yield StepRow(task, case.name, layer, source, target, component, case.instances, *shares)
