"""Answers are compressed for those who take it, and caches can tell which they have."""

import gzip
import json

import pytest
import requests

from tests.service.api.conftest import listening, offline
from tests.service.api.test_jobs import SENTENCES

DESCRIPTION = "/v1/openapi.json"


def test_a_large_answer_is_compressed_for_who_takes_it(serve, tmp_path):
    client = serve(offline(tmp_path))
    plain = client.get(DESCRIPTION, headers={"Accept-Encoding": "identity"})
    packed = client.get(DESCRIPTION, headers={"Accept-Encoding": "gzip, deflate"})
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["x-request-id"] and packed.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0.0", "br", "deflate, gzip;q=0, *;q=0"])
def test_it_is_not_for_who_does_not(serve, tmp_path, accepted):
    answer = serve(offline(tmp_path)).get(DESCRIPTION, headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers and answer.json()["openapi"]


def test_neither_a_small_one(serve, tmp_path):
    answer = serve(offline(tmp_path)).get("/livez", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("path", "accept", "packed"),
    [
        ("/v1/runs/demo/reports/flow-frequency?task=sva-obj", "application/json", True),
        ("/v1/runs/demo/reports/flow-frequency?task=sva-obj", "text/csv", True),
        ("/v1/runs/demo/reports/flow-frequency?task=sva-obj", "application/vnd.apache.parquet", False),
        ("/v1/runs/demo/figures/entropy", "image/svg+xml", True),
        ("/v1/runs/demo/figures/entropy", "image/png", False),
        ("/v1/runs/demo/figures/entropy", "application/pdf", False),
    ],
)
def test_each_format_has_its_tag(demo_run, client, path, accept, packed):
    plain = client.get(path, headers={"Accept": accept, "Accept-Encoding": "identity"})
    given = client.get(path, headers={"Accept": accept, "Accept-Encoding": "gzip"})
    assert ("gzip" in given.headers.get("content-encoding", "")) == packed, given.headers
    if "figures" in path:  # which are made anew each time
        assert ("accept-encoding" in given.headers.get("vary", "").lower()) == packed
        return
    assert plain.headers["etag"].startswith('"') and given.headers["etag"].startswith('W/"' if packed else '"')
    assert given.headers["etag"].removeprefix("W/") == plain.headers["etag"]
    for answer in (plain, given):
        assert ("accept-encoding" in answer.headers["vary"].lower()) == packed
        known = {"Accept": accept, "Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]}
        again = client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"].removeprefix("W/") == plain.headers["etag"]


def test_an_event_comes_at_once(environment):
    """Also to one who takes gzip: each is sent when it happens, and as it is."""
    with listening(environment) as address:
        job = {"sentences": SENTENCES, "settings": {"samples": 4}, "name": "api-compressed"}
        run = requests.post(f"{address}/v1/jobs", json=job, timeout=60).json()["run"]
        try:
            headers = {"Accept-Encoding": "gzip"}
            url = f"{address}/v1/jobs/{run}/events"
            with requests.get(url, headers=headers, stream=True, timeout=30) as stream:
                assert "content-encoding" not in stream.headers
                lines = stream.iter_lines()
                first = next(line for line in lines if line.startswith(b"data: "))
                assert json.loads(first.removeprefix(b"data: "))["status"] == "queued"
                requests.post(f"{address}/v1/jobs/{run}/cancel", timeout=60).raise_for_status()
                last = next(line for line in lines if line.startswith(b"data: "))
                assert json.loads(last.removeprefix(b"data: "))["status"] == "cancelled"
        finally:
            requests.delete(f"{address}/v1/runs/{run}", timeout=60).raise_for_status()


def test_what_is_sent_is_gzip(environment):
    with listening(environment) as address:
        headers = {"Accept-Encoding": "gzip"}
        with requests.get(f"{address}{DESCRIPTION}", headers=headers, stream=True, timeout=30) as stream:
            assert json.loads(gzip.decompress(stream.raw.read(decode_content=False)))["openapi"]
