"""Where a Neo4j is, and what is said when one cannot get in."""

import socket
import subprocess
from dataclasses import replace

import pytest
from neo4j import Driver
from neo4j.exceptions import IncompleteCommit, ServiceUnavailable, SessionExpired

from cypher.connection import SCHEMES, Connection, known_version, open_driver
from cypher.errors import AccessDenied, InvalidInput, RequestError, ServerError, ServerUnavailable
from cypher.neo4j_server.local import USER, LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.daemon import HOST
from tests.cypher.bolt import NONE, serve_bolt
from tests.graph import local_server


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_of_the_driver_is_taken(scheme):
    assert Connection(f"{scheme}://graph.example.org:7687", "neo4j", "secret").uri.startswith(scheme)


@pytest.mark.parametrize(
    "uri",
    ["", "localhost:7687", "http://localhost:7474", "bolt://", "bolt://host:port", "bolt://host:99999", "bolt://[::1"],
)
def test_what_is_no_address(uri):
    with pytest.raises(RequestError, match=r"INFLUENCE_NEO4J_URI: .*(not a Neo4j address|this is not an address)"):
        Connection(uri, "neo4j", "secret")


def test_secrets_are_not_shown():
    assert "hunter2" not in repr(Connection("bolt://localhost", "neo4j", "hunter2"))
    with pytest.raises(RequestError) as caught:
        Connection("bolt://neo4j:hunter2@localhost", "neo4j", "hunter2")
    assert "hunter2" not in str(caught.value) and "INFLUENCE_NEO4J_PASSWORD" in caught.value.fix


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/5.26.30", "Neo4j/5.27-aura", "Neo4j/2025.01.0"])
def test_known_versions(agent):
    assert known_version(agent, "bolt://here") == agent.removeprefix("Neo4j/")


@pytest.mark.parametrize("agent", ["Neo4j/4.4.30", "Neo4j/5.25.1", "Memgraph/3.0", "Neo4j", ""])
def test_other_versions(agent):
    with pytest.raises(ServerError, match=r"Use Neo4j 5\.26 or newer"):
        known_version(agent, "bolt://here")


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ServerUnavailable, match=f"no Neo4j answers at bolt://127.0.0.1:{port}"):
        open_driver(Connection(f"bolt://127.0.0.1:{port}", "neo4j", "secret"))


@pytest.mark.parametrize("error", [ServiceUnavailable("gone"), SessionExpired("gone"), IncompleteCommit("gone")])
def test_a_server_that_ends_while_it_is_asked_gives_no_answer(neo4j_server, error, monkeypatch):
    assert neo4j_server.serves()

    def execute_query(self, query):
        raise error

    monkeypatch.setattr(Driver, "execute_query", execute_query)
    with pytest.raises(ServerUnavailable):
        neo4j_server.serves()


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_wrong_password(neo4j_server, scheme):
    uri = neo4j_server.uri.replace("bolt", scheme)
    with pytest.raises(AccessDenied) as caught:
        open_driver(Connection(uri, neo4j_server.user, "wrong"))
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_both_plain_schemes_get_in(neo4j_server, scheme):
    uri = neo4j_server.uri.replace("bolt", scheme)
    with open_driver(Connection(uri, neo4j_server.user, neo4j_server.password)) as driver:
        driver.verify_connectivity()


class TlsServer(LocalServer):
    """A server that takes TLS alone, with the certificate in its home."""

    def write_conf(self, port: int) -> None:
        super().write_conf(port)
        settings = {
            "server.bolt.tls_level": "REQUIRED",
            "dbms.ssl.policy.bolt.enabled": "true",
            "dbms.ssl.policy.bolt.base_directory": self.home,
            "dbms.ssl.policy.bolt.private_key": "key.pem",
            "dbms.ssl.policy.bolt.public_certificate": "certificate.pem",
            "dbms.ssl.policy.bolt.client_auth": "NONE",
        }
        with self.conf.open("a") as conf:
            conf.writelines(f"{name}={value}\n" for name, value in settings.items())

    def endpoint_at(self, port: int) -> Connection:
        return Connection(f"bolt+ssc://{HOST}:{port}", USER, self.password(), self.home / "logs")


def test_over_tls_a_certificate_is_trusted_or_told(tmp_path, monkeypatch):
    usual = local_server(tmp_path)
    server = TlsServer(home=usual.home, jars=usual.jars, heap=usual.heap, page_cache=usual.page_cache)
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 1 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1".split(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    anyone = up(server).connection
    try:
        with open_driver(anyone) as driver:
            assert driver.encrypted and driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
        for scheme in ("bolt+s", "neo4j+s"):
            uri = anyone.uri.replace("bolt+ssc", scheme)
            with pytest.raises(ServerError) as told:
                open_driver(replace(anyone, uri=uri))
            assert told.value.problem == f"the TLS certificate of {uri} is not trusted here (self-signed certificate)"
            assert f"begin the address with {scheme}sc://, which" in told.value.fix
        for scheme in ("bolt", "neo4j"):
            uri = anyone.uri.replace("bolt+ssc", scheme)
            with pytest.raises(ServerError) as told:
                open_driver(replace(anyone, uri=uri, logs=None))
            assert told.value.problem == f"the server at {uri} speaks TLS only"
            assert f"Begin the address with {scheme}+s://, or {scheme}+ssc://" in told.value.fix
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        with open_driver(replace(anyone, uri=anyone.uri.replace("bolt+ssc", "bolt+s"))) as driver:
            assert driver.encrypted
    finally:
        down(server)


def test_a_server_of_another_age():
    with serve_bolt("Neo4j/4.4.30") as uri, pytest.raises(ServerError) as told:
        open_driver(Connection(uri, "neo4j", "secret"))
    assert str(told.value) == f"{uri} is Neo4j/4.4.30. Use Neo4j 5.26 or newer."


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_speaks_no_known_version_of_bolt(scheme):
    with serve_bolt("", NONE) as uri, pytest.raises(ServerError) as told:
        open_driver(Connection(uri.replace("bolt", scheme), "neo4j", "secret"))
    assert told.value.problem.endswith(" is not a Neo4j, or one of another generation")
    assert told.value.fix == "Use Neo4j 5.26 or newer."


@pytest.mark.parametrize("scheme", ["bolt+s", "bolt+ssc", "neo4j+s"])
def test_a_server_without_tls_is_no_server_for_tls(neo4j_server, scheme, monkeypatch):
    monkeypatch.setattr("cypher.connection.SECONDS", 1.0)  # it waits in silence for more of what it takes for Bolt
    uri, plain = neo4j_server.uri.replace("bolt", scheme), scheme.partition("+")[0]
    with pytest.raises(ServerError, match="does not speak TLS") as told:
        open_driver(Connection(uri, neo4j_server.user, neo4j_server.password))
    assert f"begin the address with {plain}://" in told.value.fix


def test_what_is_no_neo4j_at_all(monkeypatch):
    monkeypatch.setattr("cypher.connection.SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        uri = f"bolt://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ServerUnavailable, match=f"what listens at {uri} does not answer as Neo4j does"):
            open_driver(Connection(uri, "neo4j", "secret"))


@pytest.mark.parametrize("end", ["/graph", "/graph/", "?database=graph", "?policy=eu&db=graph", "#graph"])
@pytest.mark.parametrize("scheme", ["bolt", "neo4j+s"])
def test_a_database_in_the_address_is_refused(scheme, end):
    with pytest.raises(InvalidInput, match="names a database") as told:
        Connection(f"{scheme}://localhost:7687{end}", "neo4j", "secret")
    assert "Leave it out" in told.value.fix


@pytest.mark.parametrize("uri", ["bolt://localhost/", "neo4j://localhost:7687?policy=eu"])
def test_what_names_no_database(uri):
    Connection(uri, "neo4j", "secret")
