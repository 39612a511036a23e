"""docs/api.md: its commands run, on a service, servers and workers of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.operations import local_processes
from tests.docs.test_docs import ROOT, blocks, run

pytestmark = pytest.mark.servers

DOCUMENT = ROOT / "docs" / "api.md"


def test_the_commands_do_what_it_says(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("INFLUENCE_HOME", str(home))
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "512MiB")
    (tmp_path / "sentences.jsonl").write_text(
        json.dumps({"text": "the farmer near the trees ***mask*** old .", "correct": "is", "wrong": "are"}) + "\n"
    )
    port = os.environ["INFLUENCE_API_PORT"]
    script = "".join(blocks(DOCUMENT, "bash")).replace("curl ", "curl -fsS ").replace(":8642", f":{port}")
    assert script.count("curl ") >= 6
    try:
        out = run(["bash", "-euo", "pipefail"], script, tmp_path)
    finally:
        subprocess.run([Path(sys.executable).with_name("influence"), "down"], check=True, capture_output=True)
    assert f"The HTTP API is up, at http://127.0.0.1:{port}/v1" in out
    assert "HTTP/1.1 202 Accepted" in out and '"name":"monday"' in out and "event: ended" in out
    assert '"name":"tuesday"' in out
    assert set(local_processes.pids(home).values()) == {None}


def test_every_variable_of_the_service_is_told():
    from service.api.settings import ServiceSettings

    told = DOCUMENT.read_text()
    missing = [name for name in ServiceSettings.model_fields if f"INFLUENCE_API_{name.upper()}" not in told]
    assert missing == ["quiet"]  # which is told as the option
