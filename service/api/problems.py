"""Errors as RFC 9457 problems: one stable `type` a kind of error, with the field at fault and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from cypher.errors import Busy, InfluenceError
from service.answers.errors import told

MEDIA_TYPE = "application/problem+json"
RETRY = 10
"""Seconds after which a server that is away may be back."""
SOON = 5
"""Seconds after which there may be room again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "The request cannot be done"),
    "invalid-input": Kind(422, "A value cannot be used"),
    "invalid-query": Kind(422, "A mistake in a query"),
    "unusable-model": Kind(422, "The model cannot be used"),
    "pickled-weights": Kind(422, "The model's weights are pickled"),
    "not-found": Kind(404, "There is no such thing"),
    "conflict": Kind(409, "The state of something stands in the way"),
    "refused-query": Kind(403, "The query does more than read the graph"),
    "out-of-memory": Kind(422, "More memory is needed than is allowed"),
    "query-limit-exceeded": Kind(422, "The query needs more than it may take"),
    "server-error": Kind(502, "A server does not do what it should"),
    "server-unavailable": Kind(503, "A server is away"),
    "server-overloaded": Kind(503, "A server has too little memory"),
    "access-denied": Kind(502, "A server does not let this service in"),
    "error": Kind(500, "Something went wrong"),
    "unauthorized": Kind(401, "An API key is needed"),
    "forbidden": Kind(403, "The API key may not do this"),
    "foreign-origin": Kind(403, "A page of another origin asks"),
    "unknown-host": Kind(421, "The request is for another host"),
    "method-not-allowed": Kind(405, "There is no such method here"),
    "not-acceptable": Kind(406, "There is no such format"),
    "too-slow": Kind(408, "The request did not come in time"),
    "too-large": Kind(413, "The request is too large"),
    "unsupported-media-type": Kind(415, "The body has another type"),
    "too-many-requests": Kind(429, "Too many requests"),
    "internal-error": Kind(500, "Something went wrong"),
}
"""By code, which does not change between versions; those of `cypher.errors` keep their own."""

BY_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    413: "too-large",
    415: "unsupported-media-type",
}


class Problem(Exception):
    """A problem that only HTTP has.

    Args:
        code: of `KINDS`.
        fix: what to do, as an imperative.
    """

    def __init__(self, code: str, detail: str, fix: str, headers: Mapping[str, str] | None = None):
        super().__init__(detail)
        self.code, self.detail, self.fix, self.headers = code, detail, fix, headers


def answer(
    code: str,
    detail: str,
    *,
    field: str | None = None,
    fix: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """A problem as a response."""
    kind = KINDS[code]
    content = {
        "type": f"/problems/{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "field": field,
        "fix": fix,
        **more,
    }
    known = {name: value for name, value in content.items() if value is not None}
    retry = {"Retry-After": str(RETRY)} if kind.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse(known, kind.status, {**retry, **(headers or {})}, media_type=MEDIA_TYPE)


def of_error(error: InfluenceError) -> JSONResponse:
    """One of the project's own errors as a response."""
    known = told(error)
    headers = {"Retry-After": str(SOON)} if isinstance(error, Busy) else None
    return answer(known.code, known.problem, field=known.field, fix=known.fix, where=known.where, headers=headers)


def install(app: FastAPI) -> None:
    """Every error of an application becomes a problem, and none shows a trace."""

    @app.exception_handler(InfluenceError)
    async def influence_error(request: Request, error: InfluenceError) -> JSONResponse:
        return of_error(error)

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return answer(error.code, error.detail, fix=error.fix, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"field": _field(each["loc"]), "detail": each["msg"]} for each in error.errors()]
        first = errors[0]
        fix = "Correct it; the description of the API says what it takes."
        return answer("invalid-input", first["detail"], field=first["field"], fix=fix, errors=errors)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        code = BY_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal-error")
        return answer(code, str(error.detail).lower(), headers=error.headers)


def unexpected(error: Exception, request: str) -> JSONResponse:
    """An error that nobody expected, which only the log tells.

    Args:
        request: its id.
    """
    log.error("unexpected", request=request, exc_info=error)
    return answer("internal-error", "the service met an error that it does not know", fix="Report it, please.")


def _field(where: tuple[int | str, ...]) -> str:
    """The name of a value in a request, such as `sentences.3.text`."""
    parts = [str(part) for part in where]
    return ".".join(parts[1:] or parts)
