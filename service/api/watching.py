"""Jobs that are watched: each is looked at by one task, however many watch it, and only while somebody does."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cypher.errors import NotFound, ServerError
from cypher.ledger.jobs import JobProgress
from service.answers.jobs import plain
from service.operations.jobs import FINISHED

PAUSE = 1.0
"""Seconds between looks at a job."""
LONGEST = 15.0
"""Seconds between looks while the graph is away."""


@dataclass(frozen=True, slots=True)
class Event:
    """A job's progress at a moment. Equal progress has equal ids."""

    id: str
    data: dict[str, Any]
    ended: bool


@dataclass(slots=True)
class _Watched:
    """One job, and who is told of it."""

    look: Callable[[], JobProgress]
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    last: Event | None = None
    error: Exception | None = None
    watchers: int = 0
    task: "asyncio.Task[None] | None" = None


class Watching:
    """The jobs that are watched, in one event loop."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Watched] = {}

    async def events(
        self, run: str, look: Callable[[], JobProgress], known: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """A job's progress: now, whenever it changes, and for the last time when it has ended.

        Args:
            run: id.
            look: asks the graph; called in a thread.
            known: id of the event that the watcher saw last; it is not told again.

        It also ends where the run is deleted; a stream has begun by then, and can tell no problem any more.
        """
        job = self._jobs.setdefault(run, _Watched(look))
        job.watchers += 1
        if job.task is None:
            job.task = asyncio.create_task(self._follow(job))
        try:
            while True:
                async with job.changed:
                    while job.error is None and (job.last is None or (job.last.id == known and not job.last.ended)):
                        await job.changed.wait()
                if isinstance(job.error, NotFound):
                    return
                if job.error is not None:
                    raise job.error
                assert job.last is not None
                event = job.last
                if event.id != known:
                    known = event.id
                    yield event
                if event.ended:
                    return
        finally:
            job.watchers -= 1
            if not job.watchers:
                self._jobs.pop(run, None)
                job.task.cancel()
                with suppress(asyncio.CancelledError):
                    await job.task

    async def _follow(self, job: _Watched) -> None:
        pause = PAUSE
        while job.last is None or not job.last.ended:
            try:
                event = event_of(await asyncio.to_thread(job.look))
                pause = PAUSE
            except ServerError:  # it is restarted: its watchers wait
                await asyncio.sleep(pause := min(LONGEST, 2 * pause))
                continue
            except Exception as error:
                async with job.changed:
                    job.error = error
                    job.changed.notify_all()
                return
            if job.last is None or event.id != job.last.id:
                async with job.changed:
                    job.last = event
                    job.changed.notify_all()
            await asyncio.sleep(PAUSE)


def event_of(progress: JobProgress) -> Event:
    """The event that tells of this progress."""
    data = plain(progress)
    text = json.dumps(data, sort_keys=True)
    return Event(sha256(text.encode()).hexdigest()[:16], data, progress.status in FINISHED)
