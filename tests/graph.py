"""A real Neo4j for the tests: one for each of pytest's workers, so that they do not take each other's jobs."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cypher.connection import Connection
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.daemon import MEBIBYTE
from cypher.store.store import Store
from workers.environment import Environment


def local_server(home: Path, **changes: Any) -> LocalServer:
    """A small server in this folder, with the jars that every server shares."""
    usual = Environment(neo4j_uri=None).graph_server()
    assert isinstance(usual, LocalServer)
    small = replace(usual, home=home.resolve(), port=None, heap=512 * MEBIBYTE, page_cache=64 * MEBIBYTE)
    return replace(small, **changes)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"  # servers that live for minutes: half the compiling


@pytest.fixture(scope="session")
def local_neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """The server of this process, up; `neo4j_server` is how to reach it."""
    server = local_server(tmp_path_factory.mktemp("neo4j"))
    with Store.open(up(server).connection, migrate=True):
        pass
    yield server
    down(server, timeout=30)
    shutil.rmtree(server.home)


@pytest.fixture(scope="session")
def neo4j_server(local_neo4j: LocalServer) -> Connection:
    """This process's Neo4j: `uri`, `user` and `password`. The first test that asks starts it."""
    return local_neo4j.connection()
