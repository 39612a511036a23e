"""Where the servers are, from the environment."""

from pathlib import Path

import pytest

from cypher.connection import Connection
from cypher.errors import RequestError, ServerError
from cypher.neo4j_server.local import LocalServer
from cypher.servers.daemon import MEBIBYTE
from workers import environment
from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.environment import read_environment
from workers.limits import Limits


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch, tmp_path):
    for name in ("REDIS_URL", "REDIS_USER", "REDIS_PASSWORD", "REDIS_PORT", "SECRETS_DIR"):
        monkeypatch.delenv(f"INFLUENCE_{name}", raising=False)
    for name in ("NEO4J_URI", "NEO4J_USER", "NEO4J_PASSWORD", "NEO4J_BOLT_PORT", "NEO4J_HEAP", "NEO4J_PAGE_CACHE"):
        monkeypatch.delenv(f"INFLUENCE_{name}", raising=False)
    monkeypatch.delenv("INFLUENCE_MAVEN_URL", raising=False)
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))


def local() -> LocalServer:
    server = read_environment().graph_server()
    assert isinstance(server, LocalServer)
    return server


def test_defaults(monkeypatch, tmp_path):
    server = local()
    assert server.home == tmp_path / "neo4j"
    assert (server.heap, server.page_cache, server.port) == (1024 * MEBIBYTE, 256 * MEBIBYTE, None)
    monkeypatch.delenv("INFLUENCE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "influence-graph" in local().home.parts


def test_everything_set(monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "2GiB")
    monkeypatch.setenv("INFLUENCE_NEO4J_PAGE_CACHE", "512MiB")
    monkeypatch.setenv("INFLUENCE_NEO4J_BOLT_PORT", "7687")
    monkeypatch.setenv("INFLUENCE_MAVEN_URL", "https://maven.example.org/central")
    server = local()
    assert (server.heap, server.page_cache, server.port) == (2048 * MEBIBYTE, 512 * MEBIBYTE, 7687)
    assert server.maven == "https://maven.example.org/central"


def test_a_relative_home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFLUENCE_HOME", "here")
    assert local().home == Path(tmp_path).resolve() / "here" / "neo4j"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEO4J_HEAP", "much"),
        ("NEO4J_HEAP", "1MB"),
        ("NEO4J_PAGE_CACHE", "-1"),
        ("NEO4J_BOLT_PORT", "0"),
        ("NEO4J_BOLT_PORT", "70000"),
        ("NEO4J_BOLT_PORT", "bolt"),
        ("MAVEN_URL", "central"),
        ("REDIS_PORT", "70000"),
    ],
)
def test_values_that_cannot_be(monkeypatch, name, value):
    monkeypatch.setenv(f"INFLUENCE_{name}", value)
    with pytest.raises(RequestError, match=f"^INFLUENCE_{name}: ") as caught:
        read_environment()
    assert caught.value.fix


def test_a_server_elsewhere(monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", "neo4j+s://graph.example.org")
    with pytest.raises(RequestError, match="INFLUENCE_NEO4J_PASSWORD: it is not set"):
        read_environment().graph_server()
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", "reader")
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", "hunter2")
    environment = read_environment()
    assert "hunter2" not in repr(environment)
    assert (
        environment.graph_server()
        == environment.graph()
        == Connection("neo4j+s://graph.example.org", "reader", "hunter2")
    )


def test_a_local_broker(monkeypatch, tmp_path):
    assert read_environment().broker_server() == LocalBroker(tmp_path / "broker")
    monkeypatch.setenv("INFLUENCE_REDIS_PORT", "6379")
    assert read_environment().broker_server() == LocalBroker(tmp_path / "broker", port=6379)


def test_a_broker_elsewhere(monkeypatch):
    monkeypatch.setenv("INFLUENCE_REDIS_URL", "rediss://broker.example.org")
    assert read_environment().broker() == Broker("rediss://broker.example.org")
    monkeypatch.setenv("INFLUENCE_REDIS_USER", "worker")
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", "hunter2")
    environment = read_environment()
    assert "hunter2" not in repr(environment)
    elsewhere = Broker("rediss://broker.example.org", "worker", "hunter2")
    assert environment.broker_server() == environment.broker() == elsewhere


def test_no_local_server_yet():
    with pytest.raises(ServerError, match=r"no local Neo4j yet\. Start the local server"):
        read_environment().graph()
    with pytest.raises(ServerError, match=r"no local Redis yet\. Start the local server"):
        read_environment().broker()


@pytest.fixture
def secrets(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "influence_neo4j_password").write_text("of the graph\n")
    (folder / "influence_redis_password").write_text("of the broker\n")
    (folder / "neo4j_auth").write_text("neo4j/of the graph\n")  # for the server, not for us
    return folder


def passwords() -> tuple[str | None, str | None]:
    environment = read_environment()
    both = environment.neo4j_password, environment.redis_password
    graph, broker = (None if secret is None else secret.get_secret_value() for secret in both)
    return graph, broker


def test_secrets_in_files(monkeypatch, secrets):
    monkeypatch.setenv("INFLUENCE_SECRETS_DIR", str(secrets))
    assert passwords() == ("of the graph", "of the broker")
    assert "of the" not in repr(read_environment())


def test_what_the_environment_says_goes_before_files(monkeypatch, secrets):
    monkeypatch.setenv("INFLUENCE_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", "said")
    assert passwords() == ("of the graph", "said")


def test_a_container_has_its_secrets_without_being_told(monkeypatch, secrets):
    monkeypatch.setattr(environment, "SECRETS", secrets)
    assert passwords() == ("of the graph", "of the broker")
    monkeypatch.setattr(environment, "SECRETS", secrets / "missing")
    assert passwords() == (None, None)


@pytest.mark.parametrize("name", ["missing", "influence_neo4j_password"])
def test_a_folder_of_secrets_that_is_none(monkeypatch, secrets, name):
    monkeypatch.setenv("INFLUENCE_SECRETS_DIR", str(secrets / name))
    with pytest.raises(RequestError, match=r"^INFLUENCE_SECRETS_DIR: ") as caught:
        read_environment()
    assert caught.value.fix


def test_how_long_jobs_may_take(monkeypatch, tmp_path):
    assert read_environment().limits() == Limits()
    monkeypatch.setenv("INFLUENCE_LEASE", "60")
    monkeypatch.setenv("INFLUENCE_GRACE", "0")
    assert read_environment().limits() == Limits(lease=60, grace=0)
    assert read_environment().logs == tmp_path / "logs"
    monkeypatch.setenv("INFLUENCE_LEASE", "soon")
    with pytest.raises(RequestError, match=r"INFLUENCE_LEASE: .* Write seconds, such as 30"):
        read_environment()
