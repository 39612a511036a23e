"""A run as tables of plain columns, with ids to join them: what exports and the bulk load make of the records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cypher.store.database import Database
from cypher.store.records import (
    ActivationRecord,
    CaseRecord,
    InstanceRecord,
    ModelRecord,
    PatternRecord,
    RouteRecord,
    RunRecord,
    SiteRecord,
    TrafficRecord,
)
from cypher.store.rows import StoredInstance

ColumnType = Literal["string", "long", "double", "boolean", "datetime", "string[]", "long[]", "double[]"]
"""Of a column's values, each of which may be missing; as Neo4j's importer calls them."""

_KINDS: dict[Any, ColumnType] = {str: "string", int: "long", float: "double", bool: "boolean"}
_LISTS: dict[Any, ColumnType] = {str: "string[]", int: "long[]", float: "double[]"}


def columns_of(record: type, *left_out: str) -> dict[str, ColumnType]:
    """The columns that a record's fields make."""
    return {name: _kind(hint) for name, hint in get_type_hints(record).items() if name not in left_out}


def _kind(hint: Any) -> ColumnType:
    if get_origin(hint) is Literal:
        return "string"
    if NoneType in get_args(hint):
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    return _LISTS[get_args(hint)[0]] if get_origin(hint) is tuple else _KINDS[hint]


TABLES: dict[str, dict[str, ColumnType]] = {
    "models": columns_of(ModelRecord),
    "runs": {
        **columns_of(RunRecord),
        "status": "string",
        "created_at": "datetime",
        "finished_at": "datetime",
        "instances": "long",
        "correct": "long",
        "chunks": "long",
        "source": "string",
        "dtype": "string",
        "device": "string",
        "priority": "long",
        "sentences": "long",
        "error": "string",
        "submitted_at": "datetime",
    },
    "chunks": {
        "id": "string",
        "run": "string",
        "index": "long",
        "status": "string",
        "attempts": "long",
        "instances": "long",
        "seconds": "double",
        "length": "long",
        "worker": "string",
        "error": "string",
    },
    "cases": {"run": "string", **columns_of(CaseRecord)},
    "sites": columns_of(SiteRecord, "fallback"),
    "traffic": columns_of(TrafficRecord),
    "routes": columns_of(RouteRecord),
    "instances": {
        "chunk": "string",
        "order": "long",
        **columns_of(InstanceRecord, "activations", "flows", "patterns"),
    },
    "activations": {"instance": "string", **columns_of(ActivationRecord)},
    "flows": {"source": "string", "target": "string", "component": "long", "influence": "double"},
    "patterns": {"instance": "string", **columns_of(PatternRecord, "steps")},
    "steps": {"pattern": "string", "activation": "string", "order": "long", "component": "long"},
}
"""The columns of every table, by name. What ends in an id of another table is named after it."""

OF_INSTANCES = ("instances", "activations", "flows", "patterns", "steps")
"""The large tables; all others are a run's own."""


def run_rows(database: Database, run: str, table: str) -> list[dict[str, Any]]:
    """The rows of a run in one of its small tables.

    Args:
        run: id.
    """
    return [row["row"] for row in database.read(f"bulk/tables/{table}", run=run)]


def rows_of(instances: Iterable[StoredInstance]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that instances make in the large tables."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for stored in instances:
        for table, row in _rows_of(*stored):
            rows[table].append(row)
    return rows


def _rows_of(chunk: str, order: int, instance: InstanceRecord) -> Iterator[tuple[str, tuple[Any, ...]]]:
    yield "instances", (chunk, order, *_values(instance, "instances")[2:])
    ids = [activation.id for activation in instance.activations]
    for activation in instance.activations:
        yield "activations", (instance.id, *activation)
    for flow in instance.flows:
        yield "flows", (ids[flow.source], ids[flow.target], flow.component, flow.influence)
    for pattern in instance.patterns:
        yield "patterns", (instance.id, *_values(pattern, "patterns")[1:])
        for step in pattern.steps:
            yield "steps", (pattern.id, ids[step.activation], step.order, step.component)


def _values(record: Any, table: str) -> list[Any]:
    return [getattr(record, name, None) for name in TABLES[table]]
