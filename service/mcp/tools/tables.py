"""Tables as an agent reads them: few rows, small values, and what is left out."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from cypher.queries.values import plain
from cypher.store.table import Table
from service.answers.runs import Inexact
from service.mcp.bounds import CELL, cell, first_of


class Rows(BaseModel):
    """Rows of values under their columns."""

    columns: list[str]
    rows: list[list[Any]]
    left_out: list[str] = Field(description="What is missing here, and how to get it.")
    notices: list[str] = Field(description="What to know of these numbers.")


def shown(table: Table, offset: int, how: str) -> tuple[list[list[Any]], list[str]]:
    """The table's rows behind an offset, as many as fit, and what is left out.

    Args:
        how: to get the rows from number {next} on.
    """
    whole = [[plain(value) for value in row] for row in table.rows[offset:]]
    small = [[cell(value) for value in row] for row in whole]
    kept = first_of(small)
    left_out = []
    if len(kept) < len(small) or table.cut:
        left_out.append(f"rows from number {offset + len(kept)} on: {how.format(next=offset + len(kept))}")
    if any(isinstance(value, str) and len(value) > CELL for row in kept for value in row):
        left_out.append(f"ends of values of more than {CELL:,} characters")
    return kept, left_out


def trust(inexact: Sequence[Inexact]) -> list[str]:
    """Whether there are sentences whose influences should not be trusted, in words."""
    told = []
    for each in inexact:
        if each.count:
            named = ", ".join(f"{name[:100]} ({error:.2g})" for name, error in each.worst)
            told.append(
                f"{each.count} of {each.instances} sentences have a completeness error above "
                f"{each.acceptable:.0%}; the worst: {named}"
            )
        if each.beyond_tolerance:
            named = ", ".join(f"{name[:100]} ({error:.2g})" for name, error in each.worst_sampled)
            told.append(f"{each.beyond_tolerance} sentences miss their sampling tolerance; the worst: {named}")
    return told
