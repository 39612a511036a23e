"""A table as JSON that keeps every value as the graph gave it, for programs that read it back.

Nulls, truths, texts, lists and numbers are JSON's own. What JSON lacks is an object {"$type": …, "_value": …}, with the
types of Neo4j's typed JSON: numbers that are not finite, bytes, maps, times, points, nodes, relationships and paths.
"""

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytz  # of the driver, which gives time zones of it
from neo4j.graph import Graph, Node, Path, Relationship
from neo4j.spatial import CartesianPoint, Point, WGS84Point
from neo4j.time import Date, DateTime, Duration, Time

TYPE, VALUE = "$type", "_value"
ZONE = "_zone"
"""The name of a moment's time zone, beside its offset from UTC."""
POINTS: Mapping[int, type[Point]] = {7203: CartesianPoint, 9157: CartesianPoint, 4326: WGS84Point, 4979: WGS84Point}
"""By the number of the coordinate system."""


def encode(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Node():
            return _tagged("Node", _node(value))
        case Relationship():
            return _tagged("Relationship", _relationship(value))
        case Path():
            parts = {"_nodes": list(map(_node, value.nodes)), "_relationships": list(map(_relationship, value))}
            return _tagged("Path", parts)
        case Point():
            return _tagged("Point", {"_srid": value.srid, "_coordinates": list(map(encode, value))})
        case DateTime():
            zone = getattr(value.tzinfo, "zone", None)  # where it has a name, and not just an offset
            return _tagged("DateTime", value.iso_format()) | ({} if zone is None else {ZONE: zone})
        case Date() | Duration() | Time():
            return _tagged(type(value).__name__, value.iso_format())
        case bytes() | bytearray():
            return _tagged("Base64", base64.b64encode(value).decode())
        case float() if not math.isfinite(value):
            return _tagged("Float", str(value))
        case Mapping():
            return _tagged("Map", _properties(value))
        case list() | tuple():
            return list(map(encode, value))
        case _:
            return value


class Decoder:
    """Makes values of what `encode` made of them; nodes of one decoder are of one graph, as those of one answer are."""

    def __init__(self) -> None:
        self._graph = Graph()
        self._nodes: dict[str, Node] = {}
        self._decoders: Mapping[str, Callable[[Any], Any]] = {
            "Node": self._node,
            "Relationship": self._relationship,
            "Path": self._path,
            "Point": self._point,
            "DateTime": DateTime.from_iso_format,
            "Date": Date.from_iso_format,
            "Duration": Duration.from_iso_format,
            "Time": Time.from_iso_format,
            "Base64": base64.b64decode,
            "Float": float,
            "Map": self._map,
        }

    def decode(self, value: Any) -> Any:
        """The value that this was made of.

        Raises:
            KeyError, TypeError, ValueError: `encode` made no such thing.
        """
        if isinstance(value, list):
            return list(map(self.decode, value))
        if not isinstance(value, dict):
            return value
        decoded = self._decoders[value[TYPE]](value[VALUE])
        return decoded.astimezone(pytz.timezone(value[ZONE])) if ZONE in value else decoded

    def _map(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: self.decode(each) for name, each in values.items()}

    def _node(self, values: dict[str, Any]) -> Node:
        name, properties = values["_element_id"], self._map(values["_properties"])
        return self._nodes.setdefault(name, Node(self._graph, name, -1, values["_labels"], properties))

    def _relationship(self, values: dict[str, Any]) -> Relationship:
        kind = self._graph.relationship_type(values["_type"])
        relationship = kind(self._graph, values["_element_id"], -1, self._map(values["_properties"]))
        relationship._start_node = self._end(values["_start"])  # as the driver sets them
        relationship._end_node = self._end(values["_end"])
        return relationship

    def _end(self, name: str) -> Node:
        """A node of which a relationship alone tells no more than that there is one."""
        return self._nodes.get(name) or Node(self._graph, name, -1)

    def _path(self, values: dict[str, Any]) -> Path:
        first, *_ = map(self._node, values["_nodes"])
        return Path(first, *map(self._relationship, values["_relationships"]))

    def _point(self, values: dict[str, Any]) -> Point:
        return POINTS[values["_srid"]](map(self.decode, values["_coordinates"]))


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {TYPE: kind, VALUE: value}


def _properties(values: Any) -> dict[str, Any]:
    return {name: encode(each) for name, each in values.items()}


def _node(node: Node) -> dict[str, Any]:
    return {"_element_id": node.element_id, "_labels": sorted(node.labels), "_properties": _properties(node)}


def _relationship(relationship: Relationship) -> dict[str, Any]:
    start, end = (None if node is None else node.element_id for node in relationship.nodes)
    return {
        "_element_id": relationship.element_id,
        "_type": relationship.type,
        "_start": start,
        "_end": end,
        "_properties": _properties(relationship),
    }
