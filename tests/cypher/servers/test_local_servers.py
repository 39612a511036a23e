"""Real local servers of both kinds, and everything that can befall any of them."""

import os
import pickle
import signal
import socket
import stat
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from cypher.connection import open_driver
from cypher.errors import ServerError, ServerUnavailable
from cypher.neo4j_server import server as neo4j
from cypher.neo4j_server.local import LocalServer
from cypher.servers.status import status
from tests.graph import local_server
from workers.broker import server as redis
from workers.broker.local import LocalBroker

ROOT = Path(__file__).parents[3]


class Kind(ABC):
    """A kind of server: how to make, start, stop and use one."""

    server: Any
    module: Any
    field: str

    def up(self, **changes: Any) -> Any:
        return self.module.up(replace(self.server, **changes))

    def down(self, **options: Any) -> bool | None:
        return self.module.down(self.server, **options)

    def kill(self) -> None:
        process = self.server.process()
        assert process is not None
        process.kill()
        process.wait()

    def port(self) -> int:
        return int(str(self.server.connection()).rpartition(":")[2])

    @abstractmethod
    def remember(self, word: str) -> None:
        """Write a word, and return when it is on the disk."""

    @abstractmethod
    def remembers(self, word: str) -> bool: ...

    @abstractmethod
    def secrets(self) -> set[Path]:
        """The files that hold the password."""

    @property
    @abstractmethod
    def pid_file(self) -> Path: ...


class Neo4j(Kind):
    module = neo4j
    field = "graph"

    def __init__(self, folder: Path):
        self.server: LocalServer = local_server(folder / "neo4j")

    def remember(self, word: str) -> None:
        with open_driver(self.server.connection()) as driver:
            driver.execute_query("CREATE (:Word {word: $word})", word=word)

    def remembers(self, word: str) -> bool:
        query = "MATCH (w:Word {word: $word}) RETURN count(w) AS n"
        with open_driver(self.server.connection()) as driver:
            return driver.execute_query(query, word=word).records[0]["n"] == 1

    def secrets(self) -> set[Path]:
        return {self.server.password_file}

    @property
    def pid_file(self) -> Path:
        return self.server.home / "run" / "neo4j.pid"


class Redis(Kind):
    module = redis
    field = "broker"

    def __init__(self, folder: Path):
        self.server: LocalBroker = LocalBroker(folder / "broker")

    def remember(self, word: str) -> None:
        with self.server.connection().open() as client:
            client.set(word, "said")
        deadline = time.monotonic() + 10
        while not any(word.encode() in file.read_bytes() for file in self.server.data.rglob("*.aof")):
            assert time.monotonic() < deadline

    def remembers(self, word: str) -> bool:
        with self.server.connection().open() as client:
            return client.get(word) == b"said"

    def secrets(self) -> set[Path]:
        return {self.server.password_file, self.server.conf}

    @property
    def pid_file(self) -> Path:
        return self.server.data / "redis.pid"


@pytest.fixture(scope="module", params=[Neo4j, Redis])
def kind(request, tmp_path_factory) -> Iterator[Kind]:
    """A server of this module alone; each test brings it up as it needs it."""
    kind = request.param(tmp_path_factory.mktemp("server") / "with a space")
    yield kind
    kind.down(timeout=20)


def test_a_server_that_was_never_started_is_told(kind, tmp_path):
    with pytest.raises(ServerUnavailable, match=f"there is no local {kind.server.NAME} yet. Start the local") as told:
        replace(kind.server, home=tmp_path).connection()
    assert told.value.field == kind.field


def test_a_start_is_closed_to_others_and_tells_no_secret(kind):
    server = kind.server
    first, again = kind.up(), kind.up()
    assert again.pid == first.pid and not again.started
    process = psutil.Process(first.pid)
    listening = {c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert [str(address.ip).removeprefix("::ffff:") for address in listening] == ["127.0.0.1"]
    password = first.connection.password
    assert password is not None and len(password) >= 32 and password not in repr(first)
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert password not in " ".join([*process.cmdline(), *process.environ().values()])
    holders = {path for path in server.home.rglob("*") if path.is_file() and password.encode() in path.read_bytes()}
    assert holders == kind.secrets()
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}


def test_down_and_up_again_keeps_data_address_and_password(kind):
    before = kind.up().connection
    kind.remember("kept")
    assert kind.down() is True
    assert kind.server.process() is None and kind.down() is None
    after = kind.up()
    assert after.started and after.connection == before and kind.remembers("kept")


def test_killed_with_everything_lost_but_its_files(kind):
    pid = kind.up().pid
    kind.remember("survives SIGKILL")
    kind.kill()
    seen = status(kind.server)
    assert not seen.running and seen.pid is None
    revived = kind.up()
    assert revived.started and revived.pid != pid and kind.remembers("survives SIGKILL")


def start_elsewhere(kind: Kind) -> "subprocess.Popen[str]":
    """A process that brings the server up, and prints its number."""
    run = "print(up(pickle.loads(bytes.fromhex(sys.argv[1]))).pid)"
    script = f"import pickle, sys; from {kind.module.__name__} import up; {run}"
    command = [sys.executable, "-c", script, pickle.dumps(kind.server).hex()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_an_up_that_was_killed_leaves_a_server_that_the_next_takes_over(kind):
    kind.down()
    starter = start_elsewhere(kind)
    while (process := kind.server.process()) is None:
        assert starter.poll() is None
    starter.kill()
    starter.communicate()
    taken = kind.up()
    assert taken.pid == process.pid and not taken.started


def test_several_ups_at_once_start_one_server(kind):
    kind.down()
    starters = [start_elsewhere(kind) for _ in range(3)]
    pids = {starter.communicate()[0] for starter in starters}
    process = kind.server.process()
    assert process is not None and pids == {f"{process.pid}\n"}


def test_the_last_port_is_taken(kind):
    kind.up()
    port = kind.port()
    kind.down()
    with socket.create_server(("127.0.0.1", port)):
        kind.up()
        assert kind.port() != port
    assert status(kind.server).password_works


def test_a_port_that_was_asked_for(kind):
    kind.down()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = f"port {port} is taken by another program. .*{kind.server.PORT_VARIABLE}"
        with pytest.raises(ServerError, match=told) as raised:
            kind.up(port=port)
        assert raised.value.field == kind.field
    assert kind.server.process() is None
    kind.up(port=port)
    assert kind.port() == port


def test_a_server_that_does_not_stop_is_killed(kind):
    os.kill(kind.up().pid, signal.SIGSTOP)
    assert kind.down(timeout=1) is False
    assert kind.server.process() is None
    assert kind.up().started


def test_a_stale_pid_file_does_not_matter(kind):
    kind.down()
    kind.pid_file.parent.mkdir(parents=True, exist_ok=True)
    kind.pid_file.write_text(str(os.getpid()))  # a number that is used again
    ready = kind.up()
    assert ready.started and ready.pid != os.getpid()
    assert kind.down() is True
    assert psutil.pid_exists(os.getpid())


def test_a_wrong_password_is_told(kind):
    server = kind.server
    kind.up()
    kept = server.password_file.read_text()
    try:
        server.password_file.write_text("0" * 48)
        seen = status(server)
        assert seen.running and seen.password_works is False
        with pytest.raises(ServerError, match=f"the local {server.NAME} rejects its password") as told:
            kind.up()
        assert told.value.field == kind.field
        server.password_file.unlink()
        assert "cannot be read" in (status(server).problem or "")
        with pytest.raises(ServerError, match="cannot be read"):
            kind.up()
    finally:
        server.password_file.write_text(kept)
    assert not kind.up().started
