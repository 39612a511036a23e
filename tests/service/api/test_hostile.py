"""Requests that mean harm are refused by a problem, or harmless."""

import json
from urllib.parse import quote

import pytest

from cypher.connection import open_driver
from tests.cypher.queries.corpora import HIDDEN, NO_QUERIES, PARAMETERS, REFUSED
from tests.cypher.queries.test_sandbox import everything
from tests.service.api.hostile import (  # noqa: F401 - fixtures among them
    BODY,
    BROKEN,
    HEADERS,
    NAMES,
    VALUES,
    address,
    client,
    environment,
    is_harmless,
    raw,
    request,
)
from tests.service.api.test_jobs import SENTENCES


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/runs/{}", "/v1/runs/demo/sentences/{}", "/v1/runs/{}/sentences/x", "/v1/runs/demo/reports/{}"),
        *("/v1/runs/{}/figures/entropy", "/v1/jobs/{}", "/v1/jobs/{}/events", "/v1/jobs/{}/failures", "/problems/{}"),
        *("/v1/tasks/{}/sentences", "/v1/tasks/sva-obj/sentences?case={}", "/v1/runs?cursor={}", "/v1/runs?limit={}"),
        *(
            "/v1/runs/demo/sentences?task={}",
            "/v1/runs/demo/reports/accuracy?task={}",
            "/v1/runs/demo/sentences?cursor={}",
        ),
        *("/v1/runs/demo/figures/aggregated?task={}", "/v1/runs/demo/comparisons/accuracy?against_run={}", "/{}"),
    ],
)
def test_names_that_mean_harm(client, path):  # noqa: F811
    strange = []
    for name in NAMES:
        answer = client.get(path.format(quote(name, safe="")))
        if not is_harmless(answer.status_code, answer.headers.get("content-type", ""), answer.text):
            strange.append((name, answer.status_code, answer.text[:300]))
    assert strange == []


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_names_of_what_is_to_be_changed(client, method):  # noqa: F811
    before = client.get("/v1/runs").json()
    path = "/v1/runs/{}" if method == "DELETE" else "/v1/jobs/{}/cancel"
    for name in set(NAMES) - {".", ".."}:  # which clients take for other paths
        answer = client.request(method, path.format(quote(name, safe="")))
        assert 300 <= answer.status_code < 500, (name, answer.text)
        assert is_harmless(answer.status_code, answer.headers.get("content-type", ""), answer.text), (name, answer.text)
    assert client.get("/v1/runs").json() == before


def test_lines_that_are_no_requests(address):  # noqa: F811
    targets = [
        "/../../etc/passwd",
        "/v1/../../etc/passwd",
        "//etc/passwd",
        "/v1/runs/..;/x",
        "http://evil.example.org/",
        "*",
        "/\\",
    ]
    lines = [request("GET", target) for target in targets]
    lines += [
        request(method, "/v1/runs") for method in ("TRACE", "CONNECT", "get", "PATCH", "X" * 3000, "PROPFIND", "G\0T")
    ]
    lines += [b"\0\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    lines += [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n" * 5000,
        b"x" * 100_000,
    ]
    lines += [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    ]
    lines += [b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n"]
    lines += [b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]
    lines += [
        b"POST /v1/queries HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\n\r\n" % n
        for n in (b"-1", b"x", b"1e3", b"9" * 30)
    ]
    lines += [
        b"POST /v1/queries HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n" % n
        for n in (b"-5", b"zz", b"F" * 30)
    ]
    for line in lines:
        status, kind, body = raw(address, line, patience=1)
        assert status == 0 or is_harmless(status, kind, body), (line[:80], status, kind, body[:300])
        assert status == 0 or status >= 400 or line.startswith(b"GET //etc") is False, line[:80]


@pytest.mark.parametrize("header", HEADERS)
def test_headers_that_mean_harm(address, header):  # noqa: F811
    for value in (*VALUES, *BROKEN):
        for path in ("/v1/runs/demo/reports/accuracy?rows=1", "/v1/jobs/no-such-job/events"):
            status, kind, body = raw(address, request("GET", path, **{header.replace("-", "_"): value}))
            assert status == 0 or is_harmless(status, kind, body), (value[:80], status, kind, body[:300])


def test_keys_of_submissions_that_mean_harm(address, client):  # noqa: F811
    """They are taken as they are, or refused; nobody else's job is meant by them."""
    body = json.dumps({"sentences": SENTENCES[:1], "settings": {"samples": 4}, "name": "api-hostile"}).encode()
    wanted = [b"x" * 300, b"' OR 1=1 --", b"\xff", b"\x80\x81", b"a\0b", b"local:x", b"", b"*"]
    for value in wanted:
        given = request("POST", "/v1/jobs", body, Content_Type=b"application/json", Idempotency_Key=value)
        status, kind, text = raw(address, given)
        assert status == 202 or is_harmless(status, kind, text), (value, status, text[:300])
        if status == 202:
            client.delete(f"/v1/runs/{json.loads(text)['run']}").raise_for_status()


def test_sentences_that_are_called_so(client):  # noqa: F811
    sentences = [{**SENTENCES[0], "id": name} for name in dict.fromkeys(NAMES)]
    given = {"sentences": sentences, "settings": {"samples": 4}, "skip_bad": True, "name": "api-hostile-names"}
    answer = client.post("/v1/jobs", json=given)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    try:
        assert job["sentences"] + len(job["left_out"]) == len(sentences) and job["sentences"] > 40
        for name in NAMES:
            answer = client.get(f"/v1/runs/{job['run']}/sentences/{quote(name, safe='')}")
            assert is_harmless(answer.status_code, answer.headers["content-type"], answer.text), (name, answer.text)
    finally:
        client.delete(f"/v1/runs/{job['run']}").raise_for_status()
    for name in NAMES:
        answer = client.post("/v1/jobs", json={"sentences": SENTENCES[:1], "name": name, "model": name})
        assert (answer.status_code, answer.json()["field"]) == (422, "model"), name


def test_files_that_are_called_so(client):  # noqa: F811
    for name in NAMES:
        answer = client.post("/v1/jobs/files", files={"file": (name, b"{")}, data={"options": "{}"})
        assert 400 <= answer.status_code < 500, (name, answer.text)
        assert is_harmless(answer.status_code, answer.headers["content-type"], answer.text), (name, answer.text)


JSON = [
    *(
        b"",
        b" ",
        b"{",
        b"[",
        b"nul",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{'a': 1}",
    ),
    *(
        b'{"cypher": NaN}',
        b'{"cypher": 1e999}',
        b'{"cypher": "\\ud800"}',
        b'{"cypher": "\\u0000"}',
        b'{"cypher": "\x01"}',
    ),
    *(
        b"[" * 50_000,
        b'{"a":' * 20_000,
        b'{"cypher": "' + b"x" * 200_000 + b'"}',
        b'{"cypher": "RETURN 1", "rows": 1e400}',
    ),
    *(
        b'{"cypher": "RETURN $p", "parameters": {"p": ' + b"9" * 5_000 + b"}}",
        b'{"cypher": "RETURN 1", "seconds": "NaN"}',
    ),
    *(
        b'{"cypher": "RETURN $p AS p", "parameters": {"p": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"__proto__": {"x": 1}}',
    ),
    *(b'{"cypher": "RETURN 1", "seconds": -1}', b'{"cypher": "RETURN 1", "seconds": 1e-320}', b'{"cypher": null}'),
]


@pytest.mark.parametrize("path", ["/v1/queries", "/v1/jobs"])
def test_bodies_that_are_no_json(client, path):  # noqa: F811
    for body in JSON:
        for kind in ("application/json", "x"):
            answer = client.post(path, content=body, headers={"Content-Type": kind})
            assert is_harmless(answer.status_code, answer.headers["content-type"], answer.text), (
                body[:60],
                answer.text,
            )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # such files are closed when collected
def test_forms_that_are_none(client):  # noqa: F811
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n'
    bodies = [
        *(
            b"",
            b"--b",
            b"--b--",
            b"--b\r\n\r\n\r\n--b--",
            part,
            part + b"--c--",
            part * 3 + b"--b--",
            b"\0" * 1000,
            part[:-9],
        ),
        part.replace(b"form-data", b"x" * 20_000) + b"--b--",
        part.replace(b"name=", b"nome=") + b"--b--",
        part.replace(b"a.jsonl", b"../../a\0.jsonl") + b"--b--",
        part.replace(b'"a.jsonl"', b"") + b"--b--",
        part.replace(b"\r\n\r\n", b"\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n", 1) + b"--b--",
        b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(3000)) + b"--b--",
        b'--b\r\nContent-Disposition: form-data; name="options"\r\n\r\n' + b"x" * 200_000 + b"\r\n--b--",
    ]
    kinds = [
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 500,
        "a/b",
    ]
    for body in bodies:
        for kind in kinds:
            answer = client.post("/v1/jobs/files", content=body, headers={"Content-Type": kind})
            assert 400 <= answer.status_code < 500, (body[:60], kind, answer.text)
            assert is_harmless(answer.status_code, answer.headers["content-type"], answer.text), (
                body[:60],
                answer.text,
            )


@pytest.mark.parametrize("path", ["/v1/queries", "/v1/jobs", "/v1/jobs/files"])
@pytest.mark.parametrize("told", [True, False])
def test_bodies_that_are_too_large(address, path, told):  # noqa: F811
    body = b"x" * (BODY + 100_000)
    kind = {"Content_Type": b"multipart/form-data; boundary=b" if path.endswith("files") else b"application/json"}
    if path.endswith("files"):
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + body
    if told:
        given = request("POST", path, body, **kind)
    else:
        pieces = (body[at : at + 10_000] for at in range(0, len(body), 10_000))
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        given = request("POST", path, Transfer_Encoding=b"chunked", **kind) + chunked
    status, kind, text = raw(address, given)
    assert (status, json.loads(text)["type"]) == (413, "/problems/too-large")


def test_a_body_whose_length_is_a_lie(client, address):  # noqa: F811
    for length in (b"10", b"%d" % (BODY + 1), b"99999999999999999999"):
        head = request("POST", "/v1/queries", Content_Type=b"application/json", Content_Length=length)
        status, kind, text = raw(address, head + b"{")
        assert status == 0 or is_harmless(status, kind, text), (length, text)
    assert client.get("/livez").status_code == 200


def test_every_attack_on_the_graph_is_refused(client, demo_run):  # noqa: F811
    with open_driver(demo_run.connection) as driver:
        before, passed = everything(driver), []
        for text in REFUSED + HIDDEN + NO_QUERIES:
            answer = client.post("/v1/queries", json={"cypher": text, "parameters": PARAMETERS, "rows": 10})
            fine = (answer.status_code, answer.json()["type"]) in (
                (403, "/problems/refused-query"),
                (422, "/problems/invalid-query"),
            )
            if not fine or not is_harmless(answer.status_code, answer.headers["content-type"], answer.text):
                passed.append((text, answer.status_code, answer.text[:300]))
        assert passed == []
        assert everything(driver) == before
