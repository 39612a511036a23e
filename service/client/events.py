"""The progress of a job as server-sent events, across broken connections.

1. The service tells each change once, and each has an id.
2. Where the connection breaks, it is opened again with the id of what was told last, so that nothing is told twice.
3. After some tries in a row that bring nothing new, it is given up; where nothing answers at first, at once.
"""

import json
import time
from collections.abc import Iterator

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError

from cypher.errors import Busy, ServerOverloaded, ServerUnavailable
from cypher.ledger.jobs import JobProgress
from service.client.problems import SERVICE, unreadable
from service.client.records import read
from service.client.transport import Transport

EVENTS = "text/event-stream"
SILENCE = 60.0
"""Seconds without a byte, while the service sends some every 15, after which a connection is broken."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Seconds before each try in a row."""


def follow(transport: Transport, path: str) -> Iterator[JobProgress]:
    """A job's progress: now, whenever it changes, and for the last time when it has ended.

    Args:
        path: of its events.

    Raises:
        InfluenceError: as the service says, or it gives no answer in several tries.
    """
    known: str | None = None
    pauses = iter(PAUSES)
    while True:
        headers = {"Accept": EVENTS, "Cache-Control": "no-store"} | ({} if known is None else {"Last-Event-ID": known})
        try:
            with transport.stream(path, headers=headers, timeout=SILENCE) as response:
                for event in _events(response):
                    known, pauses = event.id, iter(PAUSES)
                    yield _progress(event.data)
                    if event.event == "ended":
                        return
            failure = ServerUnavailable(SERVICE, f"{transport.url} tells no more of the job", "Watch it again.")
        except (ServerUnavailable, ServerOverloaded, Busy) as error:
            if known is None and error.field == SERVICE:
                raise
            failure = error
        if (pause := next(pauses, None)) is None:
            raise failure from None
        time.sleep(pause)


def _events(response: httpx.Response) -> Iterator[ServerSentEvent]:
    try:
        yield from EventSource(response).iter_sse()
    except SSEError:  # it has another type
        raise unreadable() from None


def _progress(text: str) -> JobProgress:
    try:
        return read(JobProgress, json.loads(text))
    except ValueError:
        raise unreadable() from None
