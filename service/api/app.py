"""The application: routers, what every request passes, and what they share."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from service.api import mcp, problems
from service.api.compression import Compression
from service.api.etags import Answers
from service.api.problems import KINDS
from service.api.routers import (
    ablations,
    aggregates,
    analyses,
    exports,
    figures,
    health,
    jobs,
    models,
    pages,
    queries,
    reading,
    reports,
    runs,
    schema,
    sentences,
    tasks,
)
from service.api.security import Gate
from service.api.services import Services
from service.api.settings import ServiceSettings
from service.api.streams import Streams
from service.api.telemetry import Telemetry
from service.api.tracing import Tracing, open_collector
from service.api.watching import Watching
from workers.environment import Environment

ROUTERS = (
    runs.router,
    sentences.router,
    aggregates.router,
    reports.router,
    figures.router,
    schema.router,
    queries.router,
    jobs.router,
    analyses.router,
    ablations.router,
    exports.router,
    models.router,
    tasks.router,
)
"""In the order of the documentation."""
DESCRIPTION = "Which path, through which heads, carries each word's effect to a transformer's prediction."


def create_app(environment: Environment, settings: ServiceSettings) -> FastAPI:
    """The application for these servers."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = app.state.services = Services(environment, settings)
        app.state.watching = Watching()
        app.state.answers = Answers()
        try:
            async with mcp.tools(app, services):
                yield
        finally:
            services.close()
            if collector is not None:
                await to_thread(collector.close)

    collector = open_collector()
    app = FastAPI(
        title="Influence Graph",
        summary=DESCRIPTION,
        version=version("influence-graph"),
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # whose page loads scripts from elsewhere; `reading` has one that does not
        redoc_url=None,
        generate_unique_id_function=_operation,
    )
    app.include_router(health.router)
    app.include_router(reading.router)
    app.include_router(pages.router)
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(mcp.route)
    app.add_api_route("/problems/{code}", _describe, include_in_schema=False)
    problems.install(app)
    app.add_exception_handler(404, pages.lost)
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(Telemetry)
    if collector is not None:
        app.add_middleware(Tracing, provider=collector.provider)
    app.add_middleware(Compression)
    app.add_middleware(Streams)  # the outermost
    generate = app.openapi
    app.openapi = lambda: _with_problems(generate())
    return app


PROBLEMS = ("400", "401", "403", "404", "406", "409", "413", "422", "429", "502", "503")
"""Statuses that every operation may have; others are rare and have the same form."""

_PROBLEM = {
    "description": "A problem (RFC 9457).",
    "content": {
        problems.MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "enum": [f"/problems/{code}" for code in KINDS]},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "field": {"type": "string"},
                    "fix": {"type": "string"},
                    "where": {"type": "string"},
                },
            }
        }
    },
}


def _with_problems(description: dict[str, Any]) -> dict[str, Any]:
    """The description of the API, in which every error is a problem."""
    components = description["components"]
    components["responses"] = {"Problem": _PROBLEM}
    for name in ("HTTPValidationError", "ValidationError"):  # which nobody gets
        components["schemas"].pop(name, None)
    for operations in description["paths"].values():
        for operation in operations.values():
            for status in PROBLEMS:
                operation["responses"][status] = {"$ref": "#/components/responses/Problem"}
    return description


def _operation(route: APIRoute) -> str:
    """The name of an operation: its function's."""
    return route.name


def _describe(code: str) -> JSONResponse:
    """What a kind of problem is."""
    if code not in KINDS:
        return problems.answer("not-found", f"there is no kind of problem {code!r}", fix="Look for it in the API.")
    return JSONResponse({"type": f"/problems/{code}", "title": KINDS[code].title, "status": KINDS[code].status})
