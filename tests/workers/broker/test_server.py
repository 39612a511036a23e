"""A real local broker, and everything that can befall it."""

import os
import pickle
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cypher.errors import AccessDenied, ServerError
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


def kill(server: LocalBroker) -> None:
    process = server.process()
    assert process is not None
    process.kill()
    process.wait()


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_start_is_closed_to_others_and_tells_no_secret(server):
    first = up(server)
    again = up(server)
    assert again.pid == first.pid and not again.started
    process = psutil.Process(first.pid)
    listening = {c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert [address.ip for address in listening] == ["127.0.0.1"]
    password = first.connection.password
    assert password is not None and len(password) >= 32 and password not in repr(first)
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert password not in " ".join([*process.cmdline(), *process.environ().values()])
    holders = {path for path in server.home.rglob("*") if path.is_file() and password.encode() in path.read_bytes()}
    assert holders == {server.password_file, server.conf}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}


def test_what_it_is_told_is_what_it_does(server):
    with up(server).connection.open() as client:
        told = client.config_get("*")
    assert told["maxmemory-policy"] == "noeviction" and told["save"] == ""
    assert (told["appendonly"], told["appendfsync"], told["aof-load-truncated"]) == ("yes", "everysec", "yes")
    assert told["dir"] == str(server.data)


def test_down_and_up_again_keeps_data_address_and_password(server):
    before = up(server).connection
    remember(server, "kept")
    assert down(server) is True
    assert server.process() is None and down(server) is None
    after = up(server)
    assert after.started and after.connection == before and remembers(server, "kept")


def test_killed_with_everything_lost_but_its_files(server):
    pid = up(server).pid
    remember(server, "survives SIGKILL")
    deadline = time.monotonic() + 10
    while not any(b"survives SIGKILL" in file.read_bytes() for file in server.data.rglob("*.aof")):
        assert time.monotonic() < deadline
    kill(server)
    seen = status(server)
    assert not seen.running and seen.pid is None
    revived = up(server)
    assert revived.started and revived.pid != pid and remembers(server, "survives SIGKILL")


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


def test_an_up_that_was_killed_leaves_a_server_that_the_next_takes_over(server):
    script = "import pickle, sys; from workers.broker.server import up; up(pickle.loads(bytes.fromhex(sys.argv[1])))"
    starter = subprocess.Popen([sys.executable, "-c", script, pickle.dumps(server).hex()], cwd=ROOT)
    while (process := server.process()) is None:
        assert starter.poll() is None
    starter.kill()
    starter.wait()
    taken = up(server)
    assert taken.pid == process.pid and not taken.started


def test_two_ups_at_once_start_one_server(server):
    bring_up = "up(pickle.loads(bytes.fromhex(sys.argv[1])))"
    script = f"import pickle, sys; from workers.broker.server import up; print({bring_up}.pid)"
    command = [sys.executable, "-c", script, pickle.dumps(server).hex()]
    starters = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {starter.communicate()[0] for starter in starters}
    process = server.process()
    assert process is not None and pids == {f"{process.pid}\n"}


def test_the_last_port_is_taken(server):
    port = port_of(up(server).connection.url)
    down(server)
    with socket.create_server(("127.0.0.1", port)):
        assert port_of(up(server).connection.url) != port
    assert status(server).password_works


def test_a_port_that_was_asked_for(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} is taken by another program. .*INFLUENCE_REDIS_PORT"):
            up(replace(server, port=port))
    assert server.process() is None
    assert up(replace(server, port=port)).connection.url == f"redis://127.0.0.1:{port}"


def test_a_server_that_does_not_stop_is_killed(server):
    os.kill(up(server).pid, signal.SIGSTOP)
    assert down(server, timeout=0.5) is False
    assert server.process() is None
    assert up(server).started


def test_a_password_that_is_gone_or_wrong(server):
    up(server)
    server.password_file.write_text("0" * 48)
    seen = status(server)
    assert seen.running and seen.password_works is False
    with pytest.raises(AccessDenied, match="the local Redis does not take its password"):
        up(server)
    server.password_file.unlink()
    assert "cannot be read" in (status(server).problem or "")
    with pytest.raises(ServerError, match="cannot be read"):
        up(server)
    assert down(server) is True
    assert up(server).started and status(server).password_works  # it has a new one


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


def test_a_stale_pid_file_does_not_matter(server):
    up(server)
    kill(server)
    (server.data / "redis.pid").write_text(str(os.getpid()))  # a number that is used again
    assert up(server).pid != os.getpid()
    assert down(server) is True
    assert psutil.pid_exists(os.getpid())


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
