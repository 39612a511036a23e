"""The superposition of a case's sentences by parts, so that nobody needs all of it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from cypher.store.runs import Step as OneStep
from service.answers.sentences import Sentence
from service.api.etags import unless_known
from service.api.routers.reports import version_of
from service.api.security import needs
from service.api.services import TheServices, TheStore
from service.operations.aggregates import Sign, StepChoice, find_aggregate, find_sentences

router = APIRouter(prefix="/v1/runs/{run}/aggregates", tags=["aggregates"])

STRONGEST = 500
SIGNS: dict[Sign, int] = {"positive": 1, "negative": -1}


class Place(BaseModel):
    """A position or role of the case's sentences."""

    place: int | str
    position: float  # its order from left to right
    label: str


class Step(BaseModel):
    """A step of patterns, and how often they take it."""

    layer: int  # that it leaves
    source: int | str
    target: int | str
    component: int | None  # head; -1: skip connection; None at the level of embeddings
    positive: float  # share of the sentences with a pattern of a positive word that takes it
    positive_low: float  # of its Wilson interval of 95 %
    positive_high: float
    negative: float  # the same of negative words
    negative_low: float
    negative_high: float
    influence: float  # mean over the sentences of what flows through the patterns that take it


class Aggregated(BaseModel):
    """The steps that were asked for, the most frequent first."""

    run: str  # id
    task: str
    case: str
    status: str  # of the run: unless completed, sentences are missing
    instances: int
    layers: int  # that steps leave
    places: list[Place]  # from left to right
    steps: list[Step]
    left_out: int  # steps that patterns take, and were not asked for


class SentenceBehind(Sentence):
    """A sentence with patterns that take a step."""

    patterns: int  # that take it
    influence: float  # that flows through these patterns


class SentencesBehind(BaseModel):
    """Some of the sentences behind a step, in the order of the run's input."""

    sentences: list[SentenceBehind]
    count: int  # of them on all pages
    next: str | None  # the cursor of the next page; None on the last


@router.get("", dependencies=needs("read"), response_model=Aggregated)
def describe_aggregate(
    request: Request,
    run: str,
    services: TheServices,
    store: TheStore,
    task: Annotated[str, Query(description="Of these sentences.")],
    case: Annotated[str, Query(description="Of these sentences.")],
    level: Annotated[Literal["embedding", "attention"], Query(description="Of patterns.")] = "attention",
    align: Annotated[Literal["position", "role"], Query(description="What sentences are aligned by.")] = "position",
    layer: Annotated[int | None, Query(ge=0, le=10_000, description="Steps that leave this layer.")] = None,
    source: Annotated[str | None, Query(description="Steps from this position, or role.")] = None,
    target: Annotated[str | None, Query(description="Steps to this position, or role.")] = None,
    component: Annotated[int | None, Query(ge=-1, le=10_000, description="A head; -1: the skip connection.")] = None,
    sign: Annotated[Sign | None, Query(description="Of the words whose patterns take it.")] = None,
    least: Annotated[float | None, Query(ge=0, le=1, description="Share of the sentences, at least.")] = None,
    strongest: Annotated[int, Query(ge=1, le=100_000, description="The most steps.")] = STRONGEST,
) -> Response:
    """How often patterns take each step: all sentences of a case laid over each other, or parts of that."""
    stored = services.find_run(run)
    place = int if align == "position" else str
    ends = [None if end is None else _place(end, place) for end in (source, target)]
    choice = StepChoice(layer, *ends, component=component, sign=sign, least=least, strongest=strongest)

    def make() -> Response:
        found = find_aggregate(store, stored.id, task, case, choice, level=level, align=align)
        places = [_of(Place, row) for row in sorted(found.places, key=lambda row: row["position"])]
        answer = Aggregated(
            run=found.run,
            task=task,
            case=case,
            status=stored.status,
            instances=found.instances,
            layers=found.layers,
            places=places,
            steps=[_of(Step, row) for row in found.steps],
            left_out=found.left_out,
        )
        return JSONResponse(answer.model_dump(mode="json"))

    return unless_known(request, version_of(stored), make)


@router.get("/sentences", dependencies=needs("read"), response_model=SentencesBehind)
def list_sentences_of_step(
    request: Request,
    run: str,
    services: TheServices,
    store: TheStore,
    task: Annotated[str, Query(description="Of these sentences.")],
    case: Annotated[str, Query(description="Of these sentences.")],
    layer: Annotated[int, Query(ge=0, le=10_000, description="That the step leaves.")],
    source: Annotated[str, Query(description="The position, or role, that the step leaves.")],
    target: Annotated[str, Query(description="The position, or role, that the step reaches.")],
    component: Annotated[
        int | None, Query(ge=-1, le=10_000, description="A head; -1: the skip connection; any without it.")
    ] = None,
    sign: Annotated[Sign | None, Query(description="Of the words whose patterns take it.")] = None,
    level: Annotated[Literal["embedding", "attention"], Query(description="Of patterns.")] = "attention",
    align: Annotated[Literal["position", "role"], Query(description="What sentences are aligned by.")] = "position",
    limit: Annotated[int, Query(ge=1, le=1000, description="The most of a page.")] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,15}$", description="`next` of the page before.")] = None,
) -> Response:
    """The sentences whose patterns take a step, with what flows through these patterns."""
    stored = services.find_run(run)
    place = int if align == "position" else str
    signed = None if sign is None else SIGNS[sign]
    step = OneStep(level, layer, _place(source, place), _place(target, place), component, signed)
    after = -1 if cursor is None else int(cursor)

    def make() -> Response:
        page = find_sentences(store, stored.id, task, case, step, align=align, after=after, limit=limit)
        sentences = [
            SentenceBehind(**Sentence.of(each.sentence).model_dump(), patterns=each.patterns, influence=each.influence)
            for each in page.sentences
        ]
        following = None if page.after is None else str(page.after)
        answer = SentencesBehind(sentences=sentences, count=page.count, next=following)
        return JSONResponse(answer.model_dump(mode="json"))

    return unless_known(request, version_of(stored), make)


def _place(value: str, kind: type[int] | type[str]) -> int | str:
    """A place as rows hold it; a position that is no number is that of no step."""
    if kind is str:
        return value
    return int(value) if value.isdecimal() and len(value) < 10 else -1


def _of(kind: type[Any], row: dict[str, Any]) -> Any:
    return kind(**{name: row[name] for name in kind.model_fields})
