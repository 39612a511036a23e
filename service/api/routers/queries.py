"""Queries of the caller's own, in Cypher: they only read, and are bounded."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.api.routers.reports import TABLES
from service.api.routers.reports import Field as Column
from service.api.security import needs
from service.api.services import TheServices, TheStore
from service.api.tables import JSON, OFFERED, accepted, table_response
from service.operations.queries import ask, notices_of

router = APIRouter(prefix="/v1/queries", tags=["queries"])


class Question(BaseModel):
    """A query that only reads."""

    model_config = ConfigDict(extra="forbid")

    cypher: Annotated[str, Field(max_length=100_000)]
    parameters: dict[str, Any] = {}
    seconds: Annotated[float | None, Field(gt=0, description="At most the service's own limit.")] = None
    rows: Annotated[int | None, Field(ge=1, description="At most the service's own limit.")] = None


class Rows(BaseModel):
    """What a query answers."""

    fields: list[Column]
    values: list[list[Any]]
    cut: bool  # there are more rows
    notices: list[str]  # what a reader should know besides


@router.post("", dependencies=needs("query"), response_model=Rows, responses=TABLES)
def run_query(request: Request, question: Question, services: TheServices, store: TheStore) -> Response:
    """Ask the graph in Cypher; as JSON, CSV, Arrow or Parquet."""
    limits = services.limits
    seconds = min(question.seconds or limits.query_seconds, limits.query_seconds)
    rows = min(question.rows or limits.query_rows, limits.query_rows)
    as_json = accepted(request, OFFERED, JSON) == JSON
    with services.one_query():
        table = ask(store, question.cypher, question.parameters, seconds=seconds, rows=rows)
    notices = list(notices_of(table, as_json=as_json))
    if table.cut and rows < (question.rows or 0):
        notices.append(f"this service gives at most {rows:,} rows of a query")
    return table_response(request, table, {"notices": notices})
