"""Where a Neo4j is, and what is said when one cannot get in."""

import socket

import pytest

from cypher.connection import SCHEMES, Connection, known_version, open_driver
from cypher.errors import GraphError, Refused, Unreachable, Unusable


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_of_the_driver_is_taken(scheme):
    assert Connection(f"{scheme}://graph.example.org:7687", "neo4j", "secret").uri.startswith(scheme)


@pytest.mark.parametrize(
    "uri",
    ["", "localhost:7687", "http://localhost:7474", "bolt://", "bolt://host:port", "bolt://host:99999", "bolt://[::1"],
)
def test_what_is_no_address(uri):
    with pytest.raises(Unusable, match=r"no Neo4j address|address is none"):
        Connection(uri, "neo4j", "secret")


def test_secrets_are_not_shown():
    assert "hunter2" not in repr(Connection("bolt://localhost", "neo4j", "hunter2"))
    with pytest.raises(Unusable) as caught:
        Connection("bolt://neo4j:hunter2@localhost", "neo4j", "hunter2")
    assert "hunter2" not in str(caught.value) and "INFLUENCE_NEO4J_PASSWORD" in caught.value.fix


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/5.26.30", "Neo4j/5.27-aura", "Neo4j/2025.01.0"])
def test_known_versions(agent):
    assert known_version(agent, "bolt://here") == agent.removeprefix("Neo4j/")


@pytest.mark.parametrize("agent", ["Neo4j/4.4.30", "Neo4j/5.25.1", "Memgraph/3.0", "Neo4j", ""])
def test_other_versions(agent):
    with pytest.raises(GraphError, match=r"Use Neo4j 5\.26 or newer"):
        known_version(agent, "bolt://here")


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"no Neo4j answers at bolt://127.0.0.1:{port}"):
        open_driver(Connection(f"bolt://127.0.0.1:{port}", "neo4j", "secret"))


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_wrong_password(neo4j_server, scheme):
    uri = neo4j_server.uri.replace("bolt", scheme)
    with pytest.raises(Refused) as caught:
        open_driver(Connection(uri, neo4j_server.user, "wrong"))
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_both_plain_schemes_get_in(neo4j_server, scheme):
    uri = neo4j_server.uri.replace("bolt", scheme)
    with open_driver(Connection(uri, neo4j_server.user, neo4j_server.password)) as driver:
        driver.verify_connectivity()


@pytest.mark.parametrize("scheme", ["bolt+s", "bolt+ssc", "neo4j+s"])
def test_a_server_without_tls_is_no_server_for_tls(neo4j_server, scheme):
    uri = neo4j_server.uri.replace("bolt", scheme)
    with pytest.raises(Unreachable, match="no Neo4j answers"):
        open_driver(Connection(uri, neo4j_server.user, neo4j_server.password))
