"""Runs of the graph: listed, described, loaded, deleted."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import BaseModel

from cypher.errors import InvalidInput
from cypher.ledger.jobs import JobStatus
from service.answers.runs import Run, RunDetails, details
from service.api.security import needs
from service.api.services import TheServices, TheStore
from service.api.uploads import uploaded
from service.operations import runs as operations

router = APIRouter(prefix="/v1/runs", tags=["runs"])


class Page(BaseModel):
    """Some runs, the newest first."""

    runs: list[Run]
    next: str | None  # the cursor of the next page; None on the last


class Loaded(BaseModel):
    """A run that results were stored as."""

    run: str  # id
    name: str
    stored: int  # sentences
    kept: int  # that were there before
    cut_off: bool  # the file's last line was, and is left out


@router.get("", dependencies=needs("read"))
def list_runs(
    store: TheStore,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most runs of a page.")] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    text: Annotated[str, Query(max_length=300, description="In the name of the run or its model.")] = "",
    status: Annotated[JobStatus | None, Query(description="Only these; all without it.")] = None,
) -> Page:
    """Runs, the newest first."""
    page = operations.list_page(store, limit, cursor, text=text, status=status)
    return Page(runs=[Run.of(run) for run in page.runs], next=page.next)


@router.get("/{run}", dependencies=needs("read"))
def describe_run(run: str, store: TheStore) -> RunDetails:
    """A run by name, id, or the first digits of its id."""
    return details(store, store.find(run))


@router.post("", status_code=201, dependencies=needs("submit"))
def load_results(
    file: Annotated[UploadFile, File(description="Results, one a line, as analyses and exports write them.")],
    response: Response,
    services: TheServices,
    store: TheStore,
    name: Annotated[
        str | None, Form(min_length=1, max_length=200, description="Of the run; the file's without it.")
    ] = None,
) -> Loaded:
    """Store results as a run. What is stored already stays as it is, so that the same request continues."""
    with uploaded(file) as upload:
        try:
            loaded = operations.load(store, upload.path, name)
        except InvalidInput as error:
            raise upload.located(error) from None
        finally:
            services.forget_runs()
    response.headers["Location"] = f"/v1/runs/{loaded.run}"
    return Loaded(**asdict(loaded))


@router.delete("/{run}", dependencies=needs("admin"))
def delete_run(run: str, services: TheServices, store: TheStore) -> Run:
    """Delete a run from the graph. Where it is interrupted, the same request continues."""
    try:
        return Run.of(operations.delete(store, run))
    finally:
        services.forget_runs()
