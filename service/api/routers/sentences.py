"""The sentences of a run: listed, and one of them by parts, so that nobody needs all of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from cypher.store.runs import EdgeChoice
from service.answers.sentences import Content, Parts, Sentence, SentenceDetails, details
from service.api.etags import unless_known
from service.api.routers.reports import version_of
from service.api.security import needs
from service.api.services import TheServices, TheStore
from service.operations import sentences as operations

router = APIRouter(prefix="/v1/runs/{run}/sentences", tags=["sentences"])

STRONGEST = 200


class SentencePage(BaseModel):
    """Some sentences, in the order of the run's input."""

    sentences: list[Sentence]
    next: str | None  # the cursor of the next page; None on the last


@router.get("", dependencies=needs("read"))
def list_sentences(
    run: str,
    store: TheStore,
    task: Annotated[str | None, Query(description="Only of this task.")] = None,
    case: Annotated[str | None, Query(description="Only of this case.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most of a page.")] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,15}$", description="`next` of the page before.")] = None,
) -> SentencePage:
    """The sentences of a run that have results."""
    after = -1 if cursor is None else int(cursor)
    page = operations.list_sentences(store, run, task=task, case=case, after=after, limit=limit)
    following = None if page.after is None else str(page.after)
    return SentencePage(sentences=[Sentence.of(each) for each in page.sentences], next=following)


async def _parts(
    part: Annotated[list[Content] | None, Query(description="What is wanted of it; words without it.")] = None,
    layer: Annotated[int | None, Query(ge=0, le=10_000, description="Edges that leave this layer.")] = None,
    source: Annotated[int | None, Query(ge=0, le=1_000_000, description="Edges from this position.")] = None,
    target: Annotated[int | None, Query(ge=0, le=1_000_000, description="Edges to this position.")] = None,
    component: Annotated[int | None, Query(ge=-1, le=10_000, description="A head; -1: the skip connection.")] = None,
    least: Annotated[float | None, Query(ge=0, description="Absolute influence of edges, at least.")] = None,
    strongest: Annotated[int, Query(ge=1, le=100_000, description="The most edges.")] = STRONGEST,
    merged: Annotated[bool, Query(description="One edge a step, of all its components together.")] = False,
) -> Parts:
    return Parts(frozenset(part or ["words"]), EdgeChoice(layer, source, target, component, least, strongest, merged))


TheParts = Annotated[Parts, Depends(_parts)]


@router.get("/{id:path}", dependencies=needs("read"), response_model=SentenceDetails)
def describe_sentence(
    request: Request,
    run: str,
    id: str,  # noqa: A002 - as the API calls it
    services: TheServices,
    store: TheStore,
    parts: TheParts,
) -> Response:
    """A sentence by its id, and parts of its graph."""
    stored = services.find_run(run)

    def make() -> Response:
        result, edges = operations.find_parts(store, stored.id, id, parts.choice)
        return JSONResponse(details(result, edges, parts).model_dump(mode="json", exclude_none=False))

    return unless_known(request, version_of(stored), make)
