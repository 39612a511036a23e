"""A real local Neo4j: what `tests/cypher/servers` does not ask of every server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cypher.connection import open_driver
from cypher.errors import ServerError
from cypher.neo4j_server.local import ENTRY, LocalServer
from cypher.neo4j_server.server import down, up
from tests.graph import local_server

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[LocalServer]:
    """A server of this module alone; each test brings it up as it needs it."""
    server = local_server(tmp_path_factory.mktemp("server") / "with a space" / "neo4j")
    yield server
    down(server, timeout=20)


def test_the_suites_server_answers(neo4j_server):
    with open_driver(neo4j_server) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1


def test_two_ups_at_once_start_one_server(server, broker):
    down(server)
    influence = Path(sys.executable).with_name("influence")
    environment = os.environ | {
        "INFLUENCE_HOME": str(server.home.parent),
        "INFLUENCE_NEO4J_HEAP": "512MiB",
        "INFLUENCE_REDIS_URL": broker.url,
        "INFLUENCE_REDIS_PASSWORD": broker.password,
    }
    pipe = subprocess.PIPE
    start = [influence, "up", "--no-service"]
    programs = [subprocess.Popen(start, env=environment, text=True, stdout=pipe, stderr=pipe) for _ in range(2)]
    ended = [(*program.communicate(), program.returncode) for program in programs]
    assert [code for _, _, code in ended] == [0, 0]
    assert len([out for out, _, _ in ended if "Neo4j is up at bolt://127.0.0.1:" in out]) == 1
    assert len([out for out, _, _ in ended if "Neo4j is up already, at bolt://127.0.0.1:" in out]) == 1
    assert any("waiting for another start or stop" in err for _, err, _ in ended)
    servers = [process for process in psutil.process_iter() if f"--home-dir={server.home}" in cmdline(process)]
    assert len(servers) == 1
    subprocess.run([influence, "down"], env=environment, check=True, capture_output=True)


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_without_its_password_it_does_not_start(server):
    up(server)
    kept = server.password_file.read_text()
    down(server)
    server.password_file.unlink()
    try:
        with pytest.raises(ServerError, match="cannot be read"):
            up(server)
        assert server.process() is None
    finally:
        server.password_file.write_text(kept)
    assert up(server).started


def test_a_server_that_cannot_start_says_why(tmp_path):
    server = replace(local_server(tmp_path / "neo4j"), heap=2**50)
    with pytest.raises(ServerError, match=r"could not be given its password|ended while it started"):
        up(server)
    assert server.process() is None


def test_another_servers_process_is_not_ours(tmp_path):
    option = f"--home-dir={tmp_path / 'other'}"
    decoy = subprocess.Popen([sys.executable, "-c", "input()", ENTRY, option], stdin=subprocess.PIPE)
    try:
        assert local_server(tmp_path / "mine").process() is None
        found = local_server(tmp_path / "other").process()
        assert found is not None and found.pid == decoy.pid
    finally:
        decoy.communicate(b"\n")
