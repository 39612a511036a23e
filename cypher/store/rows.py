"""Records as the statements take them, and back from what statements answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

from cypher.store.records import ActivationRecord, FlowRecord, InstanceRecord, PatternRecord, StepRecord

NESTED = ("activations", "flows", "patterns", "steps")
"""Fields of records that are no properties of nodes."""


class StoredInstance(NamedTuple):
    """An instance as a chunk of a run holds it."""

    chunk: str  # id
    order: int  # its place in the run's input
    instance: InstanceRecord


def stored_instance(row: dict[str, Any], flows: Iterable[dict[str, Any]]) -> StoredInstance:
    """An instance from its row of read/instances, and its rows of read/flows."""
    return StoredInstance(row["chunk"], row["order"], _instance(row, flows))


def instance_row(row: InstanceRecord, staging: str | None = None) -> dict[str, Any]:
    """An instance as `write/instances` takes it.

    Args:
        staging: id of what holds its activations and flows already.
    """
    return {
        "properties": properties(row, "case", *NESTED),
        "staging": staging,
        "activations": activation_columns(row.activations if staging is None else ()),
        "flows": flow_columns(row.flows if staging is None else ()),
        "patterns": [
            {"properties": properties(pattern, *NESTED), "steps": _columns(StepRecord, pattern.steps)}
            for pattern in row.patterns
        ],
    }


def activation_columns(rows: Sequence[ActivationRecord]) -> dict[str, Sequence[Any]]:
    """Activations as the statements take them."""
    return _columns(ActivationRecord, rows)


def flow_columns(rows: Sequence[FlowRecord]) -> dict[str, Sequence[Any]]:
    """Flows as the statements take them."""
    return _columns(FlowRecord, rows)


def _columns(kind: type[NamedTuple], rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    return dict(zip(kind._fields, zip(*rows, strict=True) if rows else repeat(()), strict=False))


def _instance(row: dict[str, Any], flows: Iterable[dict[str, Any]]) -> InstanceRecord:
    activations = tuple(ActivationRecord(*each) for each in row["activations"])
    index = {(each.layer, each.position): number for number, each in enumerate(activations)}
    patterns = [
        PatternRecord(
            **_fields(PatternRecord, pattern["properties"]),
            steps=tuple(StepRecord(index[layer, position], *step) for layer, position, *step in pattern["steps"]),
        )
        for pattern in row["patterns"]
    ]
    return InstanceRecord(
        **_fields(InstanceRecord, row["properties"] | {"case": row["case"]}),
        activations=activations,
        flows=tuple(
            FlowRecord(index[layer["layer"], source], index[layer["layer"] + 1, target], component, influence)
            for layer in flows
            for source, target, component, influence in _transposed(layer, "source", "target", "component", "influence")
        ),
        patterns=tuple(patterns),
    )


def _transposed(row: dict[str, Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Columns of equal lengths as rows."""
    return zip(*(row[column] for column in columns), strict=True)


def _fields(kind: type, properties: dict[str, Any]) -> dict[str, Any]:
    """A node's properties as a record's fields, those that it has none of being None."""
    values = {name: properties.get(name) for name in _names(kind) if name not in NESTED}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def properties(row: Any, *left_out: str) -> dict[str, Any]:
    """A record's fields as a map, not copied any deeper."""
    names, values = _getter(type(row), left_out)
    return dict(zip(names, values(row), strict=True))


@cache
def _getter(kind: type, left_out: tuple[str, ...]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a record's fields, and what gets their values."""
    names = tuple(name for name in _names(kind) if name not in left_out)
    return names, attrgetter(*names)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
