"""What containers run, run here: Redis, worker and sweeper as compose.yaml has them, checks, settings of Neo4j."""

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from cypher.connection import Connection
from cypher.neo4j_server.java import find_java
from tests.docker.files import COMPOSE, FOLDER, TLS, compose, ours, services, stages, with_defaults
from tests.docker.test_readme import blocks
from tests.graph import local_server
from tests.workers.jobs.conftest import Process, free_port, jobs_at, sentences, until
from workers.broker.connection import Broker
from workers.broker.executable import find_executable

CLIENT = """#!{python}
import socket, sys
with socket.create_connection(("127.0.0.1", {port}), timeout=10) as server:
    server.sendall(sys.stdin.buffer.read().replace(b"\\n", b"\\r\\n") + b"QUIT\\r\\n")
    while some := server.recv(1000):
        sys.stdout.buffer.write(some)
"""


@pytest.fixture
def redis(tmp_path, monkeypatch) -> Iterator[tuple[Broker, list[str], Path]]:
    """A broker as compose.yaml starts it, the command that checks it, and the file of its password."""
    with socket.create_server(("127.0.0.1", 0)) as some:
        port = some.getsockname()[1]
    data, password, programs = tmp_path / "data", tmp_path / "password", tmp_path / "bin"
    for folder in (data, programs):
        folder.mkdir()
    password.write_text("a1b2c3\n")
    (programs / "redis-server").symlink_to(find_executable().path)
    client = programs / "redis-cli"
    client.write_text(CLIENT.format(python=sys.executable, port=port))
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def here(text: str) -> str:
        text = with_defaults(text).replace("/run/secrets/influence_redis_password", str(password))
        return text.replace("dir /data\n", f"dir {data}\nbind 127.0.0.1\nport {port}\n")

    service = services()["redis"]
    kind, check = service["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    with subprocess.Popen([here(word) for word in service["command"]], stdout=subprocess.DEVNULL) as server:
        yield Broker(f"redis://127.0.0.1:{port}", password="a1b2c3"), ["sh", "-c", here(check)], password
        server.terminate()
    assert server.returncode == 0
    assert list(data.rglob("*.aof"))


def test_redis_starts_with_its_password_and_its_check_tells(redis):
    broker, check, password = redis
    deadline = time.monotonic() + 20
    while subprocess.run(check, check=False, capture_output=True).returncode != 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with broker.open() as client:
        wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted  # pyright: ignore[reportIndexIssue]
        pid = client.info("server")["process_id"]  # pyright: ignore[reportIndexIssue]
    told = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    assert "a1b2c3" not in told
    password.write_text("another\n")
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0


@pytest.fixture
def container(neo4j_server: Connection, broker: Broker, tmp_path: Path) -> dict[str, str]:
    """The environment of a container of ours, with secrets as the README makes them."""
    (making,) = (block for block in blocks("sh") if "neo4j_auth" in block)
    (tmp_path / "docker").mkdir()
    subprocess.run(["sh", "-eu"], input=making, text=True, cwd=tmp_path / "docker", check=True)
    secrets = tmp_path / "docker/secrets"
    assert secrets.stat().st_mode & 0o777 == 0o700
    made = {file.name: file.read_text().strip() for file in secrets.iterdir()}
    assert made.keys() == compose()["secrets"].keys()
    assert made["neo4j_auth"] == f"neo4j/{made['influence_neo4j_password']}"
    assert all(len(secret) >= 32 and (secrets / name).stat().st_mode & 0o004 for name, secret in made.items())
    assert broker.password is not None
    (secrets / "influence_neo4j_password").write_text(neo4j_server.password + "\n")
    (secrets / "influence_redis_password").write_text(broker.password + "\n")
    addresses = {"INFLUENCE_NEO4J_URI": neo4j_server.uri, "INFLUENCE_REDIS_URL": broker.url}
    assert all(service["environment"].keys() >= addresses.keys() for service in ours().values())
    usual = {name: value for name, value in os.environ.items() if not name.startswith("INFLUENCE_")}
    return usual | addresses | {"INFLUENCE_SECRETS_DIR": str(secrets), "INFLUENCE_HOME": str(tmp_path / "home")}


RUN = "from service.cli.app import main; main()"


def healthy(container: dict[str, str], folder: Path) -> bool:
    """What the images' check says, by a shell in a container."""
    (check,) = stages()["cpu"].all("HEALTHCHECK")
    _, _, script = check.partition(" CMD ")
    program = folder / "influence"
    program.write_text(f"#!{sys.executable}\n{RUN}\n")
    program.chmod(0o755)
    path = f"{folder}{os.pathsep}{container['PATH']}"
    done = subprocess.run(["sh", "-c", script], env=container | {"PATH": path}, capture_output=True, check=False)
    return done.returncode == 0


def test_worker_and_sweeper_start_compute_and_stop(container, neo4j_server, broker, tmp_path, monkeypatch):
    (tmp_path / "host").mkdir()
    ports: dict[str, int] = {}
    with jobs_at(neo4j_server, broker, tmp_path / "host", monkeypatch) as jobs:
        given = sentences(2)
        run = jobs.submit("contained", given, chunk=2)  # it is the sweeper that puts it into the broker
        for name in ("worker", "sweeper"):
            command = list(services()[name]["command"])
            if "--metrics-port" in command:
                ports[name] = free_port()  # the machine's, which containers do not share
                command[command.index("--metrics-port") + 1] = str(ports[name])
            at_home = container | {"INFLUENCE_HOME": str(tmp_path / name)}
            jobs.processes.append(started([sys.executable, "-c", RUN, *command], at_home, tmp_path / f"{name}.log"))
        assert jobs.wait(run).status == "completed", [process.said for process in jobs.processes]
        told = requests.get(f"http://127.0.0.1:{ports['worker']}/metrics", timeout=10).text
        assert "influence_sentences_total 2.0" in told
        for name, process in zip(("worker", "sweeper"), jobs.processes, strict=True):
            at_home = container | {"INFLUENCE_HOME": str(tmp_path / name)}
            until(lambda: healthy(at_home, tmp_path), patience=30)  # noqa: B023
            assert process.stop() == 0, process.said
            for file in (tmp_path / name / "logs").glob("*.pulse"):
                long_ago = time.time() - 120
                os.utime(file, (long_ago, long_ago))
            assert not healthy(at_home, tmp_path)


def test_the_api_starts_with_a_key_is_healthy_and_stops(container, tmp_path):
    service, port, log = services()["api"], free_port(), tmp_path / "api.log"
    given = {name: with_defaults(value) for name, value in service["environment"].items() if "API" in name}
    at_home = container | given | {"INFLUENCE_API_PORT": str(port)}  # the machine's, which containers do not share
    command = [sys.executable, "-c", RUN, *service["command"]]
    refused = started(command, at_home, log)
    assert refused.popen.wait(60) == 2 and "there are no API keys" in refused.said
    (making,) = (block for block in blocks("sh") if "keys create" in block)
    words = shlex.split(making.splitlines()[-1])
    made = [sys.executable, "-c", RUN, *words[words.index("api") + 1 :]]
    key = subprocess.run(made, env=at_home, capture_output=True, text=True, check=True).stdout.strip()
    process = started(command, at_home, log)
    kind, python, *check = service["healthcheck"]["test"]
    assert (kind, python, service["ports"][0].rpartition(":")[2]) == ("CMD", "python", "8642")
    look = [sys.executable, *(word.replace("8642", str(port)) for word in check)]
    until(lambda: subprocess.run(look, check=False, capture_output=True).returncode == 0, 60)
    for host in ("api:8642", "127.0.0.1:8642"):
        headers = {"Host": host, "Authorization": f"Bearer {key}"}
        assert requests.get(f"http://127.0.0.1:{port}/v1/runs", headers=headers, timeout=60).status_code == 200
    assert requests.get(f"http://127.0.0.1:{port}/v1/runs", timeout=60).status_code == 401
    assert process.stop() == 0, process.said
    assert subprocess.run(look, check=False, capture_output=True).returncode != 0


def started(command: list[str], environment: dict[str, str], output: Path) -> Process:
    with output.open("wb") as file:
        return Process(subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT), output)


def test_the_check_of_an_image_tells_whether_it_reaches_both_stores(container, tmp_path):
    (tmp_path / "home/logs").mkdir(parents=True)
    (tmp_path / "home/logs/some.pulse").touch()
    assert healthy(container, tmp_path)
    Path(container["INFLUENCE_SECRETS_DIR"], "influence_redis_password").write_text("another\n")
    assert not healthy(container, tmp_path)


@pytest.mark.parametrize("files", [[COMPOSE], [COMPOSE, TLS]], ids=["plain", "tls"])
def test_neo4j_takes_its_settings(neo4j_server, tmp_path, files):
    given: dict[str, str] = {}
    for file in files:
        given |= compose(file)["services"]["neo4j"]["environment"]
    assert given.pop("NEO4J_AUTH_PATH") == "/run/secrets/neo4j_auth"
    server = local_server(tmp_path)
    server.conf.parent.mkdir()
    with server.conf.open("w") as conf:
        for name, value in given.items():  # as the image does
            setting = name.removeprefix("NEO4J_").replace("_", ".").replace("..", "_")
            conf.write(f"{setting}={with_defaults(value)}\n")
    command = server.admin_command(find_java(), "server", "validate-config")
    command[command.index("org.neo4j.cli.AdminTool")] = "org.neo4j.server.startup.Neo4jAdminCommand"
    said = subprocess.run(command, env=server.admin_environment(), capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_secrets_of_the_readme_are_those_of_compose():
    assert {each["file"] for each in compose()["secrets"].values()} == {
        f"secrets/{name}" for name in compose()["secrets"]
    }
    assert "secrets/" in (FOLDER / ".gitignore").read_text().split()
