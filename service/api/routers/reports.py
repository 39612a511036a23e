"""The named reports: what there are, their answers over a run, and two sides beside each other."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from cypher.queries.named_reports import NamedReport
from cypher.store.runs import StoredRun
from service.answers.runs import Inexact, Run
from service.api.etags import unless_known
from service.api.security import needs
from service.api.services import TheServices, TheStore
from service.api.tables import OFFERED, table_response
from service.operations import reports as operations
from service.operations.reports import Choices

router = APIRouter(prefix="/v1", tags=["reports"])


class Report(BaseModel):
    """A report as it describes itself."""

    name: str
    title: str
    summary: str
    description: str
    parameters: tuple[str, ...]
    columns: Mapping[str, str]  # what each holds
    cypher: str  # its query
    resampled: bool  # does its query answer what each sentence has, of which the rows are resamples?


class Field(BaseModel):
    """A column and what its values are."""

    name: str
    type: str


class Answer(BaseModel):
    """A table, and what a reader should know of it."""

    title: str
    run: str  # id
    status: str  # of the run: unless completed, sentences are missing
    details: Run
    fields: list[Field]
    values: list[list[Any]]
    cut: bool  # there are more rows
    inexact: Inexact
    notices: list[str]


class Compared(BaseModel):
    """Two sides' measures and their differences."""

    title: str
    runs: tuple[str, str]  # ids
    details: tuple[Run, Run]
    fields: list[Field]
    values: list[list[Any]]
    cut: bool
    inexact: tuple[Inexact, Inexact]
    notices: list[str]


async def _choices(
    task: Annotated[str | None, Query(description="Only this task.")] = None,
    case: Annotated[str | None, Query(description="Only this case.")] = None,
    level: Annotated[str | None, Query(description="Of patterns: embedding or attention.")] = None,
    method: Annotated[str | None, Query(description="By which patterns were found.")] = None,
    align: Annotated[str | None, Query(description="What sentences are aligned by: position or role.")] = None,
    top: Annotated[int | None, Query(ge=1, le=10_000, description="How many of the strongest are a set.")] = None,
) -> Choices:
    return Choices(task, case, level, method, align, top)


TheChoices = Annotated[Choices, Depends(_choices)]
Rows = Annotated[int | None, Query(ge=1, le=1_000_000, description="The most rows; all without it.")]
TABLES: dict[int | str, dict[str, Any]] = {200: {"content": {form: {} for form in OFFERED}}}


@router.get("/reports", dependencies=needs("read"))
def list_reports() -> list[Report]:
    """Every report, with its parameters, columns and query."""
    return [_report(report) for report in operations.list_reports()]


@router.get("/runs/{run}/reports/{name}", dependencies=needs("read"), response_model=Answer, responses=TABLES)
def run_report(
    request: Request,
    run: str,
    name: str,
    services: TheServices,
    store: TheStore,
    choices: TheChoices,
    rows: Rows = None,
) -> Response:
    """A report's answer over a run; as JSON, CSV, Arrow or Parquet."""
    operations.find_report(name)
    stored = services.find_run(run)
    return unless_known(request, version_of(stored), lambda: _answer(request, stored, name, store, choices, rows))


@router.get("/runs/{run}/comparisons/{name}", dependencies=needs("read"), response_model=Compared, responses=TABLES)
def compare(
    request: Request,
    run: str,
    name: str,
    store: TheStore,
    choices: TheChoices,
    against_run: Annotated[str | None, Query(description="The second side; without it, the same run.")] = None,
    against_case: Annotated[str | None, Query(description="The second side's; without it, the same case.")] = None,
    rows: Rows = None,
) -> Response:
    """A report's measures of one side and of another, their difference, and its interval."""
    found = operations.compare(store, name, run, choices, against_run=against_run, against_case=against_case, rows=rows)
    about = {
        "title": found.title,
        "runs": (found.first.id, found.second.id),
        "details": [Run.of(each).model_dump(mode="json") for each in (found.first, found.second)],
        "inexact": [Inexact.of(each).model_dump() for each in found.inexact],
        "notices": list(found.notices),
    }
    return table_response(request, found.table, about)


def _answer(
    request: Request, run: StoredRun, name: str, store: TheStore, choices: Choices, rows: int | None
) -> Response:
    found = operations.run_report(store, name, run.id, choices, rows=rows)
    about = {
        "title": found.title,
        "run": found.run.id,
        "status": found.run.status,
        "details": Run.of(found.run).model_dump(mode="json"),
        "inexact": Inexact.of(found.inexact).model_dump(),
        "notices": list(found.notices),
    }
    return table_response(request, found.table, about)


def _report(report: NamedReport) -> Report:
    return Report(
        name=report.name,
        title=report.title,
        summary=report.summary,
        description=report.description,
        parameters=report.parameters,
        columns=report.columns,
        cypher=report.text,
        resampled=report.resampled,
    )


def version_of(run: StoredRun) -> str | None:
    """What an answer over a run depends on besides the request; None while it can change."""
    return f"{run.id}-{run.finished_at}-{run.instances}-{run.model_name}" if run.status == "completed" else None
