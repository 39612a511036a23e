"""`influence mcp`: a process that speaks messages alone, and waits for its servers."""

import json
import os
import subprocess
import time

import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client

from cypher.neo4j_server.server import down, up
from cypher.store.store import Store
from tests.graph import local_server
from tests.service.api.conftest import offline
from tests.service.mcp.conftest import connected, over_stdio, variables
from tests.workers.jobs.conftest import COMMAND

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def spoken(messages: list[object], environment: dict[str, str]) -> tuple[list[str], str, int]:
    """Lines of stdout, stderr, and the exit code, after these messages and the end of stdin."""
    pipe, lines = subprocess.PIPE, []
    with subprocess.Popen(
        [COMMAND, "mcp"], text=True, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        for message in messages:
            process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
            process.stdin.flush()
            if isinstance(message, dict) and "id" in message:
                lines.append(process.stdout.readline())
        process.stdin.close()
        rest, errors = process.stdout.read(), process.stderr.read()
    return [*lines, *rest.splitlines()], errors, process.returncode


NO_MASK = {"text": "the pilot is tall .", "correct": "is", "wrong": "are"}


def test_stdout_has_messages_alone_and_it_ends_with_stdin(environment, demo_run, monkeypatch):
    for name, value in variables(environment).items():
        monkeypatch.setenv(name, value)
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call"}
    lines, errors, code = spoken(
        [
            HELLO,
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            "this is no message",
            {**call, "params": {"name": "submit_job", "arguments": {"sentences": [NO_MASK]}}},  # a model is loaded
            {**call, "id": 3, "params": {"name": "describe_run", "arguments": {"run": "gone"}}},
        ],
        dict(os.environ),
    )
    assert code == 0 and "Traceback" not in errors
    messages = [json.loads(line) for line in lines if line.strip()]
    assert all(message["jsonrpc"] == "2.0" for message in messages) and {1, 2, 3} <= {
        each.get("id") for each in messages
    }


def test_it_starts_without_servers_and_says_which_is_away_and_what_to_do(tmp_path):
    began = time.monotonic()
    with over_stdio(variables(offline(tmp_path)), tmp_path / "log") as agent:
        assert len(agent.tools()) > 10
        assert time.monotonic() - began < 30
        assert agent.ask("list_reports")["result"] and agent.ask("describe_graph")["result"]
        assert agent.refused("list_runs") == (
            "graph: the graph does not answer. Try again. `influence up` starts a local one."
        )
        one = [{"text": "the pilot ***mask*** tall .", "correct": "is", "wrong": "are"}]
        assert "broker: the broker does not answer" in agent.refused("submit_job", sentences=one)
    for line in (tmp_path / "log").read_text().splitlines():
        assert json.loads(line)["level"] in ("error", "warning", "info")


def test_a_graph_that_goes_and_comes_back_is_found_again(tmp_path):
    server = local_server(tmp_path / "home" / "neo4j")
    with Store.open(up(server).connection, migrate=True):
        pass
    connection = server.connection()
    known = offline(
        tmp_path,
        neo4j_uri=connection.uri,
        neo4j_password=connection.password,
    )
    try:
        with over_stdio(variables(known), tmp_path / "log") as agent:
            assert agent.ask("list_runs") == {"runs": [], "next": None}
            down(server, timeout=60)
            assert agent.refused("list_runs").startswith("graph: the graph ")
            up(server)
            deadline = time.monotonic() + 60
            while agent.call("list_runs").is_error:
                assert time.monotonic() < deadline
                time.sleep(1)
    finally:
        down(server, timeout=60)


def test_settings_that_cannot_be_end_it_with_one_line(tmp_path, monkeypatch):
    ended = subprocess.run(
        [COMMAND, "mcp"],
        env={**os.environ, "INFLUENCE_API_QUERIES": "none"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "") and ended.stderr.startswith("error: queries: ")


@pytest.mark.parametrize("models", [(), ("--allow-model", "google-bert/bert-base-uncased")])
def test_models_are_allowed_by_name(environment, tmp_path, models):
    server = StdioServerParameters(command=COMMAND, args=["mcp", *models], env=variables(environment))
    with (tmp_path / "log").open("w") as log, connected(stdio_client(server, log)) as agent:
        refused = agent.refused("submit_job", sentences=[{"text": "x"}], model="google-bert/bert-base-uncased")
    assert ("is not among the models" in refused) == (not models)
