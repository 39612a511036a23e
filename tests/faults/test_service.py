"""The service is killed in the middle of requests, and its servers under it: nothing is lost, nothing there twice."""

import json
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from cypher.neo4j_server import server as graph_server
from tests.faults.conftest import NAME, QUICK, Faults, kill, times
from tests.graph import local_server
from tests.workers.jobs.conftest import Process, free_port, jobs_at, sentences, until
from workers.broker import server as broker_server
from workers.broker.local import LocalBroker

KEY = "the same"
SENTENCES = [{"id": each.id, "text": each.text, "correct": each.correct, "wrong": each.wrong} for each in sentences(40)]
SOON = 10.0
"""Seconds within which a request is answered, whatever is away, on a busy machine."""
Make = Callable[..., "Service"]


@dataclass
class Service:
    """A service that can be killed and started again at the same address."""

    faults: Faults
    port: int
    process: Process | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, fault: str | None = None) -> None:
        given = ("serve", "--port", self.port, "--allow-model", self.faults.source)
        self.process = self.faults.start(*given) if fault is None else self.faults.wrapped(fault, *given)
        until(lambda: self.lives(), 60)

    def lives(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.address}/livez", timeout=5).is_success
        return False

    def ask(self, method: str, path: str, within: float = SOON, **options: Any) -> httpx.Response:
        """The answer to a request, which must not take long."""
        began = time.monotonic()
        answer = httpx.request(method, f"{self.address}{path}", **{"timeout": 60, **options})
        assert time.monotonic() - began < within, (method, path, answer.text)
        return answer

    def submit(self, within: float = 60) -> httpx.Response:  # the first loads the model
        job = {
            "name": NAME,
            "model": self.faults.source,
            "settings": {"samples": QUICK.samples, "edges": QUICK.edges},
            "sentences": SENTENCES,
        }
        return self.ask("POST", "/v1/jobs", within, json=job, headers={"Idempotency-Key": KEY})

    def kill(self) -> None:
        assert self.process is not None
        self.process.popen.kill()
        assert self.process.popen.wait() == -signal.SIGKILL


@pytest.fixture
def service(faults) -> Service:
    return Service(faults, free_port())


@pytest.fixture
def expected(faults, service, broker):
    """What there is of the job when nobody is killed."""
    service.start()
    assert service.submit().status_code == 202
    service.kill()
    run = faults.store.find(NAME).id
    found = faults.finished(run)
    faults.store.delete(run)
    with broker.open() as client:
        client.flushall()
    return found


@pytest.mark.parametrize(
    "place",
    [
        "workers.jobs.messages.queues:Queues.fill",
        pytest.param("cypher.ledger.ledger:Ledger.submitted", marks=pytest.mark.faults),
        pytest.param("cypher.ledger.ledger:Ledger.add", marks=pytest.mark.faults),
        pytest.param("cypher.ledger.ledger:Ledger.submit", marks=pytest.mark.faults),
    ],
)
def test_it_is_killed_in_a_submission(faults, service, expected, place):
    service.start(f"dies={place}")
    with pytest.raises(httpx.TransportError):
        service.submit()
    assert service.process is not None and service.process.popen.wait() == -signal.SIGKILL
    service.start()
    again, more = service.submit(), service.submit()
    assert (again.status_code, more.status_code) == (202, 202), again.text
    assert again.json()["run"] == more.json()["run"] and not more.json()["new"]
    assert [run.id for run in faults.store.runs() if run.name == NAME] == [again.json()["run"]]
    faults.sweeper()
    faults.worker()
    faults.check(again.json()["run"], expected)


@times(1, 20)
def test_it_is_killed_in_an_upload(faults, service, times):
    """Nothing is there of what did not come whole."""
    before = faults.store.runs()
    for _ in range(times):
        service.start()
        part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + b"x" * 3_000_000
        head = (
            f"POST /v1/jobs/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {2 * len(part)}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(head.encode() + part)
            service.kill()
    service.start()
    assert faults.store.runs() == before
    assert service.ask("GET", "/readyz").json()["ready"]


def followed(service: Service, run: str, last: str) -> list[dict[str, Any]]:
    """What a stream tells after that event until it ends."""
    told: list[dict[str, Any]] = []
    url = f"{service.address}/v1/jobs/{run}/events"
    with httpx.stream("GET", url, headers={"Last-Event-ID": last}, timeout=120) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "data":
                told.append(json.loads(value))
    return told


def test_it_is_killed_in_a_stream(faults, service):
    service.start()
    run = service.submit().json()["run"]
    (first,), last = broken(service, run)
    assert first["status"] == "queued"
    service.start()
    faults.worker()
    faults.sweeper()
    more = followed(service, run, last)
    assert first not in more  # which its watcher knows
    assert more[-1]["status"] == "completed" and more[-1]["completed"]["sentences"] == len(SENTENCES)


def broken(service: Service, run: str) -> tuple[list[dict[str, Any]], str]:
    """The first event of a stream, which then breaks as its service is killed."""
    told, last = [], ""
    with (
        suppress(httpx.TransportError),
        httpx.stream("GET", f"{service.address}/v1/jobs/{run}/events", timeout=60) as stream,
    ):
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "data":
                told.append(json.loads(value))
            elif name == "id":
                last = value
            elif not line and told:
                service.kill()
    return told, last


@pytest.fixture(scope="module")
def mortal_broker(tmp_path_factory) -> Iterator[LocalBroker]:
    server = LocalBroker(tmp_path_factory.mktemp("broker"))
    broker_server.up(server)
    yield replace(server, port=server.last_port())
    broker_server.down(server, timeout=10)


@times(1, 10)
def test_the_broker_is_killed_under_it(
    neo4j_server, mortal_broker, source, known, tmp_path, monkeypatch, times, record_property
):
    with jobs_at(neo4j_server, mortal_broker.connection(), tmp_path, monkeypatch) as jobs:
        faults = Faults(**vars(jobs), source=source, known=known)
        service = Service(faults, free_port())
        service.start()
        run = service.submit().json()["run"]
        for each in range(times):
            kill(mortal_broker.process())
            if each % 2:
                shutil.rmtree(mortal_broker.data)
            away = service.ask("GET", "/readyz")
            assert (away.status_code, away.json()) == (503, {"ready": False, "graph": True, "broker": False})
            assert service.ask("GET", f"/v1/runs/{run}").status_code == 200  # what needs none goes on
            began = time.monotonic()
            refused = service.submit(within=SOON)
            record_property("seconds to an answer", round(time.monotonic() - began, 1))
            assert refused.status_code in (202, 503), refused.text
            assert refused.status_code == 202 or refused.headers["retry-after"]
            broker_server.up(mortal_broker)
            until(lambda: service.ask("GET", "/readyz").json()["ready"], 30)
            again = service.submit()
            assert (again.status_code, again.json()["run"], again.json()["new"]) == (202, run, False)
        faults.sweeper()
        faults.worker()
        assert faults.wait(run, patience=600).status == "completed"


@pytest.fixture(scope="module")
def mortal_graph(tmp_path_factory):
    server = local_server(tmp_path_factory.mktemp("graph"))
    graph_server.up(server)
    yield replace(server, port=server.last_port())
    graph_server.down(server)


@times(1, 5)
def test_the_graph_is_killed_under_it(
    mortal_graph, broker, source, known, tmp_path, monkeypatch, times, record_property
):
    with jobs_at(mortal_graph.connection(), broker, tmp_path, monkeypatch) as jobs:
        faults = Faults(**vars(jobs), source=source, known=known)
        service = Service(faults, free_port())
        service.start()
        run = service.submit().json()["run"]
        for _ in range(times):
            kill(mortal_graph.process())
            away = service.ask("GET", "/readyz")
            assert (away.status_code, away.json()) == (503, {"ready": False, "graph": False, "broker": True})
            for method, path, body in (
                ("GET", "/v1/runs", None),
                ("GET", f"/v1/jobs/{run}", None),
                ("POST", "/v1/queries", {"cypher": "RETURN 1"}),
                ("POST", f"/v1/jobs/{run}/cancel", None),
            ):
                began = time.monotonic()
                answer = service.ask(method, path, json=body)
                record_property(f"seconds to an answer: {path}", round(time.monotonic() - began, 1))
                assert (answer.status_code, answer.json()["type"]) == (503, "/problems/server-unavailable"), path
                assert int(answer.headers["retry-after"]) > 0 and answer.json()["field"] == "graph"
            assert service.submit(within=SOON).status_code == 503
            graph_server.up(mortal_graph)
            until(lambda: service.ask("GET", "/readyz").json()["ready"], 60)
            again = service.submit()
            assert (again.status_code, again.json()["run"], again.json()["new"]) == (202, run, False)
        faults.sweeper()
        faults.worker()
        assert faults.wait(run, patience=600).status == "completed"
