"""A Neo4j of the store's tests alone, to kill and to change the schema of."""

from collections.abc import Iterator

import pytest

from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from tests.graph import local_server


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[LocalServer]:
    """It runs, and holds what the test before left."""
    server = local_server(tmp_path_factory.mktemp("graph"))
    up(server)
    yield server
    down(server)
