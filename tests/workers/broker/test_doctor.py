"""What `influence doctor` finds about the broker."""

import shutil
import socket

import psutil
import pytest

from cypher.servers.checks import Check
from workers.broker import doctor
from workers.broker.connection import Broker
from workers.broker.doctor import examine
from workers.broker.local import LocalBroker
from workers.broker.server import down, up


def check(server: LocalBroker | Broker, name: str) -> Check:
    return next(check for check in examine(server) if check.name == name)


def test_all_is_well_before_and_after_the_start(tmp_path):
    server = LocalBroker(tmp_path / "broker")
    assert [check for check in examine(server) if not check.good] == []
    up(server)
    try:
        assert [check for check in examine(server) if not check.good] == []
        assert "in use by this server" in check(server, "port").found
        server.password_file.chmod(0o644)
        assert check(server, "password").fix == f"chmod 600 {server.password_file}"
        server.password_file.unlink()
        assert "cannot be read" in check(server, "password").found
    finally:
        down(server)
    assert check(server, "password").good  # the next up makes one


def test_a_server_elsewhere(broker):
    assert [(check.name, check.good) for check in examine(broker)] == [("server", True)]
    refused = Broker(broker.url, password="wrong")
    assert "INFLUENCE_REDIS_PASSWORD" in (check(refused, "server").fix or "")


def test_a_taken_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = LocalBroker(tmp_path, port=taken.getsockname()[1])
        assert "INFLUENCE_REDIS_PORT" in (check(server, "port").fix or "")
    assert check(server, "port").good


def test_no_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/none")
    monkeypatch.setattr("workers.broker.executable.files", lambda name: None)
    assert "INFLUENCE_REDIS_URL" in (check(LocalBroker(tmp_path), "program").fix or "")


@pytest.mark.parametrize(("limit", "name", "said"), [("DISK", "disk", "INFLUENCE_HOME"), ("MEMORY", "memory", "free")])
def test_too_little(tmp_path, monkeypatch, limit, name, said):
    most = max(shutil.disk_usage(tmp_path).total, psutil.virtual_memory().total)
    monkeypatch.setattr(doctor, limit, most)
    assert said in (check(LocalBroker(tmp_path / "not" / "there"), name).fix or "")
