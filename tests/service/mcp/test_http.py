"""`/mcp`: who is let in, for what, and what the log says of it."""

import json
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import requests
from structlog.testing import capture_logs

from service.mcp.server import DEFINITIONS
from tests.service.api.conftest import listening, offline
from tests.service.mcp.conftest import over_http, variables
from tests.workers.jobs.conftest import COMMAND, free_port, until

HEADERS = {"Accept": "application/json, text/event-stream"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_reports", "arguments": {}}}
NEEDED = {"describe_run": {"run": "x"}, "list_sentences": {"run": "x"}, "describe_sentence": {"run": "x", "id": "y"}}
NEEDED |= {name: {"run": "x"} for name in ("follow_job", "cancel_job", "resume_job", "ablate_patterns")}
NEEDED |= {"run_report": {"report": "heads", "run": "x"}, "compare_sides": {"report": "heads", "run": "x"}}
NEEDED |= {"query_graph": {"cypher": "RETURN 1"}, "draw_figure": {"figure": "entropy", "run": "x"}}
NEEDED |= {"submit_job": {"sentences": [{"text": "x"}]}}


def post(address: str, message: Any = CALL, **headers: str) -> requests.Response:
    return requests.post(f"{address}/mcp", json=message, headers={**HEADERS, **headers}, timeout=60)


def event(answer: requests.Response) -> dict:
    """The message of a stream of one."""
    (data,) = (line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {"))
    return json.loads(data)


@pytest.fixture
def address(environment):
    with listening(environment, requests=100_000) as address:
        yield address


def test_without_keys_this_machine_may_do_everything(address):
    answer = post(address)
    assert answer.status_code == 200 and not event(answer)["result"]["isError"]
    assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example.org"}, 421, "unknown-host"),
        ({"Origin": "https://evil.example.org"}, 403, "foreign-origin"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "foreign-origin"),
        ({"X-Forwarded-For": "203.0.113.7"}, 401, "unauthorized"),
    ],
)
def test_the_gate_is_the_one_of_every_request(address, headers, status, code):
    refused = post(address, **headers)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{code}")


def test_a_name_that_is_allowed_is_served(environment):
    with listening(environment, hosts=("influence.example.org",)) as address:
        assert post(address, Host="influence.example.org").status_code == 200


def test_with_keys_nobody_may_without_one(address, keys):
    _, key = keys.create("a", ["read"])
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {key}x"}, {"Authorization": key}):
        refused = post(address, **wrong)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthorized")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert post(address, Authorization=f"Bearer {key}").status_code == 200
    keys.revoke("a")
    assert post(address, Authorization=f"Bearer {key}").status_code == 401


def test_each_tool_asks_for_its_scope(address, keys):
    every = ("read", "query", "submit", "admin")
    made = {scope: keys.create(scope, [scope])[1] for scope in every}
    for scope, key in made.items():
        with over_http(address, key) as agent:
            assert [tool.name for tool in agent.tools()] == list(DEFINITIONS)
            for name, definition in DEFINITIONS.items():
                arguments = NEEDED.get(name, {})
                refused = (agent.call(name, **arguments).structured_content or {}).get("code") == "forbidden"
                assert refused == (scope not in (definition.scope, "admin")), (scope, name)
                if refused:
                    said = f"the key {scope!r} has the scopes {scope}. Use a key with the scope {definition.scope}."
                    assert agent.refused(name, **arguments) == said
    assert {each.scope for each in DEFINITIONS.values()} == {"read", "query", "submit"}


def test_what_changes_something_goes_into_the_log_with_who_asked(address, keys):
    key, secret = keys.create("Mira", ["submit"])
    with over_http(address, secret) as agent, capture_logs() as logs:
        agent.refused("cancel_job", run="nobody")
        agent.refused("query_graph", cypher="RETURN 1")
    audit = [each for each in logs if each["event"] == "audit"]
    assert [(each["caller"], each["name"], each["tool"]) for each in audit] == [(key.id, "Mira", "cancel_job")]
    answered = [each for each in logs if each["event"] == "answered"]
    assert audit[0]["request"] in {each["request"] for each in answered}
    assert {(each["route"], each["status"]) for each in answered} == {("/mcp", 200)}
    assert secret not in json.dumps(logs, default=str)


def test_too_many_requests(environment):
    with listening(environment, requests=3) as address:
        answers = [post(address) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["type"] == "/problems/too-many-requests" and int(answers[-1].headers["retry-after"]) > 0


def test_too_many_queries_at_once(environment):
    slow = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a, b WHERE a = b RETURN count(*)"
    call = {**CALL, "params": {"name": "query_graph", "arguments": {"cypher": slow, "seconds": 4}}}
    with listening(environment, queries=1) as address, ThreadPoolExecutor(2) as both:
        post(address)  # opens nothing, but all is imported
        said = [
            event(each)["result"]["content"][0]["text"] for each in both.map(lambda _: post(address, call), range(2))
        ]
    assert sorted(text.partition(":")[0] for text in said) == ["query", "timeout"]
    assert "query: 1 queries run already. Try again in some seconds." in said


def test_a_body_that_is_too_large(environment):
    with listening(environment, body=1000) as address:
        assert post(address, {**CALL, "id": "x" * 2000}).status_code == 413

        def pieces():
            for _ in range(20):
                yield b" " * 100

        refused = requests.post(
            f"{address}/mcp", data=pieces(), headers={**HEADERS, "Content-Type": "application/json"}
        )
        assert refused.status_code == 413
        assert post(address).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_are_no_sessions(address, method):
    refused = requests.request(method, f"{address}/mcp", headers=HEADERS, timeout=60)
    assert (refused.status_code, refused.json()["type"]) == (405, "/problems/method-not-allowed")


NO_MESSAGES = [
    *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"jsonrpc": "2.0"}', b"[" * 100_000),
    json.dumps({**CALL, "params": 7}).encode(),
    json.dumps({**CALL, "params": {"name": "\ud800", "arguments": {}}}).encode(),
]


@pytest.mark.parametrize("body", NO_MESSAGES, ids=lambda body: repr(body[:20]))
def test_what_is_no_message(address, body):
    headers = {**HEADERS, "Content-Type": "application/json"}
    answer = requests.post(f"{address}/mcp", data=body, headers=headers, timeout=60)
    assert answer.status_code in (200, 400) and "Traceback" not in answer.text and "error" in answer.text.lower()
    assert post(address).status_code == 200


def test_servers_that_are_away_are_told_and_nothing_of_where_they_are(tmp_path):
    with listening(offline(tmp_path)) as address, over_http(address) as agent:
        assert agent.ask("list_reports")["result"]
        for tool, arguments in (("list_runs", {}), ("run_report", {"report": "heads", "run": "x"})):
            assert agent.refused(tool, **arguments) == "graph: the graph does not answer. Try again."


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_any_process_of_a_service_answers(environment, tmp_path, mode):
    port = free_port()
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [COMMAND, "serve", "--port", str(port), "--processes", "2"],
            env={**os.environ, **variables(environment)},
            stderr=log,
        ) as service,
    ):
        try:
            until(lambda: is_listening(port))
            with over_http(f"http://127.0.0.1:{port}", mode=mode) as agent:
                for _ in range(12):
                    assert "runs" in agent.ask("list_runs")
        finally:
            service.terminate()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert {each["route"] for each in lines if each["event"] == "answered"} == {"/mcp"}


def is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
