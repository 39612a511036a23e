"""Tables out of frozen dataclasses."""

from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any

from cypher.store.table import Table


def table_of(kind: type, rows: Iterable[Any]) -> Table:
    """A row for each dataclass of the type `kind`, whose fields name the columns even where there are no rows."""
    return Table(tuple(field.name for field in fields(kind)), [astuple(row) for row in rows])
