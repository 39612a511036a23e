"""A real Neo4j for the tests: one a run, whatever the number of pytest's workers."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import portalocker
import pytest

from cypher.connection import Connection
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.daemon import MEBIBYTE
from cypher.store.store import Store
from workers.environment import Environment

HOME = "INFLUENCE_TEST_GRAPH"  # the folder of the run's server; workers have it from the process that started them


def local_server(home: Path, **changes: Any) -> LocalServer:
    """A small server in this folder, with the jars that every server shares."""
    usual = Environment(neo4j_uri=None).graph_server()
    assert isinstance(usual, LocalServer)
    small = replace(usual, home=home.resolve(), port=None, heap=512 * MEBIBYTE, page_cache=64 * MEBIBYTE)
    return replace(small, **changes)


def one_at_a_time() -> portalocker.Lock:
    """For tests that put work into the run's graph: it has one queue, and they would take each other's chunks."""
    return portalocker.Lock(Path(os.environ[HOME], "jobs.lock"), timeout=3600)


def run_server() -> LocalServer:
    """The server of this run; the fixture `neo4j_server` starts it."""
    return local_server(Path(os.environ[HOME]))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[HOME] = tempfile.mkdtemp(prefix="influence-graph-")
        os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"  # servers that live for minutes: half the compiling


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        down(run_server(), timeout=30)
        shutil.rmtree(os.environ.pop(HOME), ignore_errors=True)


@pytest.fixture(scope="session")
def neo4j_server() -> Connection:
    """The run's Neo4j: `uri`, `user` and `password`. The first test that asks starts it."""
    connection = up(run_server()).connection
    with Store.open(connection, migrate=True):
        return connection
