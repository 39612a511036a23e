"""`/mcp`: the tools of an agent over HTTP, under the same keys, limits and log as every other request.

Every request stands alone, so that any of the service's processes can answer it.
"""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.api.security import bearer, identified
from service.api.services import Services
from service.mcp.desk import Desk
from service.mcp.server import create_server

PATH = "/mcp"


class ToolsEndpoint:
    """Finds out who asks, and hands the request on; each tool asks for its scope."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = route  # as FastAPI's own do, for the log and the metrics
        request = Request(scope, receive)
        request.state.caller = await to_thread(identified, request, await bearer(request))
        await request.app.state.tools.handle_request(scope, receive, send)


route = Route(PATH, ToolsEndpoint(), methods=["POST"], include_in_schema=False)


@asynccontextmanager
async def tools(app: FastAPI, services: Services) -> AsyncIterator[None]:
    """The tools of an application, while it runs."""
    server = create_server(Desk(services, _caller_of))
    server.streamable_http_app(
        stateless_http=True,
        max_request_body_size=services.settings.body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # which `Gate` does
    )
    app.state.tools = server.session_manager
    async with server.session_manager.run():
        yield


def _caller_of(request: Any) -> Any:
    return request.state.caller
