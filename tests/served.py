"""A service that clients and commands use, in a process of its own, over this process's Neo4j and broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cypher.connection import Connection
from service.operations.keys import SCOPES, Keys
from workers.broker.connection import Broker

PATIENCE = 120.0


@dataclass(frozen=True)
class Service:
    """A service that listens."""

    url: str
    key: str
    log: Path


@contextmanager
def serving(home: Path, graph: Connection, broker: Broker) -> Iterator[Service]:
    """A service of these servers in a process of its own, which asks for a key."""
    from tests.workers.jobs.conftest import free_port, until  # only where a service is wanted

    port, log = free_port(), home / "service.log"
    _, key = Keys(home / "keys.json").create("tests", SCOPES)
    settings = {
        "INFLUENCE_HOME": home,
        "INFLUENCE_NEO4J_URI": graph.uri,
        "INFLUENCE_NEO4J_USER": graph.user,
        "INFLUENCE_NEO4J_PASSWORD": graph.password,
        "INFLUENCE_REDIS_URL": broker.url,
        "INFLUENCE_REDIS_PASSWORD": broker.password,
        "INFLUENCE_API_REQUESTS": 1_000_000,
        "INFLUENCE_API_MODELS": '["bundled", "bundled-sentiment", "/"]',
    }
    environment = os.environ | {name: str(value) for name, value in settings.items() if value is not None}
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    with log.open("w") as stream, subprocess.Popen(command, env=environment, stderr=stream, stdout=stream) as process:
        try:
            until(lambda: _answers(f"http://127.0.0.1:{port}/livez"), PATIENCE)
            yield Service(f"http://127.0.0.1:{port}", key, log)
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def service(neo4j_server, broker_server, tmp_path_factory) -> Iterator[Service]:
    """A service of the tests' servers."""
    with serving(tmp_path_factory.mktemp("service"), neo4j_server, broker_server) as found:
        yield found
