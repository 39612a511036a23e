"""A real local broker: what `tests/cypher/servers` does not ask of every server."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cypher.errors import ServerError
from cypher.servers.process import has_ended
from cypher.servers.status import status
from workers.broker.local import LocalBroker
from workers.broker.server import down, up

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server(tmp_path) -> Iterator[LocalBroker]:
    """A server of this test alone."""
    server = LocalBroker(tmp_path / "with a space" / "broker")
    yield server
    down(server, timeout=10)


def remember(server: LocalBroker, word: str) -> None:
    with server.connection().open() as client:
        client.set(word, "said")


def remembers(server: LocalBroker, word: str) -> bool:
    with server.connection().open() as client:
        return client.get(word) == b"said"


def test_what_it_is_told_is_what_it_does(server):
    with up(server).connection.open() as client:
        told = client.config_get("*")
    assert told["maxmemory-policy"] == "noeviction" and told["save"] == ""
    assert (told["appendonly"], told["appendfsync"], told["aof-load-truncated"]) == ("yes", "everysec", "yes")
    assert told["dir"] == str(server.data)


def test_half_a_command_at_the_end_of_its_file(server):
    up(server)
    remember(server, "whole")
    remember(server, "half")
    down(server)
    [file] = server.data.rglob("*.aof")
    file.write_bytes(file.read_bytes()[:-3])
    assert up(server).started
    assert remembers(server, "whole") and not remembers(server, "half")


def test_a_file_that_is_damaged_in_its_middle(server):
    up(server)
    remember(server, "lost")
    remember(server, "lost too")
    down(server)
    [file] = server.data.rglob("*.aof")
    content = file.read_bytes()
    file.write_bytes(b"?" * 20 + content[20:])
    with pytest.raises(ServerError, match=r"Redis ended while it started: .*Bad file format") as caught:
        up(server)
    assert f"remove {server.data}" in caught.value.fix and server.process() is None
    shutil.rmtree(server.data)
    assert up(server).started


def test_a_lost_password_is_made_anew(server):
    up(server)
    server.password_file.unlink()
    assert down(server) is True
    assert up(server).started and status(server).password_works


def test_an_empty_password_opens_no_server(server):
    server.home.mkdir(parents=True)
    server.password_file.write_text("")
    with pytest.raises(ServerError, match="is empty"):
        up(server)
    assert server.process() is None


def test_a_folder_that_was_removed_while_the_server_ran(server):
    first = psutil.Process(up(server).pid)
    shutil.rmtree(server.home)
    second = up(server)
    assert second.started and second.pid != first.pid and has_ended(first)
    shutil.rmtree(server.home)
    assert down(server) is True and server.process() is None


def test_who_reads_its_configuration_is_not_the_server(server):
    server.home.mkdir(parents=True)
    reader = subprocess.Popen([sys.executable, "-c", "input()", str(server.conf)], stdin=subprocess.PIPE)
    try:
        assert server.process() is None
    finally:
        reader.communicate(b"\n")


def test_a_copy_of_the_server_that_rewrites_its_file_is_not_the_server(server):
    pid = up(server).pid
    with server.connection().open() as client:
        client.config_set("rdb-key-save-delay", 100_000)
        client.set("a", "b")
        client.bgrewriteaof()
        deadline = time.monotonic() + 10
        while not psutil.Process(pid).children():
            assert time.monotonic() < deadline
    process = server.process()
    assert process is not None and process.pid == pid


def test_status_of_the_suites_server(broker):
    seen = status(broker)
    assert seen.running and seen.password_works and not seen.local and seen.pid is None
    assert seen.uri == broker.url and (seen.version or "").startswith(("Redis ", "Valkey "))


def test_status_tells_where_it_is_and_what_it_takes(server):
    assert not status(server).running and status(server).version
    ready = up(server)
    seen = status(server)
    assert seen.running and seen.password_works and seen.local and seen.pid == ready.pid
    assert seen.uri == ready.connection.url and seen.user == "default" and seen.home == str(server.home)
    assert (seen.memory or 0) > 1e6 and (seen.disk or 0) > 0
