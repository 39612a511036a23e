"""What tools have at hand: the servers, whoever asks, and advice of the front end that runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from mcp.server.mcpserver import Context

from cypher.errors import InfluenceError
from service.operations.keys import LOCAL, Caller
from service.operations.sharing import SharedServers


@dataclass(frozen=True, slots=True)
class Desk:
    """One for each server."""

    servers: SharedServers
    caller_of: Callable[[Any], Caller] = lambda request: LOCAL
    """Who makes a request; None in its place where there is none, as over stdio."""
    advice: Callable[[InfluenceError], str] = lambda error: ""
    """What else to say of an error."""


TheContext: TypeAlias = Context[Desk, Any]


def desk_of(context: TheContext) -> Desk:
    return context.request_context.lifespan_context


def caller_of(context: TheContext) -> Caller:
    return desk_of(context).caller_of(context.request_context.request)
