"""What operators see of requests: a line of the log and metrics for each, by route and never by what was asked."""

import time
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNKNOWN = "unknown"
"""The route of a request that has none, and a method that is none."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder where several processes put their numbers together."""

REQUESTS = Counter("influence_http_requests", "Requests that were answered.", ["method", "route", "status"])
SECONDS = Histogram("influence_http_request_seconds", "Until the first byte of an answer.", ["method", "route"])

log = structlog.get_logger()


class Telemetry:
    """Counts and logs every request that is answered."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, first = time.perf_counter(), 500, 0.0

        async def send_timed(message: Message) -> None:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = int(message["status"]), time.perf_counter() - began
            await send(message)

        try:
            await self._app(scope, receive, send_timed)
        finally:
            method, route = method_of(scope), route_of(scope)
            REQUESTS.labels(method, route, str(status)).inc()
            SECONDS.labels(method, route).observe(first)
            seconds = round(time.perf_counter() - began, 4)
            name = scope.get("state", {}).get("request_id")
            log.info("answered", method=method, route=route, status=status, seconds=seconds, request=name)


def method_of(scope: Scope) -> str:
    """The request's method, if it is one of HTTP's: a client may send any word."""
    return scope["method"] if scope["method"] in METHODS else UNKNOWN


def route_of(scope: Scope) -> str:
    """The route of a request that was answered, with names in place of what was asked for."""
    return getattr(scope.get("route"), "path", UNKNOWN)


def exposition(folder: str | None) -> tuple[bytes, str]:
    """All numbers as Prometheus reads them, and their media type.

    Args:
        folder: where several processes put theirs together; None: this process's own.
    """
    if folder is None or not Path(folder).is_dir():
        return generate_latest(), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    return generate_latest(registry), CONTENT_TYPE_LATEST
