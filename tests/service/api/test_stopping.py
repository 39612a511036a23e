"""A service that is asked to stop: event streams end at once, requests in time, and it ends well."""

import signal
import threading
import time

import pytest
import requests

from tests.service.api.test_jobs import SENTENCES
from tests.service.cli.test_serve import home, serving  # noqa: F401 - a fixture
from tests.workers.jobs.conftest import until

SOON = 4.0
"""Seconds within which streams end, on a busy machine."""
SLOW = "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b RETURN sum(a * b)"
FOREVER = "UNWIND range(1, 100000) AS a UNWIND range(1, 1000000) AS b RETURN count(a + b)"


@pytest.fixture
def job(home):  # noqa: F811
    """A queued job that no worker computes; its id, given an address."""

    def submit(address: str) -> str:
        given = {"sentences": SENTENCES, "settings": {"samples": 4}, "name": "api-stopping"}
        answer = requests.post(f"{address}/v1/jobs", json=given, headers={"Idempotency-Key": "stopping"}, timeout=60)
        return answer.json()["run"]

    yield submit
    with serving() as (address, _):
        requests.delete(f"{address}/v1/runs/api-stopping", timeout=60)


class Stream(threading.Thread):
    """One who watches a job: what it was told, and how the stream ended."""

    def __init__(self, address: str, run: str, last: str | None = None):
        super().__init__(daemon=True)
        self.url, self.headers = f"{address}/v1/jobs/{run}/events", {} if last is None else {"Last-Event-ID": last}
        self.ids: list[str] = []
        self.opened = threading.Event()
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with requests.get(self.url, headers=self.headers, stream=True, timeout=60) as stream:
                self.opened.set()
                for line in map(bytes.decode, stream.iter_lines()):
                    if line.startswith("id: "):
                        self.ids.append(line.removeprefix("id: "))
        except Exception as error:
            self.error = error


@pytest.mark.parametrize("processes", [1, 2])
def test_streams_end_and_are_taken_up_again(home, job, processes):  # noqa: F811
    with serving("--processes", processes) as (address, process):
        run = job(address)
        streams = [Stream(address, run) for _ in range(6)]
        until(lambda: all(each.ids for each in streams), 30)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for each in streams:
            each.join(SOON)
        assert not any(each.is_alive() for each in streams) and time.monotonic() - began < SOON
        assert [each.error for each in streams] == [None] * 6  # each ended as it should
        assert process.wait(SOON) == 0
        _, said = process.communicate()
        assert "Traceback" not in said and "exceeded" not in said
    with serving() as (address, process):
        again = Stream(address, run, streams[0].ids[-1])
        again.opened.wait(30)
        assert requests.post(f"{address}/v1/jobs/{run}/cancel", timeout=60).json()["status"] == "cancelled"
        again.join(30)
        assert again.ids and streams[0].ids[-1] not in again.ids
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON) == 0


def asked(address: str, cypher: str, found: list) -> threading.Thread:
    """A query in progress, whose answer or error is found in the end."""

    def ask() -> None:
        try:
            answer = requests.post(f"{address}/v1/queries", json={"cypher": cypher}, timeout=90)
            found.append(answer.status_code)
        except requests.RequestException as error:
            found.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


def test_a_request_in_progress_is_answered(home):  # noqa: F811
    with serving() as (address, process):
        assert requests.get(f"{address}/readyz", timeout=60).json()["ready"]
        found: list = []
        thread = asked(address, SLOW, found)
        time.sleep(0.5)
        assert not found
        process.send_signal(signal.SIGTERM)
        thread.join(60)
        assert found == [200]
        assert process.wait(15) == 0


def test_one_that_takes_too_long_does_not_keep_it(home):  # noqa: F811
    with serving() as (address, process):
        assert requests.get(f"{address}/readyz", timeout=60).json()["ready"]
        found: list = []
        thread = asked(address, FOREVER, found)
        time.sleep(0.5)
        assert not found
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 15
        thread.join(5)
        assert found and found != [200]


@pytest.mark.parametrize("processes", [1, 2])
def test_it_can_be_stopped_while_it_starts(home, processes):  # noqa: F811
    with serving("--processes", processes, wait=False) as (_, process):
        assert process.stderr is not None and " starts at " in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
