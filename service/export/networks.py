"""A run as one network, for programs that read GraphML or networkx's node-link JSON, such as networkx itself.

A node is called by its id in the graph and has its label as `kind`; an edge has its type as `type`. Networks are
written as they are read, whatever their size; programs that read them hold them in memory.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal, NamedTuple
from xml.sax.saxutils import escape

from cypher.bulk.columns import OF_INSTANCES, TABLES, ColumnType, rows_of, run_rows
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


Row = Sequence[Any]
"""Values of a table's columns, in their order."""
Scope = Literal["node", "edge"]


class Part(NamedTuple):
    """A node or edge that each row of a table makes: where its values are in the row."""

    scope: Scope
    kind: str  # its label or type
    ends: tuple[int, ...]  # its id, or the ids of the nodes that it leads from and to
    properties: tuple[tuple[str, ColumnType, int], ...]


def _parts(table: str) -> Iterator[Part]:
    kind, columns = KINDS[table], TABLES[table]
    place = {name: index for index, name in enumerate(columns)}
    elsewhere = {kind.id, *(name for edge in kind.edges for name in (edge.source, edge.target, *edge.properties))}

    def properties(names: Sequence[str]) -> tuple[tuple[str, ColumnType, int], ...]:
        return tuple((name, columns[name], place[name]) for name in names)

    if kind.label is not None:
        own = [name for name in columns if name not in elsewhere]
        yield Part("node", kind.label, (place[kind.id],), properties(own))
    for edge in kind.edges:
        own = [name for name in edge.properties if name not in (edge.source, edge.target)]
        yield Part("edge", edge.type, (place[edge.source], place[edge.target]), properties(own))


PARTS: dict[str, tuple[Part, ...]] = {table: tuple(_parts(table)) for table in KINDS}

GRAPHML_TYPES: dict[ColumnType, str] = {"long": "long", "double": "double", "boolean": "boolean"}
"""Of columns; all others are strings."""


def write_graphml(store: Store, run: StoredRun, stream: BinaryIO, advance: Callable[[], None]) -> None:
    """GraphML; it has no lists, so that they are JSON text in it, and what XML lacks is escaped as in JSON."""
    keys: dict[tuple[Scope, str, str], str] = {}
    for part in chain.from_iterable(PARTS.values()):
        names = [(_NAMES[part.scope], "string"), *((name, _graphml_type(kind)) for name, kind, _ in part.properties)]
        for name, kind in names:
            keys.setdefault((part.scope, name, kind), f"d{len(keys)}")
    stream.write(
        b"<?xml version='1.0' encoding='utf-8'?>\n"
        b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
        b'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
    )
    for (scope, name, kind), key in keys.items():
        stream.write(f'<key id="{key}" for="{scope}" attr.name="{name}" attr.type="{kind}"/>\n'.encode())
    stream.write(b'<graph edgedefault="directed">\n')
    numbers = count()
    writers = {table: [_graphml_element(part, keys, numbers) for part in parts] for table, parts in PARTS.items()}
    for table, rows in _tables(store, run, advance):
        for write in writers[table]:
            stream.write("".join(map(write, rows)).encode())
    stream.write(b"</graph>\n</graphml>\n")


def _graphml_element(
    part: Part, keys: dict[tuple[Scope, str, str], str], numbers: Iterator[int]
) -> Callable[[Row], str]:
    """What makes the element of a row."""
    kind = f'<data key="{keys[part.scope, _NAMES[part.scope], "string"]}">{part.kind}</data>'
    fields = [
        (index, f'<data key="{keys[part.scope, name, _graphml_type(type_)]}">', _graphml_value(type_))
        for name, type_, index in part.properties
    ]

    def data(row: Row) -> str:
        return "".join(
            f"{opening}{plain(row[index])}</data>" for index, opening, plain in fields if row[index] is not None
        )

    def node(row: Row) -> str:
        return f'<node id="{_quoted(row[part.ends[0]])}">{kind}{data(row)}</node>\n'

    def edge(row: Row) -> str:
        source, target = part.ends
        ends = f'source="{_quoted(row[source])}" target="{_quoted(row[target])}" id="{next(numbers)}"'
        return f"<edge {ends}>{kind}{data(row)}</edge>\n"

    return node if part.scope == "node" else edge


def _graphml_type(kind: ColumnType) -> str:
    return GRAPHML_TYPES.get(kind, "string")


def _graphml_value(kind: ColumnType) -> Callable[[Any], str]:
    """What makes the text of a column's values."""
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind in ("long", "double"):
        return repr
    if kind.endswith("[]"):
        return lambda value: escape(ESCAPED.sub(_escape, json.dumps(_plain(value), ensure_ascii=False)))
    return lambda value: escape(ESCAPED_IN_TEXT.sub(_escape, _plain(value)))


def _quoted(text: str) -> str:
    """An attribute's value; ids hold nothing that XML lacks."""
    return escape(text, {'"': "&quot;"})


def write_node_link(store: Store, run: StoredRun, stream: BinaryIO, advance: Callable[[], None]) -> None:
    """networkx's node-link JSON. All nodes come before the edges, which wait in a temporary file."""
    stream.write(b'{"directed": true, "multigraph": true, "graph": {}, "nodes": [')
    numbers, before = count(), {"node": b"", "edge": b""}
    with TemporaryFile() as edges:
        to: dict[Scope, Any] = {"node": stream, "edge": edges}
        for table, rows in _tables(store, run, advance):
            for part in PARTS[table]:
                text = ", ".join(json.dumps(_node_link(part, row, numbers), ensure_ascii=False) for row in rows)
                to[part.scope].write(before[part.scope] + text.encode())
                before[part.scope] = b", "
        stream.write(b'], "edges": [')
        edges.seek(0)
        shutil.copyfileobj(edges, stream)
    stream.write(b"]}")


def _node_link(part: Part, row: Row, numbers: Iterator[int]) -> dict[str, Any]:
    own = {name: _plain(row[index]) for name, _, index in part.properties if row[index] is not None}
    if part.scope == "node":
        return {"kind": part.kind, **own, "id": row[part.ends[0]]}
    source, target = part.ends
    return {"type": part.kind, **own, "source": row[source], "target": row[target], "key": next(numbers)}


_NAMES: dict[Scope, str] = {"node": "kind", "edge": "type"}
"""What the label of a node and the type of an edge are called."""


def _tables(store: Store, run: StoredRun, advance: Callable[[], None]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Rows of every table; none is empty."""
    for table, columns in TABLES.items():
        if table not in OF_INSTANCES and (rows := run_rows(store, run.id, table)):
            yield table, [[row.get(name) for name in columns] for row in rows]
    for instances in store.instances(run.id):
        yield from rows_of(instances).items()
        for _ in instances:
            advance()


def _plain(value: Any) -> Any:
    """A value of the graph as one of JSON."""
    if isinstance(value, tuple):
        return list(value)
    return value.iso_format() if hasattr(value, "iso_format") else value


def _escape(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"
