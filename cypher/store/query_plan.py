"""What a server says that a query would do, before it does it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RENDERING = "string-representation"
"""The argument that holds the whole plan once more, as a drawing."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of a plan."""

    name: str  # such as Expand(All)
    database: str  # in which it works
    arguments: tuple[str, ...]  # its expressions, as the server writes them


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A query's plan, its operators in no order."""

    kind: str | None  # r, w, rw or s: reads, writes, both, or schema and administration
    database: str | None  # of the session
    operators: tuple[Operator, ...]
    unknown: tuple[str, ...] = ()  # sentences on labels, types and properties that the graph does not have


def operators(tree: dict[str, Any]) -> Iterator[Operator]:
    """The operators of a plan as the driver has it: its root, and all below."""
    name, _, database = tree["operatorType"].partition("@")
    arguments = tree.get("args", {})
    yield Operator(
        name, database, tuple(text for key, text in arguments.items() if key != RENDERING and isinstance(text, str))
    )
    for child in tree.get("children", ()):
        yield from operators(child)
