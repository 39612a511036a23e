"""The statements of `read/` and `write/`, run in a transaction by their names: paths without the suffix."""

from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

from neo4j import ManagedTransaction

STATEMENTS = Path(__file__).parent


@cache
def statement(name: str) -> LiteralString:
    """A statement's text."""
    return cast(LiteralString, (STATEMENTS / f"{name}.cypher").read_text())


def do(tx: ManagedTransaction, name: str, /, **parameters: Any) -> None:
    """Run a statement to its end."""
    tx.run(statement(name), parameters).consume()


def answers(tx: ManagedTransaction, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """All that a statement answers."""
    return tx.run(statement(name), parameters).data()


def first(tx: ManagedTransaction, name: str, /, **parameters: Any) -> dict[str, Any] | None:
    """The first row that a statement answers; None where there is none."""
    found = answers(tx, name, **parameters)
    return found[0] if found else None
