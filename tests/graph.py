"""A real Neo4j for the tests: one a run, whatever the number of pytest's workers."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from cypher.connection import Connection
from cypher.local import MEBIBYTE, LocalServer
from cypher.server import down, up
from service.settings import GraphSettings

HOME = "INFLUENCE_TEST_GRAPH"  # the folder of the run's server; workers have it from the process that started them


def local_server(home: Path, **changes: int) -> LocalServer:
    """A small server in this folder, with the jars that every server shares."""
    jars = GraphSettings(home=home, neo4j_uri=None).server()
    assert isinstance(jars, LocalServer)
    memory = {"heap": 512 * MEBIBYTE, "page_cache": 64 * MEBIBYTE}
    return LocalServer(home=home.resolve(), jars=jars.jars, **{**memory, **changes})


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[HOME] = tempfile.mkdtemp(prefix="influence-graph-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        home = Path(os.environ.pop(HOME))
        down(local_server(home), patience=30)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def neo4j_server() -> Connection:
    """The run's Neo4j: `uri`, `user` and `password`. The first test that asks starts it."""
    return up(local_server(Path(os.environ[HOME]))).connection
