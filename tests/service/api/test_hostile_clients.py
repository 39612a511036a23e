"""Clients that dawdle are let go, and after those that vanish nothing is left."""

import gc
import json
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import psutil
import pytest

from service.api import protocol, security
from tests.service.api.hostile import (  # noqa: F401 - fixtures among them
    QUERIES,
    address,
    client,
    environment,
    opened,
    request,
)
from tests.service.api.test_jobs import SENTENCES
from tests.workers.jobs.conftest import until


@pytest.fixture(scope="module", autouse=True)
def nothing_of_others() -> None:
    """What other modules' tests have left is collected before anything is counted here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def dawdle(connection: socket.socket, pieces: Iterator[bytes], pause: float, patience: float) -> tuple[float, bytes]:
    """Send a little at a time until the other side has enough. Returns the seconds, and what it says."""
    began = time.monotonic()
    connection.settimeout(pause)
    said = b""
    for piece in pieces:
        assert time.monotonic() - began < patience
        try:
            connection.sendall(piece)
            some = connection.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            break
        if not some:
            break
        said += some
    return time.monotonic() - began, said


def test_clients_that_dawdle(address, client, monkeypatch):  # noqa: F811
    """However they do it, they are let go; others are served meanwhile."""
    monkeypatch.setattr(protocol, "PATIENCE", 1.5)
    monkeypatch.setattr(security, "PATIENCE", 1.5)

    def forever(piece: bytes) -> Iterator[bytes]:
        while True:
            yield piece

    body = request("POST", "/v1/queries", Content_Type=b"application/json", Content_Length=b"200000")
    refused = request("POST", "/v1/nothing", Content_Length=b"200000")
    ways = {
        "silence": (b"", b""),
        "head": (b"GET /v1/runs HTTP/1.1\r\nHost: localhost\r\n", b"X-A: b\r\n"),
        "line": (b"GET /", b"x"),
        "body": (body, b" "),
        "body in chunks": (request("POST", "/v1/queries", Transfer_Encoding=b"chunked"), b"1\r\n \r\n"),
        "body of what is answered": (refused, b"x"),
        "after an answer": (request("GET", "/livez", Connection=b"keep-alive") + b"GET / HTTP/1.1\r\n", b"X-A: b\r\n"),
    }
    for way, (first, rest) in ways.items():
        with opened(address) as connection:
            connection.sendall(first)
            seconds, said = dawdle(connection, forever(rest), 0.2, 20)
        assert seconds < 10, way
        if way not in ("silence", "body of what is answered", "after an answer"):
            assert b" 408 " in said and b"/problems/too-slow" in said, (way, said)
    slow = [opened(address) for _ in range(200)]
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: local")
    began = time.monotonic()
    assert client.get("/v1/runs").status_code == 200 and time.monotonic() - began < 5
    for connection in slow:
        connection.settimeout(20)
        while connection.recv(4096):
            pass
        connection.close()


@contextmanager
def nothing_leaks(url: str) -> Iterator[None]:
    """After a while, there are as many open files, threads and temporary files as before."""
    me, temporary = psutil.Process(), Path(gettempdir())

    def held() -> tuple[int, int]:
        gc.collect()
        return me.num_fds(), len([each for each in temporary.iterdir() if each.name.startswith("tmp")])

    before = held()
    yield
    until(lambda: all(now <= then for now, then in zip(held(), before, strict=True)), 30)


def test_clients_that_vanish(address, client, environment):  # noqa: F811
    client.get("/v1/runs").raise_for_status()
    vanish_in_an_upload(address)  # what is made once is there
    with nothing_leaks(address):
        for _ in range(20):
            vanish_in_an_upload(address)
    given = {"sentences": SENTENCES, "settings": {"samples": 4}, "name": "api-vanish"}
    run = client.post("/v1/jobs", json=given).json()["run"]
    try:
        with nothing_leaks(address):
            for _ in range(20):
                vanish_in_a_stream(address, run)
    finally:
        client.delete(f"/v1/runs/{run}")
    with nothing_leaks(address):
        for _ in range(2 * QUERIES):
            vanish_in_a_query(address)
        until(lambda: client.post("/v1/queries", json={"cypher": "RETURN 1"}).status_code == 200, 30)
    together = [threading.Thread(target=client.post, args=("/v1/queries",)) for _ in range(QUERIES)]
    for each in together:
        each.start()
    for each in together:
        each.join()


def vanish_in_an_upload(url: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + b"x" * 100_000
    kind = {"Content_Type": b"multipart/form-data; boundary=b", "Content_Length": b"250000"}
    with opened(url) as connection:
        connection.sendall(request("POST", "/v1/jobs/files", **kind) + part)


def vanish_in_a_stream(url: str, run: str) -> None:
    with opened(url) as connection:
        connection.sendall(request("GET", f"/v1/jobs/{run}/events"))
        said = b""
        while b"event: progress" not in said:
            said += connection.recv(4096)


def vanish_in_a_query(url: str) -> None:
    body = json.dumps(
        {"cypher": "UNWIND range(1, 100000) AS a UNWIND range(1, 10000) AS b RETURN count(a + b)"}
    ).encode()
    with opened(url) as connection:
        connection.sendall(request("POST", "/v1/queries", body, Content_Type=b"application/json"))
        time.sleep(0.2)
