"""Event streams end with the service, as if they had said all: their clients ask again, and are told the rest."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "text/event-stream"
END = "end_stream"
"""In a request's state: what ends its answer, if that is a stream of events."""


class Streams:
    """Lets whoever holds the connection end a stream of events. To be the outermost."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task, streams, asked = asyncio.current_task(), False, False
        assert task is not None

        def end() -> None:
            nonlocal asked
            asked = True
            if streams:
                task.cancel()

        async def send_noting(message: Message) -> None:
            nonlocal streams
            await send(message)
            if message["type"] == "http.response.start":
                streams = Headers(raw=message["headers"]).get("content-type", "").startswith(MEDIA_TYPE)
                if streams and asked:
                    task.cancel()

        scope.setdefault("state", {})[END] = end
        try:
            await self._app(scope, receive, send_noting)
        except asyncio.CancelledError:
            if not (streams and asked):
                raise
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
