"""Cypher statements, each beside the module that owns it, run in a transaction by its path without the suffix."""

from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

from neo4j import ManagedTransaction, Result

STATEMENTS = Path(__file__).parents[1]


@cache
def statement(name: str) -> LiteralString:
    """A statement's text."""
    return cast(LiteralString, (STATEMENTS / f"{name}.cypher").read_text())


class _Rows(list[Any]):
    """Rows of a parameter. The driver makes the text of all parameters for its log, even where none is kept, which
    would take a third of its time.
    """

    def __repr__(self) -> str:
        return f"<{len(self)} rows>"


def execute(tx: ManagedTransaction, name: str, /, **parameters: Any) -> None:
    """Run a statement to its end."""
    _run(tx, name, parameters).consume()


def fetch_all(tx: ManagedTransaction, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """All that a statement answers."""
    return _run(tx, name, parameters).data()


def fetch_plain(tx: ManagedTransaction, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """All that a statement answers, which must hold no nodes and relationships: `fetch_all` looks for them in every
    value, which takes most of the time where rows are large.
    """
    return [dict(record.items()) for record in _run(tx, name, parameters)]


def fetch_first(tx: ManagedTransaction, name: str, /, **parameters: Any) -> dict[str, Any] | None:
    """The first row that a statement answers; None where there is none."""
    found = fetch_all(tx, name, **parameters)
    return found[0] if found else None


def _run(tx: ManagedTransaction, name: str, parameters: dict[str, Any]) -> Result:
    rows = {key: _Rows(value) if isinstance(value, list) else value for key, value in parameters.items()}
    return tx.run(statement(name), rows)
