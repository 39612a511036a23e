"""influence up, down, status and doctor."""

import json
import os
import platform
import re
import socket
import time
from importlib.metadata import version

import httpx
import psutil
import pytest
import torch

from service.operations.diagnosis import machine
from tests.cypher.neo4j_server.maven import serve_the_last
from tests.graph import local_server
from tests.service.cli.conftest import Influence
from workers.broker.local import LocalBroker


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who never started a server."""
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    for name in ("NEO4J_URI", "REDIS_URL", "REDIS_USER", "REDIS_PASSWORD", "REDIS_PORT"):
        monkeypatch.delenv(f"INFLUENCE_{name}", raising=False)
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "512MiB")
    return tmp_path


@pytest.fixture
def elsewhere(home, monkeypatch, neo4j_server, broker):
    """INFLUENCE_NEO4J_URI and INFLUENCE_REDIS_URL name servers."""
    monkeypatch.setenv("INFLUENCE_REDIS_URL", broker.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", broker.password)
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    return neo4j_server


@pytest.mark.servers
def test_a_day_with_a_local_server(influence: Influence, home, monkeypatch):
    before = influence("status")
    assert before.code == 1 and before.out.count("stopped") == 6 and before.out.count("influence up") == 2
    usual = local_server(home).jars
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    with serve_the_last(usual, local_server(home).jars) as (maven, url):
        monkeypatch.setenv("INFLUENCE_MAVEN_URL", url)
        up = influence("up")
    assert len(maven.asked) == 1 and re.match(r"(downloading Neo4j: \d+ of \d+ MB\n)+starting Neo4j …\n", up.err)
    assert up.code == 0 and "Neo4j is up at bolt://127.0.0.1:" in up.out
    assert "Redis is up at redis://127.0.0.1:" in up.out
    assert f"The HTTP API is up, at http://127.0.0.1:{os.environ['INFLUENCE_API_PORT']}/v1" in up.out
    assert influence("up").out.count("is up already") == 3
    told = json.loads(influence("up", "--json").out)
    assert list(told) == ["neo4j", "broker", "service", "processes"]
    assert told["service"] == {"uri": service_address(), "started": False}
    for server in ("neo4j", "broker"):
        assert told[server]["uri"] in up.out and told[server]["started"] is False
        assert told[server]["password_file"] == str(home / server / "password")
    status = influence("status")
    assert status.code == 0 and status.out.count("running") == 4 and status.out.count("works") == 2
    seen = json.loads(influence("status", "--json").out)
    assert list(seen) == ["neo4j", "broker", "processes", "restarts", "service"]
    supervisor, service = seen["processes"].pop("supervisor"), seen["processes"].pop("service")
    assert psutil.pid_exists(supervisor) and set(seen["processes"].values()) == {None}
    restarts = {name: known["restarts"] for name, known in seen["restarts"].items()}
    assert restarts == {"neo4j": 0, "broker": 0, "service": 0}
    assert seen["service"] == service_address() and f"running (process {service}), {service_address()}" in status.out
    assert httpx.get(f"{service_address()}/runs", timeout=60).json()["runs"] == []
    for server in (seen["neo4j"], seen["broker"]):
        assert server["running"] and server["password_works"] and server["uri"] in up.out
        assert server["pid"] in _pids(home)
    doctor = influence("doctor")
    assert doctor.code == 0 and "REPAIR" not in doctor.out and doctor.out.count("password works") == 2
    passwords = [(home / server / "password").read_text().strip() for server in ("neo4j", "broker")]
    (home / "neo4j" / "password").chmod(0o644)
    ill = influence("doctor")
    assert ill.code == 1 and "chmod 600" in ill.out
    checks = json.loads(influence("doctor", "--json").out)
    bad = [(about, check["name"]) for about, some in checks.items() for check in some if not check["good"]]
    assert bad == [("neo4j", "password")] and list(checks) == ["neo4j", "broker", "service", "machine"]
    down = influence("down")
    assert down.code == 0 and down.out.count("stopped") == 3 and _pids(home) == []
    assert not psutil.pid_exists(supervisor) or psutil.Process(supervisor).status() == psutil.STATUS_ZOMBIE
    again = influence("down")
    assert "No local Neo4j is running" in again.out and "No local Redis is running" in again.out
    told = json.loads(influence("down", "--json").out)
    assert told == {"neo4j": "not running", "broker": "not running", "processes": []}
    said = [before, up, status, doctor, ill, down]
    assert not any(password in ended.out + ended.err for ended in said for password in passwords)


def service_address() -> str:
    return f"http://127.0.0.1:{os.environ['INFLUENCE_API_PORT']}/v1"


def _pids(home):
    servers = local_server(home / "neo4j"), LocalBroker(home / "broker")
    return [process.pid for server in servers if (process := server.process())]


def test_servers_elsewhere_are_left_alone(influence: Influence, elsewhere, local_neo4j, broker, home):
    up, down = influence("up", "--no-service"), influence("down")
    assert up.code == down.code == 0
    assert up.out.count("nothing to start") == 2 and down.out.count("nothing was done") == 2
    assert json.loads(influence("down", "--json").out)["neo4j"] == "left alone"
    told = json.loads(influence("up", "--no-service", "--json").out)
    assert told["broker"] == {"uri": broker.url, "user": broker.user, "password_file": None, "started": False}
    seen = json.loads(influence("status", "--json").out)
    servers = seen["neo4j"], seen["broker"]
    assert all(one["running"] and one["password_works"] and not one["local"] for one in servers)
    assert (seen["neo4j"]["uri"], seen["broker"]["uri"]) == (elsewhere.uri, broker.url)
    assert influence("status").code == influence("doctor").code == 0
    assert _pids(home) == [] and local_neo4j.home.exists()
    assert list(home.iterdir()) == []


def test_only_the_graph_is_elsewhere(influence: Influence, elsewhere, home, monkeypatch):
    monkeypatch.delenv("INFLUENCE_REDIS_URL")
    half = influence("status")
    assert half.code == 1 and "running" in half.out and "stopped" in half.out
    up = influence("up", "--no-service")
    try:
        assert up.code == 0 and "nothing to start" in up.out and "Redis is up at redis://127.0.0.1:" in up.out
        assert influence("status").code == 0 and not (home / "neo4j").exists()
    finally:
        down = influence("down")
    assert "nothing was done" in down.out and "Redis is stopped." in down.out and _pids(home) == []


def test_the_service_alone(influence: Influence, elsewhere, home, record_property):
    """It is kept running where the servers are elsewhere, at the port that is asked for."""
    began = time.monotonic()
    influence("up", "--no-service")
    without = time.monotonic() - began
    try:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
            taken = influence("up", "--port", port)
            assert taken.code == 2 and f"--port: {port} is taken by another program" in taken.err
            assert "INFLUENCE_API_PORT" in taken.err and "--no-service" in taken.err and taken.out == ""
            ill = influence("serve", "--port", port)
            assert ill.code == 2 and f"--port: {port} is taken by another program" in ill.err
            os.environ["INFLUENCE_API_PORT"], usual = str(port), os.environ["INFLUENCE_API_PORT"]
            try:
                assert "REPAIR  service  port" in influence("doctor").out
            finally:
                os.environ["INFLUENCE_API_PORT"] = usual
        began = time.monotonic()
        up = influence("up", "--port", port)
        assert f"The HTTP API is up, at http://127.0.0.1:{port}/v1" in up.out, up.err
        more = time.monotonic() - began - without
        record_property("seconds that the service adds to `influence up`", round(more, 2))
        assert more < 5
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60).json()["ready"]
        other = influence("up", "--port", 9)
        assert other.code == 1 and f"runs already, at port {port}" in other.err and "`influence down`" in other.err
        assert f"a service answers at {port}" in influence("doctor").out
        assert (home / "logs" / "service.jsonl").exists()
        said = (home / "logs" / "serve.console").read_text()
        assert said == f"the service starts at http://127.0.0.1:{port}/v1\n"
    finally:
        down = influence("down")
    assert "The service is stopped." in down.out
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/livez", timeout=5)


@pytest.mark.parametrize("server", ["NEO4J", "REDIS"])
def test_a_server_elsewhere_with_the_wrong_password(influence: Influence, elsewhere, monkeypatch, server):
    monkeypatch.setenv(f"INFLUENCE_{server}_PASSWORD", "hunter2")
    for command in (("up",), ("up", "--no-service"), ("status",), ("doctor",)):
        ended = influence(*command)
        assert ended.code == 1 and "rejects the password" in ended.out + ended.err
        assert "hunter2" not in ended.out + ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["up", "down", "status", "doctor"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NEO4J_URI", "bolt://neo4j:hunter2@localhost", "holds a user or password"),
        ("NEO4J_URI", "http://localhost:7474", "not a Neo4j address"),
        ("NEO4J_HEAP", "much", "INFLUENCE_NEO4J_HEAP"),
        ("REDIS_URL", "redis://:hunter2@localhost", "holds a user or password"),
        ("REDIS_URL", "bolt://localhost:7474", "not a Redis address"),
        ("REDIS_PORT", "redis", "INFLUENCE_REDIS_PORT"),
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


def test_the_doctor_tells_versions():
    check = next(check for check in machine() if check.name == "versions")
    told = check.found.split()
    assert check.good and told[:2] == ["Python", platform.python_version()]
    assert dict(zip(told[2::2], told[3::2], strict=True)) == {
        name: version(name) for name in ("influence-graph", "neo4j", "redis", "torch", "transformers")
    }


def test_the_doctor_tells_of_the_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [check.found for check in machine()][1:] == ["none that CUDA can use; the CPU computes"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (60 * 10**9, 80 * 10**9))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H100")
    assert [check.found for check in machine()][1:] == ["H100, 60.0 GB of 80.0 GB free"]
