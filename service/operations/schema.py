"""What the graph holds: labels, relationship types and properties, as every run has them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cypher.bulk.columns import ColumnType
from cypher.bulk.csv_files import FILES

BRIEF = Path(__file__).with_name("schema.md")


@dataclass(frozen=True, slots=True)
class Property:
    """A property of nodes or relationships, each of which may lack it."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class NodeKind:
    """Nodes of a label."""

    label: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class RelationshipKind:
    """Relationships of a type."""

    type: str
    source: str  # label
    target: str  # label
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """All kinds of nodes and relationships, and what they mean."""

    nodes: tuple[NodeKind, ...]
    relationships: tuple[RelationshipKind, ...]
    brief: str  # Markdown: what things mean, and example queries


@cache
def describe_schema() -> GraphSchema:
    """The schema of every graph of this version."""
    nodes, relationships = [], []
    for file in FILES.values():
        properties = tuple(Property(name, kind) for name, kind in file.columns.items())
        if file.ends is None:
            nodes.append(NodeKind(file.type, properties))
        else:
            relationships.append(RelationshipKind(file.type, *file.ends, properties))
    return GraphSchema(tuple(nodes), tuple(relationships), BRIEF.read_text(encoding="utf-8"))
