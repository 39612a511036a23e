"""The whole benchmark at a tiny size: every part runs and reports."""

import json
import math
import subprocess
import sys

import pytest

from workers.influence.methods import METHODS


def test_quick_benchmark_reports_everything(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--threads", "1", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    assert {row["goal"] for row in found["ratios"] if row["goal"]} == {2.5, 1.5, 3.0, 100, 120}
    assert all(math.isfinite(row["measured"]) and row["measured"] > 0 for row in found["ratios"])
    timed = {row["what"] for row in found["ratios"]}
    assert {f"GPR and {name}" for name in METHODS} <= timed
    assert {"ablation, 2 random draws, both levels", "one word among 10 random patterns, both levels"} <= timed
    assert "significance, 10 words, 10 random patterns, both levels" in timed
    assert "reference, 40 passes" in timed  # 4 words, 2 + 8 passes each
    assert {row["sampling"] for row in found["accuracy"]} == {"paper", "trapezoid", "gauss-legendre"}
    assert all(size["seconds"] > 0 and size["estimate"] > 0 for size in found["sizes"])
    assert "Ratios" in done.stdout and "met" in done.stdout


@pytest.mark.slow
def test_quick_benchmark_of_the_graph_reports_everything(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.graph", "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(output.read_text())["graph"]
    assert {figure["goal"] for figure in figures if figure["goal"]} == {60_000, 150_000, 0.15, 0.2, 1.0, 1.5}
    units = {figure["what"]: figure["unit"] for figure in figures if figure["what"].startswith("report attractors")}
    by_role = "report attractors task=sva-obj align=role level=embedding, largest over smallest run"
    assert len(units) == 6 and units[by_role] == "times"
    assert {figure["what"] for figure in figures if figure["goal"] == 60_000} == {"store, 1 writer", "store, 2 writers"}
    assert all(figure["measured"] > 0 for figure in figures if figure["goal"] != 0.15)


@pytest.mark.slow
def test_quick_benchmark_of_jobs_reports_everything(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.jobs", "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(output.read_text())["jobs"]
    assert {figure["goal"] for figure in figures if figure["goal"]} == {0.05}
    assert all(figure["measured"] > 0 for figure in figures)
