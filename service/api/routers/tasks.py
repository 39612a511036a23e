"""The tasks, and sentences of them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from service.api.security import needs
from service.operations import tasks as operations
from workers.datasets.writer import lines_of

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])

LINES = "application/jsonl"


class Task(BaseModel):
    """A task of the paper, or of our own."""

    name: str
    title: str
    cases: Mapping[str, int]  # with the number of distinct sentences that each has
    roles: tuple[str, ...]
    example: str


@router.get("", dependencies=needs("read"))
def list_tasks() -> list[Task]:
    """Every task, in the order of the paper."""
    return [Task(**{name: getattr(each, name) for name in Task.model_fields}) for each in operations.list_tasks()]


@router.get(
    "/{task}/sentences",
    dependencies=needs("read"),
    response_class=StreamingResponse,
    responses={200: {"content": {LINES: {}}}},
)
def generate_sentences(
    task: str,
    case: Annotated[str | None, Query(description="One case; every one without it.")] = None,
    count: Annotated[int, Query(ge=1, le=20_000, description="Sentences of each case.")] = 100,
    seed: Annotated[int, Query(ge=0, le=2**31, description="Another one draws other sentences.")] = 0,
    counterfactual: Annotated[Literal["subject", "attractor"] | None, Query(description="Whose form changes.")] = None,
) -> StreamingResponse:
    """Distinct sentences of a task, a JSON object a line."""
    found = operations.generate_sentences(task, case, count, seed, counterfactual)
    return StreamingResponse(lines_of(found), media_type=LINES)
