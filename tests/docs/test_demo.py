"""`make demo`: from sentences to reports and figures, on servers of its own, in a graph that holds an older demo."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cypher.store.records import key
from tests.docs.test_docs import ROOT

BIN = Path(sys.executable).parent
FIGURES = {
    *(f"{task}.{form}" for task in ("sva-obj", "ra-na") for form in ("svg", "png")),
    *(f"{name}.png" for name in ("sva-obj-SP-SS", "entropy", "attractors", "sva-obj-SP-0")),
}
SUBMISSION = ("--name", "demo", "--idempotency-key", "demo")


def test_the_run_of_the_key_is_named():
    assert f"DEMO_RUN := {key('job', 'demo')} " in (ROOT / "Makefile").read_text()


@pytest.mark.slow
def test_make_demo(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INFLUENCE_")}
    environment["INFLUENCE_HOME"] = str(tmp_path / "home")
    environment["INFLUENCE_API_PORT"] = port = os.environ["INFLUENCE_API_PORT"]
    environment["BROWSER"] = "true %s"  # in place of whatever this machine has

    def run(*command: object) -> str:
        words = list(map(str, command))
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def influence(*arguments: object) -> str:
        return run(BIN / "influence", *arguments)

    folder, installed, older = (tmp_path / name for name in ("demo", "installed", "older.jsonl"))
    installed.touch()
    older.write_text(influence("tasks", "generate", "sva-obj", "--case", "SP", "-n", 1))
    try:
        influence("up")
        influence("submit", older, *SUBMISSION)
        began = time.monotonic()
        said = run("make", "demo", f"DEMO={folder}", f"BIN={BIN}", f"INSTALLED={installed}")
        print(f"make demo: {time.monotonic() - began:.0f} s")
        (stored,) = (json.loads(line) for line in influence("runs", "--json").splitlines())
        assert (stored["name"], stored["status"], stored["instances"]) == ("demo", "completed", 240)
    finally:
        influence("down")
    for title in ("Pattern entropy", "Entropy against accuracy", "Attractors", "Flow frequency"):
        assert f"{title}, demo\n" in said
    assert "and is replaced" in said and said.rstrip().endswith(f"http://127.0.0.1:{port}/runs/demo")
    assert len((folder / "results.jsonl").read_text().splitlines()) == 240
    assert {path.name for path in folder.iterdir()} == FIGURES | {"sentences.jsonl", "results.jsonl"}
    assert all((folder / name).stat().st_size > 5_000 for name in FIGURES)
