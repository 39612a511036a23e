"""The superposition of many instances (paper, Figures 14 and 15): how often, and how strongly, patterns take each step.

1. Instances of one case are laid over each other: nodes of the same layer, position and role are one site.
2. A site counts the instances that have it, and those with a positive (negative) pattern that visits it.
3. Between two sites, at each level and by each component, steps of patterns are counted and their influences summed.
Sums of parts add up to the sum of the whole, so that a run can be stored piece by piece.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cypher.records import Level, SiteRecord, TrafficRecord, key
from workers.results import InstanceResult, WordResult


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


def superpose(run: str, method: str, results: Sequence[InstanceResult]) -> tuple[list[SiteRecord], list[TrafficRecord]]:
    """Sites and traffic of the results, case by case.

    Args:
        run: id.
        method: how the results' patterns were found.
    """
    cases: dict[tuple[str, str], list[InstanceResult]] = defaultdict(list)
    for result in results:
        cases[result.task, result.case].append(result)
    sites: list[SiteRecord] = []
    traffic: list[TrafficRecord] = []
    for (task, name), members in cases.items():
        case = key(run, "case", task, name)
        sites += _sites(case, members)
        traffic += _traffic(case, method, members)
    return sites, traffic


def site_id(case: str, layer: int, position: int, role: str | None) -> str:
    """The id of a site within a case."""
    return key(case, layer, position, role)


def _sites(case: str, results: Sequence[InstanceResult]) -> Iterator[SiteRecord]:
    instances: Counter[_Site] = Counter()
    visited: Counter[tuple[_Site, int]] = Counter()
    influence: defaultdict[tuple[_Site, int], float] = defaultdict(float)
    tokens: defaultdict[_Site, set[str]] = defaultdict(set)
    for result in results:
        for site in _places(result):
            instances[site] += 1
            tokens[site].add(result.tokens[site.position])
        visits = [(site, word) for word in result.words for site in _path(result, word)]
        visited.update({(site, word.sign) for site, word in visits})
        for site, word in visits:
            influence[site, word.sign] += word.influence
    for site, count in instances.items():
        fallback = site.role or f"#{site.position}"
        yield SiteRecord(
            id=site_id(case, *site),
            case=case,
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


def _traffic(case: str, method: str, results: Sequence[InstanceResult]) -> Iterator[TrafficRecord]:
    taken: Counter[tuple[_Step, int]] = Counter()
    patterns: Counter[_Step] = Counter()
    influence: defaultdict[_Step, float] = defaultdict(float)
    for result in results:
        steps = [(step, word, value) for word in result.words for step, value in _steps(result, word)]
        taken.update({(step, word.sign) for step, word, _ in steps})
        for step, _, value in steps:
            patterns[step] += 1
            influence[step] += value
    for step, count in patterns.items():
        source, target = site_id(case, *step.source), site_id(case, *step.target)
        yield TrafficRecord(
            id=key(source, target, method, step.level, step.component),
            source=source,
            target=target,
            method=method,
            level=step.level,
            component=step.component,
            positive=taken[step, 1],
            negative=taken[step, -1],
            patterns=count,
            influence=influence[step],
        )


def _places(result: InstanceResult) -> Iterator[_Site]:
    layers = len(result.words[0].components)
    for layer in range(layers):
        for position in range(len(result.tokens)):
            yield _site(result, layer, position)
    yield _site(result, layers, result.target)


def _path(result: InstanceResult, word: WordResult) -> list[_Site]:
    return [_site(result, layer, position) for layer, position in enumerate(word.path)]


def _steps(result: InstanceResult, word: WordResult) -> Iterator[tuple[_Step, float]]:
    """The steps of a word's two patterns, each with its pattern's influence."""
    sites = _path(result, word)
    for (source, target), component in zip(pairwise(sites), word.components, strict=True):
        yield _Step(source, target, "embedding", None), word.embedding_influence
        yield _Step(source, target, "attention", component), word.attention_influence


def _site(result: InstanceResult, layer: int, position: int) -> _Site:
    return _Site(layer, position, None if result.roles is None else result.roles[position])
