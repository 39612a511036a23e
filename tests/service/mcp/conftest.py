"""Tools as an agent meets them: the SDK's own client, over a real process's pipes or a real port."""

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, Tool

from tests.service.api.conftest import environment, keys, listening  # noqa: F401 - fixtures
from tests.workers.jobs.conftest import COMMAND
from workers.environment import Environment


class Agent:
    """A client, one call at a time."""

    def __init__(self, portal: BlockingPortal, client: Client):
        self._portal, self._client = portal, client

    def tools(self) -> list[Tool]:
        return self._portal.call(self._client.list_tools).tools

    @property
    def instructions(self) -> str | None:
        return self._client.instructions

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return self._portal.call(self._client.call_tool, tool, arguments)

    def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool, as structure; the same as text."""
        result = self.call(tool, **arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        (content,) = result.content
        assert isinstance(content, TextContent) and json.loads(content.text) == result.structured_content
        return result.structured_content

    def refused(self, tool: str, **arguments: Any) -> str:
        """What a tool says of an error."""
        result = self.call(tool, **arguments)
        assert result.is_error, result.structured_content or result.content
        (content,) = result.content
        assert isinstance(content, TextContent)
        return content.text


def variables(environment: Environment) -> dict[str, str]:  # noqa: F811
    """What tells a process of these servers."""
    secrets = {"NEO4J_PASSWORD": environment.neo4j_password, "REDIS_PASSWORD": environment.redis_password}
    values = {
        "HOME": environment.home,
        "NEO4J_URI": environment.neo4j_uri,
        "NEO4J_USER": environment.neo4j_user,
        "REDIS_URL": environment.redis_url,
        "REDIS_USER": environment.redis_user,
        **{name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None},
    }
    return {f"INFLUENCE_{name}": str(value) for name, value in values.items() if value is not None}


@contextmanager
def connected(transport: Any, **options: Any) -> Iterator[Agent]:
    """A client of a transport."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(transport, **options)) as client,
    ):
        yield Agent(portal, client)


@contextmanager
def over_stdio(variables: Mapping[str, str], log: Path) -> Iterator[Agent]:
    """A client of a process `influence mcp`."""
    kept = {"OMP_NUM_THREADS": "1", "JDK_JAVA_OPTIONS": os.environ.get("JDK_JAVA_OPTIONS", "")}
    server = StdioServerParameters(command=COMMAND, args=["mcp"], env={**kept, **variables})
    with log.open("a") as errors, connected(stdio_client(server, errors)) as agent:
        yield agent


@contextmanager
def over_http(address: str, key: str | None = None, **options: Any) -> Iterator[Agent]:
    """A client of a service that listens."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    with connected(_streams(f"{address}/mcp", headers), **options) as agent:
        yield agent


@asynccontextmanager
async def _streams(url: str, headers: Mapping[str, str]) -> AsyncIterator[Any]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(120)) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


@pytest.fixture(params=["stdio", "http", "http of 2025"])
def agent(request, environment, tmp_path) -> Iterator[Agent]:  # noqa: F811
    """A client over each transport, where there are no keys."""
    with ExitStack() as stack:
        if request.param == "stdio":
            yield stack.enter_context(over_stdio(variables(environment), tmp_path / "errors.log"))
            return
        address = stack.enter_context(listening(environment, requests=100_000))
        mode = "auto" if request.param == "http" else "legacy"
        yield stack.enter_context(over_http(address, mode=mode))


@pytest.fixture
def http_agent(environment) -> Iterator[Agent]:  # noqa: F811
    """A client over HTTP, where there are no keys."""
    with listening(environment, requests=100_000) as address, over_http(address) as agent:
        yield agent
