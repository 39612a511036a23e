"""Queries of the user's own, in Cypher."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any

from cypher.errors import InvalidInput
from cypher.queries import sandbox
from cypher.store.store import Store
from cypher.store.table import Table
from service.tables.text import columns_not_finite

LARGEST = 2**63 - 1
"""Of Neo4j's integers."""
DEEPEST = 50
"""Lists within lists of a parameter: to hundreds of them, Neo4j gives no answer."""


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
    check_text("query", "the query", cypher)
    for name, value in parameters.items():
        check_parameter(name, value)
    return sandbox.run_query(store, cypher, parameters, seconds=seconds, rows=rows)


def notices_of(table: Table, *, as_json: bool = True) -> Iterator[str]:
    """What a reader of an answer should know.

    Args:
        as_json: is it read as JSON, which lacks numbers that are not finite?
    """
    if as_json and (columns := columns_not_finite(table)):
        yield f"{', '.join(columns)}: NaN or infinity, which JSON lacks; null stands for them"
    yield from table.unknown


def check_parameter(name: str, value: Any, depth: int = 0) -> None:
    """Can Neo4j take this value?

    Raises:
        InvalidInput: it holds an integer beyond 64 bits, a text that is no Unicode, an object that is no value, or
            lists in lists without end.
    """
    if depth > DEEPEST:
        problem = f"{name} has lists or dictionaries within each other, deeper than {DEEPEST}"
        raise InvalidInput("param", problem, "Give a flatter value.")
    match value:
        case int() if not -LARGEST - 1 <= value <= LARGEST:
            raise InvalidInput("param", f"{name} is beyond the 64 bits of Neo4j's integers", "Give a smaller number.")
        case str():
            check_text("param", name, value)
        case list() | tuple():
            for each in value:
                check_parameter(name, each, depth + 1)
        case Mapping():
            for key, each in value.items():
                if not isinstance(key, str):
                    problem = f"{name} has {key!r} as a name, which is no text"
                    raise InvalidInput("param", problem, "Give every value in a dictionary a name.")
                check_text("param", f"a name in {name}", key)
                check_parameter(name, each, depth + 1)
        case None | bool() | int() | float() | bytes() | bytearray() | date() | time() | timedelta():
            pass
        case _ if type(value).__module__.partition(".")[0] not in ("neo4j", "numpy", "pandas"):  # the driver's to take
            problem = f"{name} is a {type(value).__name__}, which is no value of Neo4j's"
            raise InvalidInput("param", problem, "Give a number, a text, a list or a dictionary.")


def check_text(field: str, what: str, text: str) -> None:
    """Is it Unicode? JSON and Python can write halves of characters (surrogates), which UTF-8 has no bytes for.

    Raises:
        InvalidInput: it is not.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ascii(text[error.start])[1:-1]
        problem = f"{what} holds {half}, which is half of a character or a byte that is not UTF-8"
        raise InvalidInput(field, problem, "Write the whole character.") from None
