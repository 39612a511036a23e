"""Answers are compressed for those who take gzip, but not what is compressed already, nor streams of events."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COMPRESSED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/pdf", "application/vnd.apache.parquet")
"""Media types, among them event streams, of which every part is to be sent at once."""
SMALLEST = 1000
"""Bytes that are worth it."""
LEVEL = 5


class Compression:
    """gzip, with what caches need to know of it."""

    def __init__(self, app: ASGIApp):
        self._plain = app
        self._packing = GZipMiddleware(app, SMALLEST, LEVEL, exclude_content_types=COMPRESSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(raw=message["headers"]), message["status"])
            await send(message)

        takes_it = scope["type"] == "http" and _takes_gzip(Headers(scope=scope).get("accept-encoding", ""))
        await (self._packing if takes_it else self._plain)(scope, receive, send_marked)


def _mark(headers: MutableHeaders, status: int) -> None:
    """Tell caches that there are two forms, which one ETag stands for: it is a weak one (RFC 9110, 8.8.1)."""
    if headers.get("content-type", "").partition(";")[0] not in COMPRESSED and (status == 304 or "etag" in headers):
        if "accept-encoding" not in headers.get("vary", "").lower():
            headers.add_vary_header("Accept-Encoding")
    if headers.get("content-encoding") == "gzip" and headers.get("etag", "").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"


def _takes_gzip(accepted: str) -> bool:
    """Does a client take it, by its header Accept-Encoding?"""
    for each in accepted.lower().split(","):
        name, _, weight = each.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or not weight
    return False
