"""docs/graph.md: its commands run; its settings, with those of docs/workers.md, are the settings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_docs import ROOT, blocks, run
from workers.environment import Environment

DOCUMENT = ROOT / "docs" / "graph.md"


@pytest.mark.servers
def test_the_commands_do_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    monkeypatch.setenv("INFLUENCE_NEO4J_HEAP", "512MiB")
    try:
        out = run(["bash", "-euo", "pipefail"], "".join(blocks(DOCUMENT, "bash")), tmp_path)
    finally:
        subprocess.run([Path(sys.executable).with_name("influence"), "down"], check=True, capture_output=True)
    assert "Neo4j is up at bolt://127.0.0.1:" in out and "running" in out and "Neo4j is stopped." in out
    assert "REPAIR" not in out


def test_its_settings_are_those_there_are():
    text = DOCUMENT.read_text() + DOCUMENT.with_name("workers.md").read_text()
    named = re.findall(r"^\| `(INFLUENCE_\w+)`", text, flags=re.MULTILINE)
    assert len(set(named)) == len(named)
    fields = {f"INFLUENCE_{name.upper()}" for name in Environment.model_fields}
    assert set(named) == fields | {"INFLUENCE_SECRETS_DIR"}
