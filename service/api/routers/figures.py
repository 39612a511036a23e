"""Figures over a run, as SVG, PNG or PDF."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from service.api.security import needs
from service.api.services import TheStore
from service.api.tables import accepted
from service.operations import figures as operations
from service.operations.figures import DrawnFigure, FigureFormat

router = APIRouter(prefix="/v1/runs/{run}/figures", tags=["figures"])

FORMS: Mapping[str, FigureFormat] = {"image/svg+xml": "svg", "image/png": "png", "application/pdf": "pdf"}
SVG = "image/svg+xml"
IMAGES: dict[int | str, dict[str, Any]] = {200: {"content": {form: {} for form in FORMS}}}

Task = Annotated[str, Query(description="Of these sentences.")]
Level = Annotated[Literal["embedding", "attention"], Query(description="Of patterns.")]
Align = Annotated[Literal["position", "role"], Query(description="What sentences are aligned by.")]
LeastShare = Annotated[float | None, Query(ge=0, le=1, description="Of sentences; rarer steps are left out.")]
Positions = Annotated[
    str | None, Query(pattern=r"^\d{1,7}:\d{1,7}$", description="The first and last that are shown, such as 10:40.")
]
Steps = Annotated[int | None, Query(ge=1, le=100_000, description="The most frequent that are shown.")]


@router.get("/aggregated", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_aggregated(
    request: Request,
    run: str,
    store: TheStore,
    task: Task,
    case: str | None = None,
    level: Level = "attention",
    align: Align = "position",
    least_share: LeastShare = None,
    steps: Steps = None,
    positions: Positions = None,
) -> Response:
    """How often patterns take each step: all sentences of a case laid over each other."""
    form = accepted(request, tuple(FORMS), SVG)
    shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": _window(positions)}
    figure = operations.draw_aggregated(store, run, task, case, level=level, align=align, **shown)
    return image_response(figure, form)


@router.get("/difference", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_difference(
    request: Request,
    run: str,
    store: TheStore,
    task: Task,
    case: str,
    against: str,
    level: Level = "attention",
    align: Align = "position",
    least_share: LeastShare = None,
    steps: Steps = None,
    positions: Positions = None,
) -> Response:
    """Which steps patterns take more often in one case than in another."""
    form = accepted(request, tuple(FORMS), SVG)
    shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": _window(positions)}
    figure = operations.draw_difference(store, run, task, case, against, level=level, align=align, **shown)
    return image_response(figure, form)


@router.get("/entropy", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_entropy(request: Request, run: str, store: TheStore, align: Align = "position") -> Response:
    """Pattern entropy against accuracy, a point for each case."""
    form = accepted(request, tuple(FORMS), SVG)
    return image_response(operations.draw_entropy(store, run, align=align), form)


@router.get("/attractors", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_attractors(request: Request, run: str, store: TheStore, task: Task, align: Align = "position") -> Response:
    """How strongly each place speaks for the right or the wrong answer, beside the matched case."""
    form = accepted(request, tuple(FORMS), SVG)
    return image_response(operations.draw_attractors(store, run, task, align=align), form)


@router.get("/sentence", dependencies=needs("read"), response_class=Response, responses=IMAGES)
def draw_sentence(
    request: Request,
    run: str,
    store: TheStore,
    id: Annotated[str, Query(description="Of the sentence.")],  # noqa: A002 - as the API calls it
    word: Annotated[
        list[str] | None,
        Query(description="A source word by token or position, or top:K; repeat it. The strongest four without it."),
    ] = None,
    raw_tokens: Annotated[bool, Query(description="Tokens as the model's vocabulary spells them.")] = False,
) -> Response:
    """The paths that carry the words of one sentence."""
    form = accepted(request, tuple(FORMS), SVG)
    return image_response(operations.draw_sentence(store, run, id, word, raw_tokens=raw_tokens), form)


def image_response(figure: DrawnFigure, form: str) -> Response:
    """A figure in one of `FORMS`; what a reader should know is a JSON list in a header, where there is something."""
    written = figure.written(FORMS[form])
    headers = {"X-Notices": json.dumps(written.notices)} if written.notices else {}
    return Response(written.content, media_type=form, headers=headers)


def _window(positions: str | None) -> tuple[int, int] | None:
    if positions is None:
        return None
    first, _, last = positions.partition(":")
    return int(first), int(last)
