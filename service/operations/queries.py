"""Queries of the user's own, in Cypher."""

from collections.abc import Mapping
from typing import Any

from cypher.errors import InvalidInput
from cypher.queries import sandbox
from cypher.store.store import Store
from cypher.store.table import Table

LARGEST = 2**63 - 1
"""Of Neo4j's integers."""


def ask(store: Store, cypher: str, parameters: Mapping[str, Any], *, seconds: float = 30.0, rows: int = 1000) -> Table:
    """The answer of a query that only reads; `cut` where there are more rows.

    Args:
        parameters: JSON values by name.
        seconds: after which the server gives up.
        rows: the most to fetch.

    Raises:
        InvalidQuery: Neo4j finds a mistake in it.
        RequestError: it does more than read the graph, or a parameter is missing or out of range.
        QueryLimitExceeded: it needs more time or memory than it may take.
        ServerError: the graph cannot be read.
    """
    for name, value in parameters.items():
        check_parameter(name, value)
    return sandbox.run_query(store, cypher, parameters, seconds=seconds, rows=rows)


def check_parameter(name: str, value: Any) -> None:
    """Do the integers in a JSON value fit into Neo4j's 64 bits?

    Raises:
        InvalidInput: one does not.
    """
    match value:
        case int() if not -LARGEST - 1 <= value <= LARGEST:
            raise InvalidInput("param", f"{name} is beyond the 64 bits of Neo4j's integers", "Give a smaller number.")
        case list():
            for each in value:
                check_parameter(name, each)
        case Mapping():
            for each in value.values():
                check_parameter(name, each)
