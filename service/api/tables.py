"""Tables as the caller takes them, by the header Accept: JSON with the columns' types, CSV, Arrow or Parquet; or JSON
that keeps every value exactly, for clients of ours.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from cypher.queries.values import plain
from cypher.store.table import Table
from service.api.problems import Problem
from service.tables.exact import encode
from service.tables.writing import TableFormat, write_table

JSON = "application/json"
EXACT = "application/vnd.influence-graph.exact+json"
"""As `service.tables.exact` has it."""
FORMATS: Mapping[str, TableFormat] = {
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow-stream",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.apache.parquet": "parquet",
}
OFFERED = (JSON, EXACT, *FORMATS)


def accepted(request: Request, offered: Sequence[str], anything: str) -> str:
    """The media type that the caller likes best.

    Args:
        offered: all that there are.
        anything: what is given to who takes anything.

    Raises:
        Problem: there is none that it takes.
    """
    wanted = request.headers.get("accept") or "*/*"
    weighed = []
    for order, part in enumerate(wanted.split(",")):
        name, *options = (piece.strip() for piece in part.lower().split(";"))
        weight = 1.0
        for option in options:
            if option.startswith("q="):
                try:
                    weight = float(option[2:])
                except ValueError:
                    weight = 0.0
        weighed.append((-weight, order, name))
    for weight, _, name in sorted(weighed):
        if weight == 0:
            continue
        if name in offered:
            return name
        main, _, rest = name.partition("/")
        if name == "*/*" or (rest == "*" and anything.startswith(f"{main}/")):
            return anything
        if rest == "*" and (found := next((each for each in offered if each.startswith(f"{main}/")), None)):
            return found
    raise Problem("not-acceptable", f"it is not offered as {wanted}", f"Accept one of: {', '.join(offered)}.")


def table_response(request: Request, table: Table, about: Mapping[str, Any]) -> Response:
    """A table in the format that the caller takes.

    Args:
        about: what is to be said of it besides its rows; only in the two of JSON.

    Raises:
        Problem: a format that there is not.
    """
    form = accepted(request, OFFERED, JSON)
    if form == JSON:
        return JSONResponse({**about, **as_json(table)})
    if form == EXACT:
        exact = {"columns": table.columns, "values": encode(table.rows), "cut": table.cut}
        return JSONResponse({**about, **exact}, media_type=EXACT)
    stream = io.BytesIO()
    write_table(table, FORMATS[form], stream)
    headers = {"X-Cut": "true"} if table.cut else {}
    return Response(stream.getvalue(), media_type=form, headers=headers)


def as_json(table: Table) -> dict[str, Any]:
    """Fields with their types, rows of values, and whether there are more."""
    rows = [[plain(value) for value in row] for row in table.rows]
    fields = [{"name": name, "type": _type([row[index] for row in rows])} for index, name in enumerate(table.columns)]
    return {"fields": fields, "values": rows, "cut": table.cut}


def _type(values: Sequence[Any]) -> str:
    """What all values are that are not null, as JSON Schema calls it; `any` where they differ."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    found = {names.get(type(value), "any") for value in values if value is not None}
    if found <= {"integer", "number"} and found:
        return "number" if "number" in found else "integer"
    return found.pop() if len(found) == 1 else "any" if found else "null"
