"""Connections that break, and services that have too much to do."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from cypher.errors import Busy, NotFound, ServerUnavailable
from cypher.ledger.jobs import JobProgress
from service.client import events
from service.client.client import Client
from tests.service.api.conftest import listening
from tests.workers.jobs.conftest import until
from workers.analysis.settings import Settings
from workers.datasets import Instance

SENTENCES = [
    Instance(noun, f"the {noun} near the guards ***mask*** tall .", "is", "are") for noun in ("pilot", "doctor")
]


class Line:
    """What lies between a client and a service, and can be cut.

    Args:
        address: of the service.
    """

    def __init__(self, address: tuple[str, int]):
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.up = True
        self.connections = 0
        self.sent = b""  # by clients
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Every connection breaks."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self.up:
                    near.close()
                    continue
                far = socket.create_connection(self._address)
                self.connections += 1
                self._open += [near, far]
                Thread(target=self._carry, args=(near, far, True), daemon=True).start()
                Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, outward: bool) -> None:
        with suppress(OSError):
            while some := source.recv(65536):
                self.sent += some if outward else b""
                target.sendall(some)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def line(service) -> Iterator[Line]:
    host, _, port = service.url.removeprefix("http://").partition(":")
    found = Line((host, int(port)))
    yield found
    found.close()


@pytest.fixture
def job(client) -> Iterator[str]:
    """The id of a job that waits for workers."""
    run = client.submit(SENTENCES, Settings(samples=4), stem="broken").run
    yield run
    client.delete(run)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(events, "PAUSES", (0.05, 0.1, 0.2))


def watch(client: Client, run: str, told: list[JobProgress]) -> None:
    for progress in client.follow(run):
        told.append(progress)


def test_a_stream_that_breaks_goes_on_and_tells_nothing_twice(service, client, line, job):
    told: list[JobProgress] = []
    with Client(line.url, service.key) as watcher, ThreadPoolExecutor(1) as thread:
        watching = thread.submit(watch, watcher, job, told)
        until(lambda: len(told) == 1, 30)
        for number in (2, 3):  # nothing has changed meanwhile
            line.cut()
            until(lambda number=number: line.connections == number, 30)
        assert b"Last-Event-ID: " in line.sent or b"last-event-id: " in line.sent.lower()
        client.cancel(job)
        watching.result(timeout=30)
    assert [each.status for each in told] == ["queued", "cancelled"]


def test_what_changes_while_the_line_is_down_is_told(service, client, line, job):
    told: list[JobProgress] = []
    with Client(line.url, service.key) as watcher, ThreadPoolExecutor(1) as thread:
        watching = thread.submit(watch, watcher, job, told)
        until(lambda: len(told) == 1, 30)
        line.up = False
        line.cut()
        client.cancel(job)
        line.up = True
        watching.result(timeout=30)
    assert [each.status for each in told] == ["queued", "cancelled"]


def test_a_line_that_stays_down_is_told(service, line, job):
    told: list[JobProgress] = []
    with Client(line.url, service.key) as watcher, ThreadPoolExecutor(1) as thread:
        watching = thread.submit(watch, watcher, job, told)
        until(lambda: len(told) == 1, 30)
        line.up = False
        line.cut()
        with pytest.raises(ServerUnavailable, match="is broken"):
            watching.result(timeout=30)


def test_a_job_that_is_deleted_meanwhile_is_told(service, client, line):
    run = client.submit(SENTENCES, Settings(samples=4), stem="gone").run
    told: list[JobProgress] = []
    with Client(line.url, service.key) as watcher, ThreadPoolExecutor(1) as thread:
        watching = thread.submit(watch, watcher, run, told)
        until(lambda: len(told) == 1, 30)
        client.delete(run)
        with pytest.raises(NotFound, match="there is no run"):
            watching.result(timeout=30)


@contextmanager
def one_query_at_a_time(environment) -> Iterator[str]:
    with listening(environment, queries=1) as url:
        yield url


def test_a_query_waits_where_the_service_has_too_much_to_do(environment):
    began, busy = Event(), "UNWIND range(1, 30000000) AS x RETURN count(x) AS n"
    with one_query_at_a_time(environment) as url, Client(url) as client, ThreadPoolExecutor(1) as thread:

        def occupy() -> None:
            began.set()
            with Client(url) as other:
                other.query(busy)

        occupied = thread.submit(occupy)
        began.wait()
        time.sleep(0.3)
        with Client(url, patience=0) as impatient, pytest.raises(Busy, match="1 queries run already"):
            impatient.query("RETURN 1")
        assert client.query("RETURN 1").rows == [(1,)]
        occupied.result(timeout=60)


def test_a_request_that_changes_something_is_not_sent_again(service, line):
    with Client(line.url, service.key) as client:
        client.tasks()
        line.up = False
        line.cut()
        before = line.sent
        with pytest.raises(ServerUnavailable):
            client.cancel("x")
        assert b"POST" not in line.sent.removeprefix(before)
