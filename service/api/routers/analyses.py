"""One sentence at a time: answered as soon as a worker has it, and kept out of the graph unless that is asked."""

import asyncio
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cypher.errors import Conflict
from service.answers.sentences import Parts, SentenceDetails, details
from service.api.routers.figures import FORMS, IMAGES, SVG, image_response
from service.api.routers.sentences import TheParts
from service.api.security import needs
from service.api.services import TheOnDemand, TheServices
from service.api.tables import accepted
from service.operations import on_demand as operations
from service.operations.checking import check_sentence
from service.operations.figures import draw_result
from service.operations.job_requests import JobSettings, read_sentence
from service.operations.on_demand import OnDemand
from service.operations.sentences import choose_edges
from workers.analysis.results import InstanceResult
from workers.datasets.instance import Instance
from workers.jobs.on_demand.mailbox import Answer
from workers.jobs.on_demand.questions import AnalysisQuestion
from workers.jobs.on_demand.results import from_answer

router = APIRouter(prefix="/v1/analyses", tags=["analyses"])

SOON = 1
"""Seconds after which an answer that is not there yet is worth a look."""
RESULT = "application/jsonl"

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Of the question.")]
Wait = Annotated[float, Query(ge=0, le=30, description="Seconds to wait for the answer.")]


class NewAnalysis(BaseModel):
    """A sentence, and what is to be found out about it."""

    model_config = ConfigDict(extra="forbid")

    sentence: Annotated[dict[str, Any], Field(description="With the fields of a row of an input file.")]
    model: str = "bundled"
    question: Literal["similarity"] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    settings: JobSettings = JobSettings()
    keep: Annotated[
        str | None, Field(min_length=1, max_length=200, description="Run in the graph to store the result in.")
    ] = None


class Kept(BaseModel):
    """The run in the graph that a result was stored in."""

    run: str  # id
    name: str


class Analysis(BaseModel):
    """A sentence that was asked about, and its answer once that is there."""

    id: str
    status: Literal["queued", "running", "completed"]
    model: str | None = None
    notices: list[str] | None = None  # what a reader should know besides
    kept: Kept | None = None
    sentence: SentenceDetails | None = None

    @classmethod
    def of(cls, answer: Answer, parts: Parts) -> Self:
        """An answer that did not fail.

        Raises:
            InfluenceError: it did.
        """
        if answer.error is not None:
            raise answer.error
        if answer.content is None:
            return cls(id=answer.id, status="running" if answer.status == "running" else "queued")
        return cls(
            id=answer.id,
            status="completed",
            sentence=_details(from_answer(answer.content["result"], answer.data), parts),
            **{name: answer.content[name] for name in ("model", "notices", "kept")},
        )


class Checked(BaseModel):
    """A sentence as the model reads it, and what would be found out about it."""

    text: str
    tokens: list[str]  # as they read
    target: int
    sources: list[int]  # positions of the words whose influence would be computed
    correct: str
    wrong: str | None  # None: whichever other class is the best
    quantity: str  # the quantity of interest in words
    notices: list[str]  # what a reader of the result should know


@router.post("/check", dependencies=needs("submit"))
def check(new: NewAnalysis, services: TheServices) -> Checked:
    """What a sentence would be asked, or what is wrong with it. The model is loaded for it; nothing is computed."""
    services.limits.check_model(new.model)
    instance, settings = _instance(new), new.settings.settings()
    model = services.model(new.model, new.dtype).with_question(new.question)
    return Checked(**asdict(check_sentence(model, instance, settings)))


@router.post("", responses={202: {"model": Analysis}}, dependencies=needs("submit"))
async def analyse(
    new: NewAnalysis,
    response: Response,
    services: TheServices,
    on_demand: TheOnDemand,
    parts: TheParts,
    wait: Wait = 10.0,
) -> Analysis:
    """Ask about one sentence, before all jobs; 202 where it takes longer than `wait`: look again."""
    await asyncio.to_thread(services.limits.check_model, new.model)
    asked = AnalysisQuestion(_instance(new), new.settings.settings(), new.model, new.question, new.dtype, new.keep)
    name = await asyncio.to_thread(operations.ask, on_demand, asked)
    return await _told(on_demand, name, wait, parts, response)


@router.get("/{id}", responses={202: {"model": Analysis}}, dependencies=needs("read"))
async def describe_analysis(
    id: Id,  # noqa: A002 - as the API calls it
    response: Response,
    on_demand: TheOnDemand,
    parts: TheParts,
    wait: Wait = 0.0,
) -> Analysis:
    """The answer, while it is kept, or how far it is."""
    return await _told(on_demand, id, wait, parts, response)


@router.get(
    "/{id}/result",
    dependencies=needs("read"),
    response_class=Response,
    responses={200: {"content": {RESULT: {}}}},
)
def download_result(id: Id, on_demand: TheOnDemand) -> Response:  # noqa: A002
    """All that was found, as a line of a results file."""
    return Response(_found(on_demand, id).to_json() + "\n", media_type=RESULT)


@router.get("/{id}/figure", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_analysis(
    id: Id,  # noqa: A002
    request: Request,
    on_demand: TheOnDemand,
    word: Annotated[
        list[str] | None, Query(description="Words by token or position, or `top:K`; the strongest four without it.")
    ] = None,
    raw_tokens: Annotated[bool, Query(description="Tokens as the vocabulary spells them.")] = False,
) -> Response:
    """The paths that carry its words, as SVG, PNG or PDF."""
    form = accepted(request, tuple(FORMS), SVG)
    result = _found(on_demand, id)
    return image_response(draw_result(result.as_spelled() if raw_tokens else result, word), form)


@router.delete("/{id}", status_code=204, dependencies=needs("submit"))
def withdraw(id: Id, on_demand: TheOnDemand) -> None:  # noqa: A002
    """Ask no more: it is not computed, or not to its end."""
    operations.look(on_demand, id, "analysis")
    on_demand.mailbox.withdraw(id)


def _instance(new: NewAnalysis) -> Instance:
    """The sentence, by an id of its own unless it has one.

    Raises:
        InvalidInput: a field is wrong.
    """
    name = sha256(repr(sorted(new.sentence.items())).encode()).hexdigest()[:12]
    return read_sentence(new.sentence, name, "sentence")


async def _told(on_demand: OnDemand, name: str, wait: float, parts: Parts, response: Response) -> Analysis:
    """The answer, or how far it is after so many seconds."""
    answer = await operations.wait(lambda: operations.look(on_demand, name, "analysis"), wait)
    found = await asyncio.to_thread(Analysis.of, answer, parts)
    if found.status != "completed":
        response.status_code = 202
        response.headers["Location"] = f"/v1/analyses/{found.id}"
        response.headers["Retry-After"] = str(SOON)
    return found


def _details(result: InstanceResult, parts: Parts) -> SentenceDetails:
    choice, edges = parts.choice, result.edges
    return details(result, None if choice is None or edges is None else choose_edges(edges, choice), parts)


def _found(on_demand: OnDemand, name: str) -> InstanceResult:
    """The result of a question that is answered.

    Raises:
        Conflict: it is not yet.
        InfluenceError: it failed.
    """
    answer = operations.look(on_demand, name, "analysis")
    if answer.error is not None:
        raise answer.error
    if answer.content is None:
        raise Conflict("id", f"{name!r} is not answered yet", "Wait, and ask for it again.")
    return from_answer(answer.content["result"], answer.data)
