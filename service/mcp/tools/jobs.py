"""Jobs: sentences for the workers, followed until they are computed."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import anyio
from pydantic import BaseModel, Field, WithJsonSchema

from service.answers.jobs import Progress, Resumed, Submitted, Told, plain
from service.mcp.bounds import clipped
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, caller_of, desk_of
from service.mcp.tools.arguments import RunName
from service.operations import jobs as operations
from service.operations.job_requests import JobOptions, JobSettings, read_inline, submit_request
from workers.datasets.rows import Row

LONGEST = 50
"""Seconds that one call waits; clients give up soon after."""
PAUSE = 0.5
"""Seconds between looks at a job."""
INLINE = 1000
"""Sentences that one call takes."""
NAMED = 20
"""Sentences that were left out, and notices, that are told."""

T = TypeVar("T")

SentenceInput = Annotated[dict[str, Any], WithJsonSchema(Row.model_json_schema())]


class FollowedJob(Progress):
    """How far a job is."""

    ended: bool = Field(description="False: ask again.")
    advice: str


class Cancelled(BaseModel):
    """A job that was stopped; its results stay."""

    run: str
    name: str
    status: str
    instances: int = Field(description="Sentences with results.")


def submit_job(
    context: TheContext,
    sentences: Annotated[
        list[SentenceInput],
        Field(
            min_length=1,
            max_length=INLINE,
            description="`text` holds ***mask*** once, with `correct` and `wrong`, each one token at its place; of a "
            "classifier, `label` instead. `task`, `case` and `roles` let reports tell sentences apart.",
        ),
    ],
    model: Annotated[
        str, Field(max_length=1000, description="One that the service allows; an error names them.")
    ] = "bundled",
    name: Annotated[str | None, Field(max_length=1000, description="Of the run.")] = None,
    settings: JobSettings = JobSettings(),  # noqa: B008 - frozen by use
    skip_bad: Annotated[bool, Field(description="Leave bad sentences out, and say which.")] = False,
    idempotency_key: Annotated[
        str | None, Field(max_length=200, description="The same submission under the same key is the same job.")
    ] = None,
) -> Submitted:
    """Queue sentences for the workers, as a new run. Everything is checked first; nothing is queued if something is
    wrong. Give an idempotency_key, so that a repeated call makes no second job. Then use follow_job."""
    desk = desk_of(context)
    desk.servers.limits.check_model(model)
    options = JobOptions(model=model, name=name, skip_bad=skip_bad, settings=settings)
    told = Told(NAMED)
    on_bad = told.leave_out if skip_bad else None
    instances = read_inline(sentences, on_bad)
    done = submit_request(
        desk.servers.connections(),
        desk.servers.limits,
        options,
        instances,
        stem="job",
        caller=caller_of(context).id,
        idempotency_key=idempotency_key,
        load=desk.servers.model,
        on_bad=on_bad,
        on_notice=told.notices.append,
    )
    told.notices = [clipped(each) for each in told.notices[:NAMED]]
    return Submitted.of(done, told)


async def follow_job(
    context: TheContext,
    run: RunName,
    wait_seconds: Annotated[float, Field(ge=0, le=LONGEST, description="Wait as long for its end; 0: one look.")] = 0,
) -> FollowedJob:
    """How far a job is, now or when it has ended, within wait_seconds. Its run can be asked about before the end."""
    servers = desk_of(context).servers
    deadline = time.monotonic() + wait_seconds
    while True:
        now = await _in_thread(lambda: operations.progress(servers.store(), run))
        ended = now.status in operations.FINISHED
        if ended or time.monotonic() >= deadline:
            break
        await context.report_progress(now.completed.sentences + now.failed.sentences, now.sentences, now.status)
        await asyncio.sleep(min(PAUSE, max(0.0, deadline - time.monotonic())))
    values = plain(now)
    values["error"] = None if now.error is None else clipped(now.error)
    values["failures"] = [{name: clipped(text) for name, text in each.items()} for each in values["failures"]]
    return FollowedJob(**values, ended=ended, advice=_advice(now.status, now.running.chunks, now.completed.chunks))


def cancel_job(context: TheContext, run: RunName) -> Cancelled:
    """Stop a queued or running job. Its results stay, and resume_job continues it."""
    stopped = operations.cancel(desk_of(context).servers.store(), run)
    return Cancelled(run=stopped.id, name=stopped.name, status=stopped.status, instances=stopped.instances)


def resume_job(context: TheContext, run: RunName) -> Resumed:
    """Queue what is missing of a job that was cancelled, or that ended partial or failed."""
    done = operations.resume(desk_of(context).servers.connections(), run)
    return Resumed.of(done)


def _advice(status: str, running: int, completed: int) -> str:
    if status == "completed":
        return "All sentences have results."
    if status in ("partial", "failed"):
        return "Some or all sentences have no results: `failures` and `error` say why. resume_job tries again."
    if status == "cancelled":
        return "It was cancelled. resume_job continues it."
    if not running and not completed:
        return "No worker has begun it. Ask again; if that stays so, ask whoever runs the service about workers."
    return "Ask again, with wait_seconds."


async def _in_thread(look: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(partial(look))


TOOLS = (
    Definition(submit_job, "Submit a job", "submit", "adds"),
    Definition(follow_job, "Follow a job"),
    Definition(cancel_job, "Cancel a job", "submit", "stops"),
    Definition(resume_job, "Resume a job", "submit", "adds"),
)
