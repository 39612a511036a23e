"""What a query can answer besides numbers and texts, such as nodes, paths and times: as JSON and as text."""

import json
import math
from collections.abc import Mapping
from typing import Any

from neo4j.graph import Node, Path, Relationship
from neo4j.spatial import Point
from neo4j.time import Date, DateTime, Duration, Time

SMALL, LARGE = 0.0005, 1e6
"""Between these, a number is told with three decimals."""


def plain(value: Any) -> Any:
    """The value as JSON has it: unrounded; NaN and infinities, which JSON lacks, as null.

    A node is its labels and properties, a relationship its type and properties, a path its nodes and relationships; a
    time is ISO 8601 text, bytes are hex digits.
    """
    match value:
        case Node():
            return {"labels": sorted(value.labels), "properties": plain(_properties(value))}
        case Relationship():
            return {"type": value.type, "properties": plain(_properties(value))}
        case Path():
            return {"nodes": plain(value.nodes), "relationships": plain(value.relationships)}
        case Point():
            return {"srid": value.srid, "coordinates": list(value)}
        case Date() | DateTime() | Duration() | Time():
            return value.iso_format()
        case bytes() | bytearray():
            return value.hex()
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {name: plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value


def is_finite(value: Any) -> bool:
    """Is there neither NaN nor an infinity in it, at any depth?"""
    match value:
        case float():
            return math.isfinite(value)
        case Mapping() | Node() | Relationship():
            return all(map(is_finite, value.values()))
        case Path():
            return all(map(is_finite, (*value.nodes, *value.relationships)))
        case Duration():  # a tuple too
            return True
        case list() | tuple():
            return all(map(is_finite, value))
        case _:
            return True


def column_value(value: Any) -> Any:
    """The value as a column of a table file can have it: dates and times of day as Python's, all else as `plain`."""
    match value:
        case Date() | DateTime():
            return value.to_native()
        case bytes() | bytearray():
            return bytes(value)
        case float():
            return value
        case list():
            return [column_value(each) for each in value]
        case _:
            return plain(value)


def shown(value: Any) -> str:
    """The value for people, as Cypher writes it; numbers are rounded."""
    match value:
        case str():
            return value
        case None:
            return "–"
        case float():
            return rounded(value)
        case _:
            return _literal(value)


def rounded(value: float) -> str:
    """Three decimals, or three digits where the number is very small or large."""
    if value == 0 or SMALL <= abs(value) < LARGE or not math.isfinite(value):
        return f"{value:.3f}"
    return f"{value:.3g}"


def _literal(value: Any) -> str:
    match value:
        case Node():
            return f"({_named(value.labels, value)})"
        case Relationship():
            return f"[{_named([value.type], value)}]"
        case Path():
            return _path(value)
        case Point():
            return f"point({', '.join(map(rounded, value))})"
        case Duration():  # a tuple too
            return value.iso_format()
        case None:
            return "null"
        case float():
            return rounded(value)
        case Mapping():
            return f"{{{', '.join(f'{name}: {_literal(each)}' for name, each in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_literal, value))}]"
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(plain(value))


def _path(path: Path) -> str:
    parts = [_literal(path.nodes[0])]
    for before, relationship, after in zip(path.nodes, path.relationships, path.nodes[1:], strict=False):
        arrow = f"-{_literal(relationship)}-"
        parts += [f"{arrow}>" if relationship.start_node == before else f"<{arrow}", _literal(after)]
    return "".join(parts)


def _named(kinds: Any, entity: Node | Relationship) -> str:
    kind = "".join(f":{name}" for name in sorted(kinds))
    return " ".join(part for part in (kind, _literal(_properties(entity)) if len(entity) else "") if part)


def _properties(entity: Node | Relationship) -> dict[str, Any]:
    return dict(sorted(entity.items()))
