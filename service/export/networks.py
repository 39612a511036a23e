"""A run as one network, for programs that read GraphML or networkx's node-link JSON.

A node is called by its id in the graph and has its label as `kind`; an edge has its type as `type`. The whole network
is held in memory, as such programs do too.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx

from cypher.bulk.columns import OF_INSTANCES, TABLES, rows_of, run_rows
from cypher.store.runs import StoredRun
from cypher.store.store import Store

LACKING = r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""Characters that XML 1.0 lacks, and the carriage return, which its readers turn into a new line."""

ESCAPED = re.compile(LACKING)
ESCAPED_IN_TEXT = re.compile(LACKING + r"|\\(?=u(?:00[01]|005c|fff[ef]))")
"""With the backslash of what would be taken for such a character."""


class Edge(NamedTuple):
    """An edge that each row of a table is, or has beside its node: the columns that hold its ends and properties."""

    type: str
    source: str
    target: str
    properties: tuple[str, ...] = ()


class Kind(NamedTuple):
    """What the rows of a table are in the network."""

    label: str | None  # of the node; None where a row is nothing but an edge
    edges: tuple[Edge, ...] = ()
    id: str = "id"  # column


KINDS = {
    "models": Kind("Model", id="fingerprint"),
    "runs": Kind("Run", (Edge("USES", "id", "model"),)),
    "chunks": Kind("Chunk", (Edge("HAS_CHUNK", "run", "id"),)),
    "cases": Kind("Case", (Edge("HAS_CASE", "run", "id"),)),
    "sites": Kind("Site", (Edge("HAS_SITE", "case", "id"),)),
    "routes": Kind("Route", (Edge("HAS_ROUTE", "case", "id"),)),
    "instances": Kind("Instance", (Edge("OF", "id", "case"), Edge("HOLDS", "chunk", "id", ("order",)))),
    "activations": Kind("Activation", (Edge("HAS", "instance", "id"),)),
    "patterns": Kind("Pattern", (Edge("HAS_PATTERN", "instance", "id"),)),
    "traffic": Kind(None, (Edge("TRAFFIC", "source", "target", tuple(TABLES["traffic"])),)),
    "flows": Kind(None, (Edge("FLOWS", "source", "target", tuple(TABLES["flows"])),)),
    "steps": Kind(None, (Edge("STEP", "pattern", "activation", tuple(TABLES["steps"])),)),
}


def write_graphml(store: Store, run: StoredRun, path: Path, advance: Callable[[], None]) -> None:
    """GraphML; it has no lists, so that they are JSON text in it, and what XML lacks is escaped as in JSON."""
    nx.write_graphml(read_network(store, run, advance, _of_graphml), path)


def write_node_link(store: Store, run: StoredRun, path: Path, advance: Callable[[], None]) -> None:
    """networkx's node-link JSON."""
    network = read_network(store, run, advance, _of_json)
    with path.open("w", encoding="utf-8") as file:
        json.dump(nx.node_link_data(network, edges="edges"), file, ensure_ascii=False)


def read_network(
    store: Store, run: StoredRun, advance: Callable[[], None], plain: Callable[[Any], Any]
) -> nx.MultiDiGraph:
    """The nodes and edges of a run.

    Args:
        plain: a value of the graph as the network is to have it.
    """
    network = nx.MultiDiGraph()
    for table, row in _rows(store, run, advance):
        kind = KINDS[table]
        values = {name: plain(value) for name, value in row.items() if value is not None}
        elsewhere = {kind.id, *(name for edge in kind.edges for name in (edge.source, edge.target, *edge.properties))}
        if kind.label is not None:
            own = {name: value for name, value in values.items() if name not in elsewhere}
            network.add_node(values[kind.id], kind=kind.label, **own)
        for edge in kind.edges:
            own = {name: values[name] for name in edge.properties if name in values}
            ends = (own.pop(name, values[name]) for name in (edge.source, edge.target))
            network.add_edge(*ends, type=edge.type, **own)
    return network


def _rows(store: Store, run: StoredRun, advance: Callable[[], None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table, with the table's name."""
    for table in TABLES:
        if table not in OF_INSTANCES:
            yield from ((table, row) for row in run_rows(store, run.id, table))
    for instances in store.instances(run.id):
        for table, rows in rows_of(instances).items():
            yield from ((table, dict(zip(TABLES[table], row, strict=True))) for row in rows)
        for _ in instances:
            advance()


def _of_json(value: Any) -> Any:
    """A value of the graph as one of JSON."""
    if isinstance(value, tuple | list):
        return list(value)
    return value.iso_format() if hasattr(value, "iso_format") else value


def _of_graphml(value: Any) -> Any:
    """A value of the graph as one of GraphML."""
    value = _of_json(value)
    if isinstance(value, list):
        return ESCAPED.sub(_escape, json.dumps(value, ensure_ascii=False))
    return ESCAPED_IN_TEXT.sub(_escape, value) if isinstance(value, str) else value


def _escape(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"
