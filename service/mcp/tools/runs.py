"""Runs: which there are, and one of them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from service.answers.runs import Inexact, RunDetails, details
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import Cursor, RunName
from service.mcp.tools.tables import trust
from service.operations.runs import list_page

CASES = 100
"""That are listed of a run."""


class RunLine(BaseModel):
    """A run in a line."""

    id: str
    name: str
    status: str
    instances: int = Field(description="Sentences with results.")
    model_name: str | None
    created_at: datetime


class RunPage(BaseModel):
    """Some runs, the newest first."""

    runs: list[RunLine]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class DescribedRun(RunDetails):
    """A run, with what it can be asked about and what it is worth."""

    left_out: list[str] = Field(description="What is missing here, and how to get it.")
    notices: list[str] = Field(description="Which sentences not to trust, and why.")


def list_runs(context: TheContext, limit: Annotated[int, Field(ge=1, le=100)] = 20, cursor: Cursor = None) -> RunPage:
    """Runs of the graph, the newest first: name, status, number of sentences, model."""
    page = list_page(desk_of(context).servers.store(), limit, cursor)
    names = RunLine.model_fields
    return RunPage(runs=[RunLine(**{name: getattr(run, name) for name in names}) for run in page.runs], next=page.next)


def describe_run(context: TheContext, run: RunName) -> DescribedRun:
    """One run: status, model, settings, tasks and cases, methods, how many sentences it has right, and how exact its
    influences are (completeness and sampling errors, the worst sentences)."""
    store = desk_of(context).servers.store()
    found = details(store, store.find(run))
    left_out = []
    if more := len(found.cases) - CASES:
        if more > 0:
            how = "query_graph: MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case) RETURN c.task, c.name"
            left_out.append(f"{more:,} cases more; {how}")
    small = found.model_copy(update={"cases": found.cases[:CASES]})
    told = trust([Inexact.model_validate(found.inexact.model_dump())])
    return DescribedRun(**small.model_dump(), left_out=left_out, notices=told)


TOOLS = (Definition(list_runs, "List runs"), Definition(describe_run, "Describe a run"))
