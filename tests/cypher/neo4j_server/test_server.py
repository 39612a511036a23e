"""A real local server, and everything that can befall it."""

import os
import pickle
import signal
import socket
import stat
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
from cypher.servers.status import status
from tests.graph import local_server

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[LocalServer]:
    """A server of this module alone; each test brings it up as it needs it."""
    server = local_server(tmp_path_factory.mktemp("server") / "with a space" / "neo4j")
    yield server
    down(server, timeout=20)


def remember(server, word):
    with open_driver(server.connection()) as driver:
        driver.execute_query("CREATE (:Word {word: $word})", word=word)


def remembers(server, word):
    with open_driver(server.connection()) as driver:
        return driver.execute_query("MATCH (w:Word {word: $word}) RETURN count(w) AS n", word=word).records[0]["n"] == 1


def kill(server):
    process = server.process()
    assert process is not None
    process.kill()
    process.wait()


def port_of(uri):
    return int(uri.rpartition(":")[2])


def test_the_suites_server_answers(neo4j_server):
    with open_driver(neo4j_server) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1


def test_a_start_is_closed_to_others_and_tells_no_secret(server):
    first = up(server)
    again = up(server)
    assert again.pid == first.pid and not again.started
    process = psutil.Process(first.pid)
    listening = {c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert {str(address.ip).removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    assert len(listening) == 1
    password = first.connection.password
    assert len(password) >= 32 and password not in repr(first)
    assert stat.S_IMODE(server.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert password not in " ".join([*process.cmdline(), *process.environ().values()])
    holders = [path for path in server.home.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert holders == [server.password_file]


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
    kill(server)
    seen = status(server)
    assert not seen.running and seen.pid is None
    revived = up(server)
    assert revived.started and revived.pid != pid and remembers(server, "survives SIGKILL")


def test_an_up_that_was_killed_leaves_a_server_that_the_next_takes_over(server):
    down(server)
    script = (
        "import pickle, sys; from cypher.neo4j_server.server import up; up(pickle.loads(bytes.fromhex(sys.argv[1])))"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, pickle.dumps(server).hex()], cwd=ROOT)
    while (process := server.process()) is None:
        assert starter.poll() is None
    starter.kill()
    starter.wait()
    taken = up(server)
    assert taken.pid == process.pid and not taken.started


def test_two_ups_at_once_start_one_server(server, broker):
    down(server)
    command = [Path(sys.executable).with_name("influence"), "up"]
    environment = os.environ | {
        "INFLUENCE_HOME": str(server.home.parent),
        "INFLUENCE_NEO4J_HEAP": "512MiB",
        "INFLUENCE_REDIS_URL": broker.url,
        "INFLUENCE_REDIS_PASSWORD": broker.password,
    }
    pipe = subprocess.PIPE
    programs = [subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=pipe) for _ in range(2)]
    ended = [(*program.communicate(), program.returncode) for program in programs]
    assert [code for _, _, code in ended] == [0, 0]
    assert len([out for out, _, _ in ended if "Neo4j is up at bolt://127.0.0.1:" in out]) == 1
    assert len([out for out, _, _ in ended if "Neo4j is up already, at bolt://127.0.0.1:" in out]) == 1
    assert len([err for _, err, _ in ended if "waiting for another influence up or down" in err]) == 1
    servers = [process for process in psutil.process_iter() if f"--home-dir={server.home}" in cmdline(process)]
    assert len(servers) == 1


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_the_last_port_is_taken(server):
    port = port_of(up(server).connection.uri)
    down(server)
    with socket.create_server(("127.0.0.1", port)):
        assert port_of(up(server).connection.uri) != port
    assert status(server).password_works


def test_a_port_that_was_asked_for(server):
    down(server)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} is taken by another program. .*INFLUENCE_NEO4J_BOLT_PORT"):
            up(replace(server, port=port))
    assert server.process() is None
    assert up(replace(server, port=port)).connection.uri == f"bolt://127.0.0.1:{port}"


def test_a_server_that_does_not_stop_is_killed(server):
    os.kill(up(server).pid, signal.SIGSTOP)
    assert down(server, timeout=1) is False
    assert server.process() is None
    assert up(server).started


def test_a_password_that_is_gone_or_wrong(server):
    up(server)
    kept = server.password_file.read_text()
    server.password_file.write_text("0" * 48)
    try:
        seen = status(server)
        assert seen.running and seen.password_works is False
        with pytest.raises(ServerError, match="does not take its password"):
            up(server)
        server.password_file.unlink()
        assert "cannot be read" in (status(server).problem or "")
        down(server)
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


def test_a_stale_pid_file_of_neo4js_own_does_not_matter(server):
    down(server)
    (server.home / "run").mkdir(parents=True, exist_ok=True)
    (server.home / "run" / "neo4j.pid").write_text(str(os.getpid()))  # a number that is used again
    ready = up(server)
    assert ready.started and ready.pid != os.getpid()
    assert down(server) is True
    assert psutil.pid_exists(os.getpid())
