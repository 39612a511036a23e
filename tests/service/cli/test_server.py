"""influence up, down, status and doctor."""

import json

import pytest

from cypher.process import find
from tests.graph import run_server
from tests.service.cli.conftest import Influence


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who never started a server."""
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    monkeypatch.delenv("INFLUENCE_NEO4J_URI", raising=False)
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "512MiB")
    return tmp_path


@pytest.fixture
def elsewhere(home, monkeypatch, neo4j_server):
    """INFLUENCE_NEO4J_URI names a server."""
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    return neo4j_server


def test_a_day_with_a_local_server(influence: Influence, home):
    before = influence("status")
    assert before.code == 1 and "stopped" in before.out and "influence up" in before.out
    up = influence("up")
    assert up.code == 0 and "Neo4j is up at bolt://127.0.0.1:" in up.out
    assert "is up already" in influence("up").out
    status = influence("status")
    assert status.code == 0 and "running" in status.out and "works" in status.out
    seen = json.loads(influence("status", "--json").out)
    assert seen["running"] and seen["password_works"] and seen["uri"] in up.out and seen["pid"] in _pids(home)
    doctor = influence("doctor")
    assert doctor.code == 0 and "MEND" not in doctor.out and "password works" in doctor.out
    password = (home / "neo4j" / "password").read_text().strip()
    (home / "neo4j" / "password").chmod(0o644)
    ill = influence("doctor")
    assert ill.code == 1 and "chmod 600" in ill.out
    checks = json.loads(influence("doctor", "--json").out)
    assert [check["name"] for check in checks if not check["good"]] == ["password"]
    down = influence("down")
    assert down.code == 0 and "stopped" in down.out
    assert "No local Neo4j runs" in influence("down").out
    said = [before, up, status, doctor, ill, down]
    assert not any(password in ended.out + ended.err for ended in said)


def _pids(home):
    process = find(home / "neo4j")
    return [process.pid] if process else []


def test_a_server_elsewhere_is_left_alone(influence: Influence, elsewhere, home):
    up, down = influence("up"), influence("down")
    assert up.code == down.code == 0
    assert "nothing to start" in up.out and "nothing was done" in down.out
    seen = json.loads(influence("status", "--json").out)
    assert seen["running"] and seen["password_works"] and not seen["local"] and seen["uri"] == elsewhere.uri
    assert influence("status").code == influence("doctor").code == 0
    assert _pids(home) == [] and run_server().home.exists()
    assert not (home / "neo4j").exists()


def test_a_server_elsewhere_with_the_wrong_password(influence: Influence, elsewhere, monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", "hunter2")
    for command in ("up", "status", "doctor"):
        ended = influence(command)
        assert ended.code == 1 and "does not take the password" in ended.out + ended.err
        assert "hunter2" not in ended.out + ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["up", "down", "status", "doctor"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NEO4J_URI", "bolt://neo4j:hunter2@localhost", "holds a user or password"),
        ("NEO4J_URI", "http://localhost:7474", "no Neo4j address"),
        ("NEO4J_HEAP", "much", "INFLUENCE_NEO4J_HEAP"),
    ],
)
def test_bad_settings(influence: Influence, home, monkeypatch, command, name, value, said):
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", "secret")
    monkeypatch.setenv(f"INFLUENCE_{name}", value)
    ended = influence(command)
    assert ended.code == 2 and ended.out == "" and said in ended.err
    assert ended.err.startswith("error: ") and ended.err.count("\n") == 1 and "hunter2" not in ended.err


def test_a_download_that_fails(influence: Influence, home, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("INFLUENCE_MAVEN_URL", "http://127.0.0.1:9/maven2")
    ended = influence("up")
    assert ended.code == 1 and "could not be downloaded" in ended.err and ended.err.count("error: ") == 1
