"""Queries that take most of a server's memory, on a server of the usual size that no other test needs."""

from collections.abc import Iterator

import pytest

from cypher.errors import QueryLimitExceeded
from cypher.neo4j_server.server import down, up
from cypher.queries.sandbox import run_query
from cypher.servers.daemon import MEBIBYTE
from cypher.store.store import Store
from tests.graph import local_server

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Store]:
    server = local_server(tmp_path_factory.mktemp("heavy"), heap=1024 * MEBIBYTE)
    with Store.open(up(server).connection, migrate=True) as store:
        yield store
    down(server)


@pytest.mark.parametrize(
    "text",
    [
        "RETURN reduce(s = 'x', i IN range(1, 26) | s + s) AS s",
        "UNWIND range(1, 1000) AS x RETURN reduce(s = 'x', i IN range(1, 20) | s + s) AS s",
    ],
)
def test_an_answer_that_is_too_large_is_told(store, text):
    with pytest.raises(QueryLimitExceeded, match="the answer is too large"):
        run_query(store, text, {}, seconds=60)
    assert run_query(store, "RETURN 1 AS x", {}).rows == [(1,)]


def test_a_text_that_no_server_can_hold_is_told(store):
    text = "WITH reduce(s = 'x', i IN range(1, 25) | s + s) AS s RETURN size(replace(s, 'x', $y)) AS n"
    with pytest.raises(QueryLimitExceeded, match="larger than the server can hold"):
        run_query(store, text, {"y": "y" * 64}, seconds=60)
