"""What is left of a run when nothing of how it came about counts: two runs of one job must be the same in this."""

import json
import math
from collections import Counter
from typing import Any

from neo4j import Driver

from tests.cypher.store.export import export

HISTORY = {"attempts", "claim", "failures", "losses", "worker", "error", "request", "sentences", "status"}
"""What a disturbed run may have otherwise."""

Whole = list[tuple[str, list[float]]]


def whole(driver: Driver, run: str) -> Whole:
    """All that is done in a run: nodes, relationships and properties, each with its fractions apart, in order.

    Chunks that are not completed, and sentences without results, are left out.
    """
    lines = [json.loads(line) for line in export(driver, run).splitlines()]
    open_chunks = [
        line[1]
        for line in lines
        if line[0] == "node" and line[1].startswith("Chunk ") and line[2]["status"] != "completed"
    ]
    return sorted(_apart(line) for line in lines if not any(part in open_chunks for part in line[1:3]))


def without_chunks(found: Whole) -> Whole:
    """What a run has in whatever chunks it was computed: without them, and without their number."""
    kept = [(json.loads(line), fractions) for line, fractions in found if '"Chunk ' not in line]
    for (kind, _, properties, *_), _ in kept:
        if kind == "node":
            properties.pop("chunks", None)
    return sorted((json.dumps(line), fractions) for line, fractions in kept)


def differences(one: Whole, other: Whole) -> list[str]:
    """Lines that only one of them has, or that have other fractions; a few of them."""
    found = [f"- {line}" for line in _extra(one, other)] + [f"+ {line}" for line in _extra(other, one)]
    if not found:
        found = [
            f"{line}: {ours} != {theirs}"
            for (line, ours), (_, theirs) in zip(one, other, strict=True)
            if not all(math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) for a, b in zip(ours, theirs, strict=True))
        ]
    return found[:10]


def _extra(one: Whole, other: Whole) -> list[str]:
    return list((Counter(line for line, _ in one) - Counter(line for line, _ in other)).elements())


def _apart(line: list[Any]) -> tuple[str, list[float]]:
    """The line without its fractions, and these."""
    fractions: list[float] = []

    def without(value: Any) -> Any:
        if isinstance(value, float):
            fractions.append(value)
            return "fraction"
        if isinstance(value, list):
            return [without(each) for each in value]
        if isinstance(value, dict):
            return {name: without(each) for name, each in value.items() if name not in HISTORY}
        return value

    return json.dumps(without(line)), fractions
