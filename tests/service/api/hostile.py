"""What tests of hostile requests share: a service with small limits, values that mean harm, and requests as bytes."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import urlsplit

import httpx
import pytest

from service.api.problems import MEDIA_TYPE
from tests.service.api.conftest import listening
from workers.environment import Environment

BODY = 300_000
"""The most bytes of a request here."""
QUERIES = 2
FOLDERS = tuple(map(str, (Path(__file__).parents[3], Path.home(), gettempdir(), sys.prefix)))
TELLTALES = (*FOLDERS, "Traceback", "site-packages", ".py", "neo4j.exceptions", "root:x:")
"""What no answer may show."""

NAMES = [
    *(
        "../../../../etc/passwd",
        "..",
        ".",
        "...",
        "/etc/passwd",
        "\\..\\..\\windows\\win.ini",
        "~root",
        "C:\\x",
        "a/../b",
    ),
    *(
        "..%2f..%2fetc",
        "%2e%2e%2f",
        "%00",
        "demo%00",
        "file:///etc/passwd",
        "\\\\host\\share",
        "/dev/zero",
        "/proc/self/mem",
    ),
    *(
        "\0",
        "demo\0",
        "a\nb",
        "a\r\nSet-Cookie: x=1",
        "\x1b[2J",
        "\x7f",
        "\u202e",
        "\ufeff",
        "\ud7ff",
        "\U0001f4a3",
        "é",
    ),
    *(
        "' OR 1=1 --",
        '"; DROP TABLE runs; --',
        "'}) DETACH DELETE n //",
        "` MATCH (n) DETACH DELETE n",
        "$run",
        "{run}",
    ),
    *(
        "%s%s%s%n",
        "{0.__class__}",
        "{{7*7}}",
        "${jndi:ldap://127.0.0.1/a}",
        "<script>alert(1)</script>",
        "$(id)",
        "`id`",
    ),
    *("x" * 5000, "é" * 1000, "*", "?", "#", " ", "-1", "0", "null", "None", "[]", "{}", "1e999", "NaN"),
]
"""Of runs, sentences, tasks, reports and files."""

VALUES = [
    *(
        b"",
        b" ",
        b",",
        b",,,,",
        b";",
        b"=",
        b"*",
        b'"',
        b'""',
        b'"x',
        b"W/",
        b'W/"',
        b"\\",
        b"\t",
        b"\x80\xff",
        b"\xc3\x28",
    ),
    *(
        b"'",
        b"' OR 1=1 --",
        b"'}) DETACH DELETE n //",
        b"%s%n",
        b"{0.__class__}",
        b"../../etc/passwd",
        b"<script>",
        b"${x}",
    ),
    *(b"x" * 10_000, b"a," * 5_000, b"*/*;q=" + b"9" * 5_000, b"a/b;q=nan", b"*/*;q=-1", b"text/csv;q=1e999", b"null"),
    *(b"0", b"-1", b"1e999", b"9" * 4_000, b"NaN", b"bytes=0-,0-,0-", b"gzip;q=x, *;q=nan", b"/" * 3_000, b"a/b/c/d"),
]
"""Of headers: bytes that HTTP lets through."""
BROKEN = [b"a\0b", b"a\x01b", b"a\x7f\x08b", b"a\rb", b"a\nb", b"a\r\n b", b"a\x0bb"]
"""Of headers: bytes that it does not, or that may be another line."""
HEADERS = [
    *(
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Type",
        "Cookie",
    ),
    *(
        "Expect",
        "Forwarded",
        "Idempotency-Key",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "Last-Event-ID",
        "Origin",
    ),
    *("Range", "Referer", "Sec-Fetch-Site", "TE", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto"),
    *("X-HTTP-Method-Override", "X-Request-ID", "traceparent", "tracestate"),
]


@pytest.fixture(scope="module")
def environment(demo_run, broker, tmp_path_factory) -> Environment:
    graph = demo_run.connection
    return Environment(
        home=tmp_path_factory.mktemp("home"),
        neo4j_uri=graph.uri,
        neo4j_user=graph.user,
        neo4j_password=graph.password,
        redis_url=broker.url,
        redis_user=broker.user,
        redis_password=broker.password,
    )


@pytest.fixture(scope="module")
def address(environment) -> Iterator[str]:
    with listening(environment, body=BODY, requests=10**6, queries=QUERIES, query_seconds=5) as address:
        yield address


@pytest.fixture(scope="module")
def client(address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


def is_harmless(status: int, content_type: str, body: str) -> bool:
    """Is it an answer, or a problem of whoever asked, and does it tell nothing of this machine?"""
    refused = 400 <= status < 500 and content_type == MEDIA_TYPE and json.loads(body)["detail"]
    return bool(200 <= status < 400 or refused) and not any(each in body for each in TELLTALES)


def raw(address: str, request: bytes, patience: float = 30) -> tuple[int, str, str]:
    """What is answered to these bytes: status, type and body; a status of 0 where the connection is just closed.

    Args:
        patience: seconds after which they are all that comes.
    """
    with opened(address) as connection:
        with suppress(OSError):  # it may be refused before all of it is sent
            connection.sendall(request)
        connection.settimeout(patience)
        answer = b""
        while not _is_whole(answer):
            try:
                some = connection.recv(65536)
            except TimeoutError:
                connection.shutdown(socket.SHUT_WR)
                continue
            except ConnectionResetError:
                break
            if not some:
                break
            answer += some
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head:
        return 0, "", ""
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", len(body)))  # after it, there may be the answer to another
    return int(lines[0].split()[1]), headers.get("content-type", ""), body[:length].decode("latin-1")


def _is_whole(answer: bytes) -> bool:
    """Has all of an answer come whose length is told? Not every connection is closed then."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and length is not None and len(body) >= int(length.group(1))


def opened(address: str) -> socket.socket:
    parts = urlsplit(address)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=60)


def request(method: str, path: str, body: bytes = b"", **headers: bytes) -> bytes:
    """A request as bytes."""
    usual = {"Host": b"127.0.0.1", "Connection": b"close"} | ({"Content-Length": b"%d" % len(body)} if body else {})
    lines = [f"{method} {path} HTTP/1.1".encode()]
    lines += [name.replace("_", "-").encode() + b": " + value for name, value in (usual | headers).items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
