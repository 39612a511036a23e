"""The schema of a database: which version it has, and how it is migrated to the newest.

`schema.cypher` has a section for each version. A database at version n is migrated by the sections after n, in order;
every statement can be run twice, so that programs that migrate at once, or one that was killed, do no harm.
"""

import re
from typing import LiteralString, cast

from neo4j import ManagedTransaction, Session
from neo4j.exceptions import ClientError

from cypher.errors import Conflict
from cypher.store.database import Database
from cypher.store.statements import STATEMENTS

SECTION = re.compile(r"^// -+ version (\d+)\b.*$", re.MULTILINE)
SCHEMA = (STATEMENTS / "store/schema.cypher").read_text()


def sections_of(schema: str) -> dict[int, list[str]]:
    """The statements of each version of a schema."""
    _, *parts = SECTION.split(schema)
    versions = map(int, parts[::2])
    bodies = (re.sub(r"^//.*$", "", part, flags=re.MULTILINE) for part in parts[1::2])
    return {
        version: [text.strip() for text in body.split(";") if text.strip()]
        for version, body in zip(versions, bodies, strict=True)
    }


CURRENT = max(sections_of(SCHEMA))
"""The version that this package reads and writes."""


def check_version(database: Database) -> int:
    """The version that the database has, 0 where it is empty.

    Raises:
        Conflict: it has another version than this package.
    """
    version = _version(database)
    if version > CURRENT:
        raise _too_new(version, CURRENT)
    if 0 < version < CURRENT:
        raise Conflict(
            "schema",
            f"the graph has schema version {version}, and this version of influence-graph needs {CURRENT}",
            "Migrate it, as every program that writes to the graph does.",
        )
    return version


def migrate(database: Database, schema: str = SCHEMA) -> None:
    """Apply the sections of a schema that the database does not have yet.

    Raises:
        Conflict: the database has a later version than the schema.
    """
    sections, version = sections_of(schema), _version(database)
    if version > max(sections):
        raise _too_new(version, max(sections))
    with database.session() as session:
        for number in sorted(sections):
            if number > version:
                for statement in sections[number]:
                    _apply(session, statement)


def _version(database: Database) -> int:
    (row,) = database.read("store/read/schema")
    return row["version"]


def _too_new(version: int, known: int) -> Conflict:
    return Conflict(
        "graph",
        f"the graph has schema version {version}, and this version of influence-graph knows {known}",
        "Use the newer influence-graph that made it.",
    )


def _apply(session: Session, statement: str) -> None:
    """A statement of the schema; two programs that apply it at once apply it once."""
    if "IN TRANSACTIONS" in statement:  # which opens its own
        session.run(cast(LiteralString, statement)).consume()
        return
    try:
        session.execute_write(_run, statement)
    except ClientError as error:  # IF NOT EXISTS looks before it waits for the other
        if not (error.code or "").endswith("SchemaRuleAlreadyExists"):
            raise


def _run(tx: ManagedTransaction, text: str) -> None:
    tx.run(cast(LiteralString, text)).consume()
