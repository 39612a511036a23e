"""Jobs: submitted, followed, cancelled, resumed."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Request, Response, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from cypher.errors import InvalidInput
from cypher.ledger.ledger import Ledger
from service.answers.jobs import Failure, Logs, Progress, Resumed, Submitted, Told, plain
from service.answers.runs import Run
from service.api.security import Caller, needs, requires
from service.api.services import Services, TheConnections, TheServices, TheStore
from service.api.uploads import Upload, read_options, uploaded
from service.api.watching import Watching
from service.operations import jobs as operations
from service.operations.job_requests import JobOptions, read_inline, submit_request
from workers.datasets import file_stem, iter_instances
from workers.datasets.instance import Instance

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

SOON = 2
"""Seconds after which a new job is worth a look."""
NAMED = 1000
"""Sentences that are left out, of which the problem is told."""


class NewJob(JobOptions):
    """Sentences, and what is to be found out about them."""

    stem: Annotated[str, Field(min_length=1, description="What the name begins with where none is given.")] = "job"

    sentences: Annotated[list[dict[str, Any]], Field(min_length=1, description="With the fields of an input file.")]


@dataclass(frozen=True, slots=True)
class Submission:
    """What every way to submit has in common; a dependency."""

    services: TheServices
    connections: TheConnections
    caller: Annotated[Caller, Depends(requires("submit"))]
    idempotency_key: Annotated[str | None, Header(max_length=200, description="The same again is the same job.")] = None


TheSubmission = Annotated[Submission, Depends(Submission)]


@router.post("", status_code=202)
def submit(job: NewJob, response: Response, submission: TheSubmission) -> Submitted:
    """Queue sentences for the workers. Everything is checked first; nothing is queued if something is wrong."""
    told = Told(NAMED)
    instances = read_inline(job.sentences, told.leave_out if job.skip_bad else None)
    return _submit(job, job.stem, instances, told, submission, response)


@router.post("/files", status_code=202)
def submit_file(
    file: Annotated[UploadFile, File(description="Sentences in any form that is read, plain or gzip.")],
    response: Response,
    submission: TheSubmission,
    options: Annotated[str, Form(description="JSON: what `POST /v1/jobs` takes besides the sentences.")] = "{}",
) -> Submitted:
    """Queue the sentences of a file, however many: they are read one after the other."""
    job = read_options(JobOptions, options)
    submission.services.limits.check_model(job.model)  # before the file is read
    with uploaded(file) as upload:
        told = Told(NAMED, upload.place)
        instances = _of_file(upload, job.skip_bad, told, submission.services.limits.unpacked)
        return _submit(job, file_stem(upload.path), instances, told, submission, response)


def _of_file(upload: Upload, skip_bad: bool, told: Told, most: int) -> Iterator[Instance]:
    """The sentences, placed in the file as its owner calls it."""
    notice = told.notices.append
    found = iter_instances(upload.path, skip_bad=skip_bad, on_bad=told.leave_out, on_notice=notice, most=most)
    try:
        for instance in found:
            yield replace(instance, origin=upload.place(instance.origin))
    except InvalidInput as error:
        raise upload.located(error) from None


def _submit(
    job: JobOptions, stem: str, instances: Iterable[Instance], told: Told, submission: Submission, response: Response
) -> Submitted:
    services, caller, key = submission.services, submission.caller, submission.idempotency_key
    done = submit_request(
        submission.connections,
        services.limits,
        job,
        instances,
        stem=stem,
        caller=caller.id,
        idempotency_key=key,
        load=services.model,
        on_bad=told.leave_out if job.skip_bad else None,
        on_notice=told.notices.append,
    )
    response.headers["Location"] = f"/v1/jobs/{done.run}"
    response.headers["Retry-After"] = str(SOON)
    return Submitted.of(done, told)


@router.get("/{run}", dependencies=needs("read"))
def progress(run: str, store: TheStore) -> Progress:
    """How far a job is."""
    return Progress(**plain(operations.progress(store, run)))


@router.get("/{run}/failures", dependencies=needs("read"))
def failures(run: str, store: TheStore) -> list[Failure]:
    """All sentences of a job that cannot be computed, with the reason."""
    found = operations.find_job(store, run)
    return [Failure(**each._asdict()) for each in Ledger(store).failures(found.id)]


@router.get("/{run}/logs", dependencies=needs("submit"))
def logs(run: str, services: TheServices, store: TheStore) -> Logs:
    """What the workers of the service's machine logged about a run, and its sentences that cannot be computed."""
    return Logs.of(operations.logs(store, run, services.environment.logs))


def _watched(run: str, store: TheStore) -> str:
    """The job's id; so that what is unknown is a problem, and not a stream."""
    return operations.find_job(store, run).id


@router.get("/{run}/events", dependencies=needs("read"), response_class=EventSourceResponse)
async def events(
    request: Request,
    run: Annotated[str, Depends(_watched)],
    last_event_id: Annotated[str | None, Header(description="Of the event that was seen last.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """A job's progress as server-sent events: now, whenever it changes, and when it has ended."""
    services: Services = request.app.state.services
    watching: Watching = request.app.state.watching
    following = watching.events(run, lambda: Ledger(services.store()).progress(run), last_event_id)
    async with aclosing(following) as told:
        async for event in told:
            yield ServerSentEvent(data=event.data, event="ended" if event.ended else "progress", id=event.id)


@router.post("/{run}/cancel", dependencies=needs("submit"))
def cancel(run: str, store: TheStore) -> Run:
    """Stop a job; its results stay."""
    return Run.of(operations.cancel(store, run))


@router.post("/{run}/resume", status_code=202, dependencies=needs("submit"))
def resume(run: str, connections: TheConnections) -> Resumed:
    """Queue what is missing of a job that was cancelled or has failed, as a whole or in part."""
    done = operations.resume(connections, run)
    return Resumed.of(done)
