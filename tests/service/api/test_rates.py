"""Too many requests: counted in the broker for all processes, and by each while the broker is away."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from service.api import rates
from service.api.rates import Rates
from tests.faults.conftest import kill
from tests.service.cli.test_serve import home, serving  # noqa: F401 - a fixture
from tests.workers.jobs.conftest import until
from workers.broker.local import LocalBroker
from workers.broker.server import down, up
from workers.environment import Environment


@pytest.fixture
def server(tmp_path) -> Iterator[LocalBroker]:
    """A broker to kill."""
    server = LocalBroker(tmp_path / "broker")
    up(server)
    yield server
    down(server, timeout=10)


def at(server: LocalBroker, **more: str) -> Environment:
    connection = server.connection()
    usual = {"redis_url": connection.url, "redis_user": connection.user, "redis_password": connection.password}
    return Environment(home=server.home.parent, **usual, **more)  # pyright: ignore[reportArgumentType]


def test_processes_count_together(home, broker, monkeypatch):  # noqa: F811
    with broker.open() as client:
        client.flushall()
    monkeypatch.setenv("INFLUENCE_API_REQUESTS", "40")
    with serving("--processes", 3) as (address, _), ThreadPoolExecutor(8) as many:
        asked = many.map(lambda _: requests.get(f"{address}/v1/tasks", timeout=60), range(100))
        answers = [(answer.status_code, answer.headers.get("retry-after")) for answer in asked]
    assert [status for status, _ in answers].count(200) == 40
    assert all(1 <= int(wait or 0) <= 60 for status, wait in answers if status == 429)


@pytest.mark.servers
def test_a_broker_that_dies_and_comes_back(server, monkeypatch):
    monkeypatch.setattr(rates, "PAUSE", 0.3)
    one, other = Rates(at(server), 10), Rates(at(server), 10)
    assert [one.wait("a") for _ in range(6)] == [0.0] * 6
    assert [other.wait("a") > 0 for _ in range(6)] == [False] * 4 + [True] * 2
    assert one.wait("b") == 0
    port = server.last_port()
    kill(server.process())
    assert [one.wait("a") > 0 for _ in range(12)] == [False] * 10 + [True] * 2  # by itself
    up(LocalBroker(server.home, port=port))
    until(lambda: other.wait("c") == one.wait("c") == 0 and _counted(server) > 0, 30)


def _counted(server: LocalBroker) -> int:
    with server.connection().open() as client:
        return len(client.keys("influence-requests*"))  # pyright: ignore[reportArgumentType]


@pytest.mark.servers
@pytest.mark.parametrize("how", ["killed", "hung", "never there"])
def test_nobody_waits_for_it(serve, server, how, record_property):
    client = serve(at(server, neo4j_uri="bolt://127.0.0.1:9", neo4j_password="p"), requests=10**6)

    def slowest() -> float:
        """Of 19 in 20 requests, in seconds."""
        seconds = []
        for _ in range(200):
            began = time.perf_counter()
            assert client.get("/v1/tasks").status_code == 200
            seconds.append(time.perf_counter() - began)
        return sorted(seconds)[190]

    if how == "never there":
        kill(server.process())
    usual = slowest()
    process = server.process()
    if how == "killed":
        kill(process)
    elif how == "hung" and process is not None:
        process.send_signal(signal.SIGSTOP)
    try:
        without = slowest()
    finally:
        if how == "hung" and process is not None:
            process.send_signal(signal.SIGCONT)
    record_property("p95 in seconds, with and without", (usual, without))
    print(f"{how}: p95 {usual * 1000:.1f} ms, without the broker {without * 1000:.1f} ms")
    assert without < usual + 0.05
