"""Ablation of a run: how often is the model still right on patterns alone? Computed by a worker, before all jobs."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.routers.analyses import SOON, Id, Wait
from service.api.security import needs
from service.api.services import TheOnDemand, TheServices, TheStore
from service.operations import on_demand as operations
from workers.evaluation.ablation.settings import LEVELS, AblationSettings
from workers.jobs.on_demand.mailbox import Answer

router = APIRouter(prefix="/v1/ablations", tags=["ablations"])


class NewAblation(BaseModel):
    """A run, and what is kept of its sentences."""

    model_config = ConfigDict(extra="forbid")

    run: str
    model: Annotated[str | None, Field(description="That made it; the job's own, or bundled, without it.")] = None
    task: Annotated[str | None, Field(description="Only this task.")] = None
    case: Annotated[str | None, Field(description="Only this case.")] = None
    methods: Annotated[
        tuple[str, ...] | None, Field(description="original, gpr, random, repl_skip or one of the run; all without it.")
    ] = None
    levels: tuple[Literal["embedding", "attention"], ...] = LEVELS
    replace: Annotated[Literal["zeros", "mean"], Field(description="What replaces nodes that are not kept.")] = "zeros"
    draws: Annotated[int, Field(ge=1, le=1000, description="Of random patterns.")] = 50
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    sentences: Annotated[int, Field(ge=1, le=2000, description="At most; as many of each case.")] = 200


class Accuracy(BaseModel):
    """The accuracy of one case, or of a whole task, under one ablation."""

    task: str
    case: str | None  # None: all cases of the task
    method: str
    level: str | None  # None where nothing is ablated
    instances: int
    accuracy: float  # of random patterns the mean over draws
    low: float  # Wilson interval of 95 %
    high: float
    sd: float | None  # over random draws


class Ablation(BaseModel):
    """An ablation that was asked for, and its rows once they are there."""

    id: str
    status: Literal["queued", "running", "completed"]
    model: str | None = None
    rows: list[Accuracy] | None = None
    sentences: int | None = None  # that were ablated
    left_out: int | None = None  # sentences of the run that were not

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """An answer that did not fail.

        Raises:
            InfluenceError: it did.
        """
        if answer.error is not None:
            raise answer.error
        content: dict[str, Any] = dict(answer.content or {})
        status = "completed" if answer.content is not None else "running" if answer.status == "running" else "queued"
        return cls(id=answer.id, status=status, **content)


@router.post("", responses={202: {"model": Ablation}}, dependencies=needs("submit"))
async def ablate(
    new: NewAblation,
    response: Response,
    services: TheServices,
    store: TheStore,
    on_demand: TheOnDemand,
    wait: Wait = 10.0,
) -> Ablation:
    """Keep only the nodes and components of patterns: how often is the model still right? 202 where it takes longer."""
    chosen = AblationSettings(new.methods, new.levels, new.replace, new.draws, new.seed)
    asked = await asyncio.to_thread(
        operations.ablation_of, store, new.run, new.model, chosen, new.sentences, task=new.task, case=new.case
    )
    await asyncio.to_thread(services.limits.check_model, asked.source, new.model or Path(asked.source).name)
    name = await asyncio.to_thread(operations.ask, on_demand, asked)
    return await _told(on_demand, name, wait, response)


@router.get("/{id}", responses={202: {"model": Ablation}}, dependencies=needs("read"))
async def describe_ablation(
    id: Id,  # noqa: A002 - as the API calls it
    response: Response,
    on_demand: TheOnDemand,
    wait: Wait = 0.0,
) -> Ablation:
    """The answer, while it is kept, or how far it is."""
    return await _told(on_demand, id, wait, response)


async def _told(on_demand: operations.OnDemand, name: str, wait: float, response: Response) -> Ablation:
    found = Ablation.of(await operations.wait(lambda: operations.look(on_demand, name, "ablation"), wait))
    if found.status != "completed":
        response.status_code = 202
        response.headers["Location"] = f"/v1/ablations/{found.id}"
        response.headers["Retry-After"] = str(SOON)
    return found


@router.delete("/{id}", status_code=204, dependencies=needs("submit"))
def withdraw_ablation(id: Id, on_demand: TheOnDemand) -> None:  # noqa: A002
    """Ask no more: it is not computed, or not to its end."""
    operations.look(on_demand, id, "ablation")
    on_demand.mailbox.withdraw(id)
