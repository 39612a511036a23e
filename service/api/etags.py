"""Answers that can no longer change: they are kept, and get an ETag, so that who has one is told so in a few bytes."""

from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from threading import Lock

from cachetools import LRUCache
from fastapi import Request
from starlette.responses import Response, StreamingResponse

CACHE = "private, no-cache"
"""It may be kept, and is to be asked about each time."""
VERSION = version("influence-graph")
KEPT = 64 * 2**20
"""Bytes of answers that a process keeps."""


def unless_known(request: Request, of: str | None, make: Callable[[], Response]) -> Response:
    """The answer, or 304 where the caller has it.

    Args:
        of: all that the answer depends on besides the request; None where that can change.
    """
    if of is None:
        return make()
    asked = (request.url.path, str(request.url.query), request.headers.get("accept", ""))
    tag = f'"{sha256(repr((VERSION, of, asked)).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE, "Vary": "Accept, Authorization"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    answers: Answers = request.app.state.answers
    response = answers.find(tag)
    if response is None:
        response = make()
        answers.keep(tag, response)
    response.headers.update(headers)
    return response


class Answers:
    """Answers that can no longer change, kept in memory until there are too many bytes of them; for many threads."""

    def __init__(self, size: int = KEPT):
        self._lock = Lock()
        self._kept: LRUCache[str, tuple[bytes, int, dict[str, str]]] = LRUCache(size, lambda kept: len(kept[0]))

    def find(self, tag: str) -> Response | None:
        """The answer of this tag, where it is kept."""
        with self._lock:
            kept = self._kept.get(tag)
        if kept is None:
            return None
        body, status, headers = kept
        return Response(body, status, headers)

    def keep(self, tag: str, response: Response) -> None:
        """Keep an answer, unless it is a stream, or too large for others to have room."""
        if isinstance(response, StreamingResponse) or len(response.body) > self._kept.maxsize / 8:
            return
        with self._lock:
            self._kept[tag] = bytes(response.body), response.status_code, dict(response.headers)
