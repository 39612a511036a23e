"""Connections: what uvicorn leaves to chance of them.

1. A client has `PATIENCE` seconds to send the head of a request, however little it sends at a time.
2. What is no HTTP is told so by a problem, as everything else is.
3. When the service stops, so do the event streams of its connections (`streams`).
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.api.problems import answer
from service.api.streams import END

PATIENCE = 10.0


class Protocol(H11Protocol):
    """HTTP/1.1 over one connection."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._mind_the_time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._mind_the_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if not self._waits() and (end := self.cycle.scope.get("state", {}).get(END)) is not None:
            end()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        self._refuse("bad-request", "this is no HTTP request", "Send one.")

    def _waits(self) -> bool:
        """Is there no request that is being answered?"""
        return self.cycle is None or self.cycle.response_complete

    def _mind_the_time(self) -> None:
        if not self._waits():
            self._let_go()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(PATIENCE, self._too_late)

    def _let_go(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or not self._waits():
            return
        if self.conn.our_state is h11.IDLE:
            self._refuse("too-slow", "the request did not come in time", "Send it at once.")
        else:  # the rest of a body whose request was answered
            self.transport.close()

    def _refuse(self, code: str, detail: str, fix: str) -> None:
        problem = answer(code, detail, fix=fix, headers={"Connection": "close"})
        response = h11.Response(status_code=problem.status_code, headers=problem.raw_headers)
        for event in (response, h11.Data(data=bytes(problem.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
