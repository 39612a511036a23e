"""The named reports, straight from their definitions, over results as they stand in results.jsonl.

Nothing is added up beforehand and nothing shared: every number is taken from the sentences themselves. Rows are
dictionaries by column; columns that only people read (labels, and the roles that stand beside positions) are left out.

A place is a position, or with `align="role"` a role: the token where it has none, and numbered where a sentence has it
twice.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from inspect import signature
from itertools import pairwise, product
from typing import Any, Literal, ParamSpec

from workers.analysis.results import InstanceResult, WordResult
from workers.influence.component import SKIP

Row = dict[str, Any]
Place = int | str
Level = Literal["embedding", "attention"]
Align = Literal["position", "role"]

CASE = ("task", "case")

MATCHED = {"SP": "SS", "PS": "PP", "FM": "FF", "MF": "MM"} | {
    f"contrast-{label}": f"joined-{label}" for label in ("positive", "negative")
}
"""A case whose words disagree, and the one that differs from it in the attractor alone."""


@dataclass(frozen=True)
class Specified:
    """A report: its rows, what names a row, the order of the rows (`-`: largest first) and its parameters."""

    rows: Callable[..., list[Row]]
    key: tuple[str, ...]
    order: tuple[str, ...]
    parameters: tuple[str, ...]


SPECIFIED: dict[str, Specified] = {}
"""By name."""

P = ParamSpec("P")


def report(
    name: str, key: tuple[str, ...] = (), order: tuple[str, ...] = ()
) -> Callable[[Callable[P, list[Row]]], Callable[P, list[Row]]]:
    """Enters a report, and puts its rows in order; what is None comes last."""

    def place(row: Row) -> list[tuple[Any, ...]]:
        values = [(row[column.removeprefix("-")], column.startswith("-")) for column in order]
        return [(1,) if value is None else (0, -value if largest_first else value) for value, largest_first in values]

    def enter(function: Callable[P, list[Row]]) -> Callable[P, list[Row]]:
        @wraps(function)
        def ordered(*args: P.args, **kwargs: P.kwargs) -> list[Row]:
            return sorted(function(*args, **kwargs), key=place)

        parameters = tuple(signature(function).parameters)[1:]
        SPECIFIED[name] = Specified(ordered, key, order, parameters)
        return ordered

    return enter


@report("overview")
def overview(results: Sequence[InstanceResult]) -> list[Row]:
    right = [result for result in results if result.qoi > 0]
    errors = [result.completeness_error for result in results if result.completeness_error is not None]
    return [
        {
            "instances": len(results),
            "correct": len(right),
            "accuracy": len(right) / len(results),
            "tasks": len({result.task for result in results}),
            "cases": len({(result.task, result.case) for result in results}),
            "completeness_error": max(errors, default=None),
        }
    ]


@report("accuracy", CASE, CASE)
def accuracy(results: Sequence[InstanceResult], task: str | None = None, case: str | None = None) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        correct, n = sum(result.qoi > 0 for result in members), len(members)
        low, high = wilson(correct, n)
        qoi = mean(result.qoi for result in members)
        rows.append(
            {**names, "instances": n, "correct": correct, "accuracy": correct / n, "low": low, "high": high, "qoi": qoi}
        )
    return rows


@report(
    "flow-frequency",
    (*CASE, "layer", "source", "target", "component"),
    (*CASE, "-positive", "-negative", "layer", "source", "target", "component"),
)
def flow_frequency(
    results: Sequence[InstanceResult],
    task: str | None = None,
    case: str | None = None,
    level: Level = "attention",
    align: Align = "position",
) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        takers: dict[tuple[Any, ...], list[tuple[InstanceResult, WordResult]]] = defaultdict(list)
        for result in members:
            places = places_of(result, align)
            for word in result.words:
                for layer, (here, there) in enumerate(pairwise(word.path)):
                    component = word.components[layer] if level == "attention" else None
                    takers[layer, places[here], places[there], component].append((result, word))
        for (layer, source, target, component), taken in takers.items():
            positive = {result.id for result, word in taken if word.sign > 0}
            negative = {result.id for result, word in taken if word.sign < 0}
            (low, high), (negative_low, negative_high) = (
                wilson(len(those), len(members)) for those in (positive, negative)
            )
            rows.append(
                {
                    **names,
                    "layer": layer,
                    "source": source,
                    "target": target,
                    "component": component,
                    "instances": len(members),
                    "positive": len(positive) / len(members),
                    "positive_low": low,
                    "positive_high": high,
                    "negative": len(negative) / len(members),
                    "negative_low": negative_low,
                    "negative_high": negative_high,
                    "influence": math.fsum(through(word, level) for _, word in taken) / len(members),
                }
            )
    return rows


@report("pattern-frequency", (*CASE, "sign", "pattern"), ("-share", *CASE, "pattern"))
def pattern_frequency(
    results: Sequence[InstanceResult],
    task: str | None = None,
    case: str | None = None,
    level: Level = "attention",
    align: Align = "position",
) -> list[Row]:
    """All of them: the report's `limit` is left to who compares."""
    rows = []
    for names, members in by_case(results, task, case):
        followers: dict[tuple[int, str], list[tuple[InstanceResult, WordResult]]] = defaultdict(list)
        for result in members:
            for word in result.words:
                followers[word.sign, pattern(result, word, level, align)].append((result, word))
        for (sign, text), following in followers.items():
            instances = len({result.id for result, _ in following})
            low, high = wilson(instances, len(members))
            rows.append(
                {
                    **names,
                    "sign": sign,
                    "pattern": text,
                    "instances": instances,
                    "share": instances / len(members),
                    "low": low,
                    "high": high,
                    "influence": mean(through(word, level) for _, word in following),
                }
            )
    return rows


@report("node-entropy", (*CASE, "layer", "place"), ("-entropy", *CASE, "layer", "place"))
def node_entropy(
    results: Sequence[InstanceResult], task: str | None = None, case: str | None = None, align: Align = "position"
) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        for (layer, place), share in visited(members, +1, align).items():
            rows.append({**names, "layer": layer, "place": place, "share": share, "entropy": binary_entropy(share)})
    return rows


@report("pattern-entropy", CASE, CASE)
def pattern_entropy(
    results: Sequence[InstanceResult], task: str | None = None, case: str | None = None, align: Align = "position"
) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        entropies = [binary_entropy(share) for share in visited(members, +1, align).values()]
        rows.append(
            {
                **names,
                "instances": len(members),
                "nodes": len(entropies),
                "entropy": mean(entropies),
                "accuracy": sum(result.qoi > 0 for result in members) / len(members),
            }
        )
    return rows


@report("entropy-correlation")
def entropy_correlation(
    results: Sequence[InstanceResult], task: str | None = None, align: Align = "position"
) -> list[Row]:
    """Over the cases that have an entropy, that is, any node between the first layer and the last."""
    cases = [row for row in pattern_entropy(results, task, None, align) if row["entropy"] is not None]
    correlation = spearman([row["entropy"] for row in cases], [row["accuracy"] for row in cases])
    return [{"cases": len(cases), "spearman": correlation}]


@report("attractors", (*CASE, "place"), (*CASE, "rank"))
def attractors(
    results: Sequence[InstanceResult],
    task: str | None = None,
    case: str | None = None,
    level: Level = "attention",
    align: Align = "position",
) -> list[Row]:
    """Of the places that hold a source word, so never the target. Ranks are those of the share of the negative total,
    then of the place. A matched case that is not among the results is None."""
    rows = []
    for names, members in by_case(results, task, case):
        matched_case = MATCHED.get(names["case"])
        matched = [one for one in results if (one.task, one.case) == (names["task"], matched_case)]
        there = {
            place: statistics.fmean(word.influence for _, word in words)
            for place, words in words_by_place(matched, align).items()
        }
        total = math.fsum(word.influence for result in members for word in result.words if word.influence < 0)
        of_case = []
        for place, words in words_by_place(members, align).items():
            influence = statistics.fmean(word.influence for _, word in words)
            negative = [word.influence for _, word in words if word.influence < 0]
            modal_pattern, modal = modal_negative(words, level, align)
            of_case.append(
                {
                    **names,
                    "place": place,
                    "instances": len(words),
                    "negative": len(negative) / len(members),
                    "influence": influence,
                    "negative_total": math.fsum(negative) / total if total else 0.0,
                    "matched_case": matched_case if matched else None,
                    "contrast": influence - there[place] if place in there else None,
                    "modal_pattern": modal_pattern,
                    "modal_share": modal / len(members) if modal else None,
                }
            )
        of_case.sort(key=lambda row: (-row["negative_total"], row["place"]))
        rows += [{"rank": rank, **row} for rank, row in enumerate(of_case, start=1)]
    return rows


@report("skip-share", (*CASE, "layer"), (*CASE, "layer"))
def skip_share(results: Sequence[InstanceResult], task: str | None = None, case: str | None = None) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        for layers in [[layer] for layer in range(depth(members))] + [list(range(depth(members)))]:
            steps = [word.components[layer] for result in members for word in result.words for layer in layers]
            edges = [edge for result in members for edge in result.edges or () if edge.layer in layers]
            mass = math.fsum(abs(edge.influence) for edge in edges)
            skipping = math.fsum(abs(edge.influence) for edge in edges if edge.component == SKIP)
            rows.append(
                {
                    **names,
                    "layer": layers[0],
                    "steps": len(steps),
                    "skips": steps.count(SKIP) / len(steps),
                    "mass": skipping / mass if mass else None,
                }
            )
        rows[-1]["layer"] = None
    return rows


@report("concentration", (*CASE, "level"), (*CASE, "level"))
def concentration(results: Sequence[InstanceResult], task: str | None = None, case: str | None = None) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        for level in ("attention", "embedding"):
            shares = []
            for result in members:
                positive = [word for word in result.words if word.influence > 0]
                if positive:
                    whole = math.fsum(word.influence for word in positive)
                    shares.append(math.fsum(through(word, level) for word in positive) / whole)
            sd = statistics.stdev(shares) if len(shares) > 1 else None
            rows.append({**names, "level": level, "instances": len(shares), "mean": mean(shares), "sd": sd})
    return rows


@report("heads", ("layer", "component"), ("-influence_share", "layer", "component"))
def heads(results: Sequence[InstanceResult], task: str | None = None, case: str | None = None) -> list[Row]:
    words = [word for _, members in by_case(results, task, case) for result in members for word in result.words]
    whole = math.fsum(abs(word.attention_influence) for word in words)
    rows = []
    for layer in range(depth(results)):
        for component in {word.components[layer] for word in words}:
            taking = [word for word in words if word.components[layer] == component]
            part = math.fsum(abs(word.attention_influence) for word in taking)
            rows.append(
                {
                    "layer": layer,
                    "component": component,
                    "patterns": len(taking),
                    "pattern_share": len(taking) / len(words),
                    "influence_share": part / whole if whole else 0.0,
                }
            )
    return rows


@report("positions", (*CASE, "place"), (*CASE, "place"))
def positions(
    results: Sequence[InstanceResult], task: str | None = None, case: str | None = None, align: Align = "position"
) -> list[Row]:
    rows = []
    for names, members in by_case(results, task, case):
        positive, negative = visited(members, +1, align), visited(members, -1, align)
        words = words_by_place(members, align)
        for place, having in instances_with(members, align).items():
            influences = [word.influence for _, word in words.get(place, [])]
            between = range(1, depth(members))
            rows.append(
                {
                    **names,
                    "place": place,
                    "instances": having,
                    "influence": mean(influences),
                    "positive": sum(value >= 0 for value in influences) / len(members),
                    "negative": sum(value < 0 for value in influences) / len(members),
                    "positive_visits": mean(positive[layer, place] for layer in between),
                    "negative_visits": mean(negative[layer, place] for layer in between),
                    "position": mean(
                        at for one in members for at, here in enumerate(places_of(one, align)) if here == place
                    ),
                }
            )
    return rows


def by_case(
    results: Sequence[InstanceResult], task: str | None, case: str | None
) -> Iterator[tuple[dict[str, str], list[InstanceResult]]]:
    """The chosen cases and their results."""
    for names in sorted({(result.task, result.case) for result in results}):
        if task in (None, names[0]) and case in (None, names[1]):
            members = [result for result in results if (result.task, result.case) == names]
            yield {"task": names[0], "case": names[1]}, members


def roles_of(result: InstanceResult) -> tuple[str, ...]:
    """A token's role, or the token where it has none, numbered from the second of a sentence on.

    Raises:
        ValueError: the sentence has no roles.
    """
    if result.roles is None:
        raise ValueError(f"{result.id} has no roles")
    return numbered(tuple(role or token for role, token in zip(result.roles, result.tokens, strict=True)))


@cache
def numbered(names: tuple[str, ...]) -> tuple[str, ...]:
    taken: list[str] = []
    for name in names:
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name} {number}"
        taken.append(free)
    return tuple(taken)


def places_of(result: InstanceResult, align: Align) -> Sequence[Place]:
    return range(len(result.tokens)) if align == "position" else roles_of(result)


def instances_with(results: Iterable[InstanceResult], align: Align) -> Counter[Place]:
    """How many sentences have each place."""
    return Counter(place for result in results for place in places_of(result, align))


def words_by_place(
    results: Iterable[InstanceResult], align: Align
) -> dict[Place, list[tuple[InstanceResult, WordResult]]]:
    """The source words at each place that has any."""
    words: dict[Place, list[tuple[InstanceResult, WordResult]]] = defaultdict(list)
    for result in results:
        places = places_of(result, align)
        for word in result.words:
            words[places[word.position]].append((result, word))
    return dict(words)


def visited(results: Sequence[InstanceResult], sign: int, align: Align) -> dict[tuple[int, Place], float]:
    """p(n): the share of sentences with a pattern of that sign through the node; layers 1 to L - 1."""
    visits: Counter[tuple[int, Place]] = Counter()
    for result in results:
        places = places_of(result, align)
        paths = [word.path for word in result.words if word.sign == sign]
        visits.update({(layer, places[path[layer]]) for path in paths for layer in range(1, depth(results))})
    nodes = product(range(1, depth(results)), instances_with(results, align))
    return {node: visits[node] / len(results) for node in nodes}


def through(word: WordResult, level: str) -> float:
    """The influence of the word's pattern."""
    return word.embedding_influence if level == "embedding" else word.attention_influence


def pattern(result: InstanceResult, word: WordResult, level: Level, align: Align) -> str:
    """A pattern as text."""
    places = [places_of(result, align)[position] for position in word.path]
    if level == "embedding":
        return ">".join(map(str, places))
    text = str(places[0])
    for component, place in zip(word.components, places[1:], strict=True):
        text += f" skip {place}" if component == SKIP else f" h{component} {place}"
    return text


def modal_negative(
    words: list[tuple[InstanceResult, WordResult]], level: Level, align: Align
) -> tuple[str | None, int]:
    """The most frequent pattern of words of negative influence, and its frequency; by |influence| where they tie."""
    influences: dict[str, list[float]] = defaultdict(list)
    for result, word in words:
        if word.influence < 0:
            influences[pattern(result, word, level, align)].append(through(word, level))
    if not influences:
        return None, 0
    modal = min(influences, key=lambda text: (-len(influences[text]), -abs(math.fsum(influences[text])), text))
    return modal, len(influences[modal])


def depth(results: Sequence[InstanceResult]) -> int:
    """L, the same in all of a run."""
    return len(results[0].words[0].components)


def mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return statistics.fmean(values) if values else None


def binary_entropy(share: float) -> float:
    """In bits."""
    return -sum(part * math.log2(part) for part in (share, 1 - share) if part)


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % interval for a share (Wilson 1927)."""
    z = statistics.NormalDist().inv_cdf(0.975)
    share = successes / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def ranks(values: Sequence[float]) -> list[float]:
    """1 for the smallest; equal values share the mean of theirs."""
    return [sum(other < value for other in values) + (values.count(value) + 1) / 2 for value in values]


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Values that differ by rounding alone are equal; None under three pairs, or where all are equal."""
    one, other = ([round(value, 12) for value in values] for values in (one, other))
    if len(one) < 3 or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    return statistics.correlation(ranks(one), ranks(other))
