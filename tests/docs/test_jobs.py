"""docs/jobs.md: its commands run, on servers and workers of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.operations import local_processes
from tests.docs.test_docs import ROOT, blocks, run

pytestmark = pytest.mark.servers

DOCUMENT = ROOT / "docs" / "jobs.md"


def test_the_commands_do_what_it_says(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("INFLUENCE_HOME", str(home))
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "512MiB")
    generate = "influence tasks generate sva-obj -n 2 --output sentences.jsonl\n"
    try:
        out = run(["bash", "-euo", "pipefail"], generate + "".join(blocks(DOCUMENT, "bash")), tmp_path)
    finally:
        subprocess.run([Path(sys.executable).with_name("influence"), "down"], check=True, capture_output=True)
    assert "run 'monday' is completed: 8 of 8 done" in out
    assert "The worker is stopped." in out and "Redis is stopped." in out
    assert set(local_processes.pids(home).values()) == {None}
