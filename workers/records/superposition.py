"""The superposition of many instances (paper, Figures 14 and 15): how often, and how strongly, patterns take each step.

1. Instances of one case are laid over each other: nodes of the same layer, position and role are one site.
2. A site counts the instances that have it, and those with a positive (negative) pattern that visits it.
3. Between two sites, at each level and by each component, steps of patterns are counted and their influences summed.
4. Equal patterns are one route, which counts its instances.
Sums of parts add up to the sum of the whole, exactly and in any order, so that a run can be stored piece by piece.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from cypher.store.records import Level, RouteRecord, SiteRecord, TrafficRecord, key
from workers.analysis.found_patterns import FoundPattern, patterns_of
from workers.analysis.results import InstanceResult
from workers.influence.component import SKIP
from workers.records.exact_sums import rounded

IDS = 2**16
"""Ids to keep: chunk after chunk, cases have much the same sites, steps and routes."""


class Superposition(NamedTuple):
    """What the results of one case add to it."""

    sites: list[SiteRecord]
    traffic: list[TrafficRecord]
    routes: list[RouteRecord]


def superpose(case: str, method: str, results: Sequence[InstanceResult]) -> Superposition:
    """Sites, traffic and routes of one case's results.

    Args:
        case: id.
        method: whose patterns.
    """
    laid = [_Laid(result, method) for result in results]
    return Superposition(
        list(_sites(case, method, laid)), list(_traffic(case, method, laid)), list(_routes(case, method, laid))
    )


def signature(places: Sequence[object], components: Sequence[int] | None) -> str:
    """A path as text: `2>2>7`, or with components `2 skip 2 h3 7`."""
    if components is None:
        return ">".join(map(str, places))
    steps = (
        f" {'skip' if component == SKIP else f'h{component}'} {place}"
        for component, place in zip(components, places[1:], strict=True)
    )
    return f"{places[0]}{''.join(steps)}"


def roles_of(result: InstanceResult) -> tuple[str, ...] | None:
    """A name for each position by which sentences of different lengths are laid over each other; None without roles.

    It is the token's role, or the token where it has none, numbered from its second occurrence: `det`, `det 2`.
    """
    if result.roles is None:
        return None
    names: dict[str, None] = {}
    for role, token in zip(result.roles, result.shown, strict=True):
        name = role or token
        numbered = (f"{name} {number}" for number in itertools.count(2))
        names[next(free for free in itertools.chain([name], numbered) if free not in names)] = None
    return tuple(names)


class _Site(NamedTuple):
    """What instances of a case have to agree in to share a site."""

    layer: int
    position: int
    role: str | None


class _Step(NamedTuple):
    source: _Site
    target: _Site
    level: Level
    component: int | None


class _Route(NamedTuple):
    level: Level
    sign: int
    path: tuple[int, ...]
    components: tuple[int, ...] | None
    roles: tuple[str, ...] | None


class _Laid:
    """A result, with the site of each of its nodes, and the patterns of one method."""

    def __init__(self, result: InstanceResult, method: str):
        self.result = result
        self.patterns = [found for found in patterns_of(result) if found.method == method]
        self._roles = roles_of(result)
        roles = self._roles or (None,) * len(result.tokens)
        layers = range(len(result.words[0].components) + 1)
        self._sites = [[_Site(layer, position, role) for position, role in enumerate(roles)] for layer in layers]

    def sites(self) -> Iterator[_Site]:
        *below, last = self._sites
        yield from itertools.chain.from_iterable(below)
        yield last[self.result.target]

    def visits(self) -> Iterator[tuple[tuple[_Site, int], float]]:
        """The sites that patterns visit, with their word's sign and influence; of two levels, embeddings count."""
        levels = {found.level for found in self.patterns}
        for found in self.patterns:
            if len(levels) == 1 or found.level == "embedding":
                influence = rounded(found.word.influence)
                for site in self._path(found):
                    yield (site, found.word.sign), influence

    def steps(self, found: FoundPattern) -> Iterator[_Step]:
        """The steps of a pattern."""
        path = self._path(found)
        components = (None,) * len(path) if found.components is None else found.components
        for source, target, component in zip(path, path[1:], components, strict=False):
            yield _Step(source, target, found.level, component)

    def route(self, found: FoundPattern) -> _Route:
        """A pattern as one of those that are equal."""
        roles = None if self._roles is None else tuple(self._roles[position] for position in found.path)
        return _Route(found.level, found.word.sign, found.path, found.components, roles)

    def _path(self, found: FoundPattern) -> list[_Site]:
        return [sites[position] for sites, position in zip(self._sites, found.path, strict=True)]


def _sites(case: str, method: str, laid: Sequence[_Laid]) -> Iterator[SiteRecord]:
    instances: Counter[_Site] = Counter()
    visited: Counter[tuple[_Site, int]] = Counter()
    influence: defaultdict[tuple[_Site, int], float] = defaultdict(float)
    tokens: defaultdict[_Site, set[str]] = defaultdict(set)
    for one in laid:
        for site in one.sites():
            instances[site] += 1
            tokens[site].add(one.result.shown[site.position])
        visits = list(one.visits())
        visited.update({visit for visit, _ in visits})
        for visit, value in visits:
            influence[visit] += value
    for site, count in instances.items():
        fallback = site.role or f"#{site.position}"
        yield SiteRecord(
            id=_site_id(case, method, site),
            case=case,
            method=method,
            layer=site.layer,
            position=site.position,
            role=site.role,
            label=next(iter(tokens[site])) if len(tokens[site]) == 1 else fallback,
            fallback=fallback,
            instances=count,
            positive=visited[site, 1],
            negative=visited[site, -1],
            positive_influence=influence[site, 1],
            negative_influence=influence[site, -1],
        )


def _traffic(case: str, method: str, laid: Sequence[_Laid]) -> Iterator[TrafficRecord]:
    taken: Counter[tuple[_Step, int]] = Counter()
    influences: defaultdict[_Step, list[float]] = defaultdict(list)
    for one in laid:
        signs = set()
        for found in one.patterns:
            influence = rounded(found.influence)
            for step in one.steps(found):
                signs.add((step, found.word.sign))
                influences[step].append(influence)
        taken.update(signs)
    for step, values in influences.items():
        source, target = (_site_id(case, method, site) for site in (step.source, step.target))
        yield TrafficRecord(
            id=_step_id(source, target, step.level, step.component),
            source=source,
            target=target,
            level=step.level,
            component=step.component,
            positive=taken[step, 1],
            negative=taken[step, -1],
            patterns=len(values),
            influence=sum(values),
            strength=sum(map(abs, values)),
        )


def _routes(case: str, method: str, laid: Sequence[_Laid]) -> Iterator[RouteRecord]:
    instances: Counter[_Route] = Counter()
    influence: defaultdict[_Route, float] = defaultdict(float)
    for one in laid:
        for found in one.patterns:
            route = one.route(found)
            instances[route] += 1
            influence[route] += rounded(found.influence)
    for route, count in instances.items():
        yield RouteRecord(
            id=_route_id(case, method, route),
            case=case,
            method=method,
            level=route.level,
            sign=route.sign,
            source=route.path[0],
            source_role=None if route.roles is None else route.roles[0],
            path=route.path,
            components=route.components,
            signature=signature(route.path, route.components),
            role_signature=None if route.roles is None else signature(route.roles, route.components),
            instances=count,
            influence=influence[route],
        )


@lru_cache(IDS)
def _site_id(case: str, method: str, site: _Site) -> str:
    return key(case, method, *site)


@lru_cache(IDS)
def _step_id(source: str, target: str, level: Level, component: int | None) -> str:
    return key(source, target, level, component)


@lru_cache(IDS)
def _route_id(case: str, method: str, route: _Route) -> str:
    return key(case, method, *route)
