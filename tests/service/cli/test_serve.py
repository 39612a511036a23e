"""`influence serve` and `influence keys`, as real processes."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
import requests

from tests.workers.jobs.conftest import COMMAND, free_port

PATIENCE = 60.0


@contextmanager
def serving(*arguments: object, wait: bool = True) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a service that answers, and its process.

    Args:
        wait: until it answers.
    """
    port = free_port()
    command = [COMMAND, "serve", "--port", str(port), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
    try:
        while wait:
            try:
                requests.get(f"{address}/livez", timeout=PATIENCE).raise_for_status()
                break
            except requests.ConnectionError:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield address, process
    finally:
        if process.poll() is None:
            for each in (*psutil.Process(process.pid).children(recursive=True), process):
                each.kill()
        process.communicate()


@pytest.fixture
def home(tmp_path, monkeypatch, neo4j_server, broker):
    """The environment names the tests' servers."""
    values = {
        "HOME": tmp_path,
        "NEO4J_URI": neo4j_server.uri,
        "NEO4J_PASSWORD": neo4j_server.password,
        "REDIS_URL": broker.url,
        "REDIS_PASSWORD": broker.password,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"INFLUENCE_{name}", str(value))
    return tmp_path


def test_it_serves_until_it_is_asked_to_stop(home, demo_run, influence):
    made = influence("keys", "create", "a script", "--scopes", "read,query", "--json")
    key = json.loads(made.out)["key"]
    with serving("--processes", 2) as (address, process):
        headers = {"Authorization": f"Bearer {key}"}
        assert requests.get(f"{address}/v1/runs/demo", timeout=60).status_code == 401
        found = requests.get(f"{address}/v1/runs/demo", headers=headers, timeout=60)
        assert found.json()["instances"] == 240 and "server" not in found.headers
        asked = requests.post(f"{address}/v1/queries", json={"cypher": "RETURN 1"}, headers=headers, timeout=60)
        assert asked.json()["values"] == [[1]]
        assert requests.get(f"{address}/readyz", timeout=60).json()["ready"]
        numbers = requests.get(f"{address}/metrics", headers=headers, timeout=60).text
        assert 'influence_http_requests_total{method="POST",route="/v1/queries",status="200"} 1.0' in numbers
        children = psutil.Process(process.pid).children()
        assert len(children) >= 2
        assert influence("keys", "revoke", "a script").code == 0
        influence("keys", "create", "another")
        assert requests.get(f"{address}/v1/runs/demo", headers=headers, timeout=60).status_code == 401
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{address}/livez", timeout=5)


def test_a_service_that_is_killed_leaves_nothing_behind(home):
    with serving("--processes", 2) as (_, process):
        children = psutil.Process(process.pid).children()
        process.kill()
        assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []


def test_it_does_not_start_elsewhere_without_keys(home, influence):
    ended = influence("serve", "--host", "0.0.0.0")
    assert (
        ended.code == 2 and "--host: 0.0.0.0 can be reached from other machines, and there are no API keys" in ended.err
    )
    assert "`influence keys create`" in ended.err


def test_keys_are_made_listed_and_revoked(home, influence):
    assert "no keys yet" in influence("keys", "list").err
    made = influence("keys", "create", "a colleague", "--scopes", "admin", "--days", 30)
    assert made.code == 0 and made.out.startswith("ig_") and "opens admin and expires at" in made.err
    listed = influence("keys", "list")
    assert "a colleague" in listed.out and made.out.strip() not in listed.out
    (row,) = json.loads(influence("keys", "list", "--json").out)
    assert row["name"] == "a colleague" and "hash" not in row
    assert influence("keys", "create", "a colleague").code == 2
    assert influence("keys", "create", "x", "--scopes", "write").code == 2
    assert "is revoked" in influence("keys", "revoke", row["id"]).out
    assert influence("keys", "revoke", "a colleague").code == 2
