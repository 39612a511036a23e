"""Who asks, from where, and for what.

1. `Gate` looks at every request before anything else: is it for this host, and from no page of another origin?
   Without that, any page that a colleague opens could talk to a service on loopback (DNS rebinding, forged
   requests).
2. `requires(scope)` finds the caller by its key. As long as nobody has ever made a key, the service is this machine's
   alone, and whoever reaches it may do everything, but not through a proxy; it does not start elsewhere.
3. What changes something goes into the audit log, with the caller.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from service.api.problems import Problem, answer, unexpected
from service.api.services import Services
from service.api.settings import ServiceSettings
from service.operations.keys import CHANGING, LOCAL, Caller, Scope

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
ID = "X-Request-ID"
SAFE = ("GET", "HEAD", "OPTIONS")
PROXIES = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})
"""Headers of requests that come through a proxy, from wherever."""
PATIENCE, SLOWEST = 20.0, 10_000.0
"""Seconds that the body of a request has in any case, and bytes that it has one more second for."""

log = structlog.get_logger()


class Gate:
    """Looks at requests before the application does, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings):
        self._app, self._settings = app, settings

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, name = Headers(scope=scope), uuid4().hex
        scope.setdefault("state", {})["request_id"] = name
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = MutableHeaders(scope=message)
                for header, value in {**HEADERS, ID: name}.items():
                    own.setdefault(header, value)
                own.setdefault("Cache-Control", "no-store")
            await send(message)

        if (refusal := self._refusal(scope, headers)) is not None:
            await refusal(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, self._bounded(receive), send_with_headers)
        except Exception as error:
            if started:
                raise
            await unexpected(error, name)(scope, receive, send_with_headers)

    def _bounded(self, receive: Receive) -> Receive:
        """What is received, until it is too much or comes too slowly."""
        seen, complete, began = 0, False, asyncio.get_running_loop().time()

        async def receive_bounded() -> Message:
            nonlocal seen, complete
            try:
                async with asyncio.timeout_at(None if complete else began + PATIENCE + seen / SLOWEST):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "the body of the request did not come in time") from None
            seen, complete = seen + len(message.get("body", b"")), not message.get("more_body", False)
            if seen > self._settings.body:
                raise HTTPException(413, self._too_large)
            return message

        return receive_bounded

    @property
    def _too_large(self) -> str:
        return f"the request has more than the {self._settings.body:,} bytes that it may have"

    def _refusal(self, scope: Asgi, headers: Headers) -> ASGIApp | None:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self._settings.body:  # not read at all
            return answer("too-large", self._too_large, headers={"Connection": "close"})
        host = _host(f"//{headers.get('host', '')}")
        if host not in self._settings.known_hosts:
            fix = "Use one of the names that it is told to serve."
            return answer("unknown-host", "this service is not the one of that host", fix=fix)
        origin = headers.get("origin")
        if origin is not None and _origin(origin) != (scope["scheme"], headers.get("host", "").lower()):
            return answer(
                "foreign-origin", "a page of another origin must not use this service", fix="Ask from its own."
            )
        if headers.get("sec-fetch-site") == "cross-site" and scope["method"] not in SAFE:
            return answer("foreign-origin", "a page of another site must not use this service", fix="Ask from its own.")
        return None


def _host(address: str) -> str | None:
    """The name in an address; None of one that is none."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _origin(origin: str) -> tuple[str, str] | None:
    """Scheme, and host with its port."""
    try:
        parts = urlsplit(origin)
        return parts.scheme, parts.netloc.lower()
    except ValueError:
        return None


bearer = HTTPBearer(auto_error=False, bearerFormat="ig_<id>_<secret>", description="An API key.")


def requires(scope: Scope) -> Callable[..., Caller]:
    """The caller, who may do what asks for this scope; a dependency."""

    def caller(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None
    ) -> Caller:
        found = identified(request, credentials)
        if not found.may(scope):
            fix = f"Use a key with the scope {scope}."
            raise Problem("forbidden", f"the key {found.name!r} has the scopes {', '.join(found.scopes)}", fix)
        if scope in CHANGING and request.method not in SAFE:
            log.info(
                "audit",
                caller=found.id,
                name=found.name,
                method=request.method,
                path=request.url.path,
                request=request.state.request_id,
            )
        return found

    return caller


def identified(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    """Who makes a request, which is counted.

    Raises:
        Problem: nobody who may, or one who asks too often.
    """
    services: Services = request.app.state.services
    caller = _caller(request, services, credentials)
    services.count_request(caller.id)
    return caller


def _caller(request: Request, services: Services, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    if credentials is None:
        if not services.keys.exist and services.settings.is_local and not PROXIES.intersection(request.headers):
            return LOCAL
        header = {"WWW-Authenticate": "Bearer"}
        raise Problem("unauthorized", "there is no API key", "Send one as Authorization: Bearer KEY.", header)
    key = services.keys.find(credentials.credentials)
    if key is None:
        header = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem("unauthorized", "the API key is unknown or has expired", "Use another.", header)
    return key.caller


def needs(scope: Scope) -> list[Any]:
    """The dependencies of routes that ask for this scope."""
    return [Depends(requires(scope))]
