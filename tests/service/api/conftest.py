"""The API as a client meets it, over this process's Neo4j and broker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from service.api.app import create_app
from service.api.protocol import Protocol
from service.api.settings import read_settings
from service.operations.keys import Keys
from tests.workers.jobs.conftest import free_port, until
from workers.environment import Environment

Serve = Callable[..., TestClient]
ADDRESS = "http://127.0.0.1:8642"
PATIENCE = 120.0


@contextmanager
def listening(environment: Environment, *, port: int | None = None, **settings: object) -> Iterator[str]:
    """The address of a service that listens, in a thread of this process, at this port or at any that is free."""
    port = port or free_port()
    app = create_app(environment, read_settings(port=port, **settings))
    server = uvicorn.Server(uvicorn.Config(app, port=port, http=Protocol, log_level="error", server_header=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, PATIENCE)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def environment(neo4j_server, broker, tmp_path) -> Environment:
    """Of a service that has both servers, and no keys yet."""
    return Environment(
        home=tmp_path / "home",
        neo4j_uri=neo4j_server.uri,
        neo4j_user=neo4j_server.user,
        neo4j_password=neo4j_server.password,
        redis_url=broker.url,
        redis_user=broker.user,
        redis_password=broker.password,
    )


@pytest.fixture
def keys(environment) -> Keys:
    return Keys(environment.folder / "keys.json")


@pytest.fixture
def serve(request) -> Iterator[Serve]:
    """Starts an application in this process, of this process's servers or of others; settings can be given."""
    running: list[TestClient] = []

    def start(environment: Environment | None = None, **settings: object) -> TestClient:
        app = create_app(environment or request.getfixturevalue("environment"), read_settings(**settings))
        client = TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)
        client.__enter__()
        running.append(client)
        return client

    yield start
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve) -> TestClient:
    return serve()


def offline(tmp_path: Path, **changes: object) -> Environment:
    """Of a service whose servers are away."""
    usual = {"neo4j_uri": "bolt://127.0.0.1:9", "neo4j_password": "p", "redis_url": "redis://127.0.0.1:9"}
    return Environment(home=tmp_path / "offline", **{**usual, **changes})  # pyright: ignore[reportArgumentType]
