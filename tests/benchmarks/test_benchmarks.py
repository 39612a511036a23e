"""The whole benchmark at a tiny size: every part runs and reports."""

import json
import math
import subprocess
import sys

import pytest
from transformers import BertForMaskedLM

from tests.benchmarks import sampling_figure
from tests.benchmarks.families import FAMILIES
from tests.benchmarks.gpu import BUSY, NEAR, OVER_GRADIENTS, SMALL, gradients, sentences
from tests.benchmarks.jobs import FLAT, TWICE
from tests.benchmarks.pages import FIRST, FRAME, USABLE
from tests.benchmarks.recovery import FAULTS, SOON
from tests.benchmarks.servers import LEASE
from tests.benchmarks.service import FLAT as SERVICE_FLAT
from tests.benchmarks.service import GROWTH, SLOWEST, WATCHED
from workers.analysis.analysis import compute, prepare
from workers.analysis.settings import Settings
from workers.influence.baselines.methods import METHODS
from workers.influence.interest import Line
from workers.models import load_model

pytestmark = pytest.mark.whole


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
    of_families = [row for row in found["ratios"] if ": " in row["what"]]
    goals = {row["goal"] for row in found["ratios"] if row["goal"] and row not in of_families}
    assert goals == {1.0, 1.5, 2.5, 3.0, 4.0, 100, 120}
    assert len(of_families) == 2 * len(FAMILIES) and sum(row["goal"] is None for row in of_families) == 2
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
def test_quick_benchmark_of_long_inputs_reports_everything(tmp_path):
    output = tmp_path / "long.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.long_inputs", "--quick", "--threads", "1", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(output.read_text())
    assert [(row["tokens"], row["words"]) for row in rows] == [(16, "all"), (32, "all"), (16, "top:20"), (32, "top:20")]
    for row in rows:
        assert 0 < row["peak"] <= row["planned"] and row["seconds"] > 0 and row["expected"] > 0
        assert row["stored"] > 0 and row["relationships"] > row["nodes"] > 0 and row["results"] > 0


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
    assert {figure["goal"] for figure in figures if figure["goal"]} == {60_000, 150_000, 0.15, 0.2, 1.0, 1.5, 15, 20}
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
    assert {figure["goal"] for figure in figures if figure["goal"]} == {0.05, TWICE, FLAT, LEASE + SOON}
    assert len([figure for figure in figures if figure["goal"] == LEASE + SOON]) == len(FAULTS) + 2
    assert all(figure["measured"] > 0 for figure in figures)


@pytest.mark.slow
def test_quick_benchmark_of_the_service_reports_everything(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.service", "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(output.read_text())["service"]
    assert {figure["goal"] for figure in figures if figure["goal"]} == {SLOWEST, WATCHED, SERVICE_FLAT, GROWTH}
    assert len(figures) == 9


@pytest.mark.slow
def test_quick_benchmark_of_the_pages_reports_everything(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.pages", "--quick", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(output.read_text())["pages"]
    assert {figure["goal"] for figure in figures if figure["goal"]} == {FRAME, FIRST, USABLE}
    assert len(figures) == 10


@pytest.mark.slow
def test_quick_benchmark_of_a_gpu_reports_everything_on_a_cpu_too(tmp_path):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.gpu", "--quick", "--device", "cpu", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(output.read_text())["gpu"]
    assert {figure["goal"] for figure in figures if figure["goal"]} == {OVER_GRADIENTS, NEAR, BUSY}
    assert len(figures) == 10
    (apart,) = (figure["measured"] for figure in figures if figure["goal"] == NEAR)
    assert apart == 0


def test_the_pass_that_a_gpu_is_measured_against_computes_the_same_influences(tmp_path):
    folder = SMALL.shapes[0].write(tmp_path)
    model, theirs = load_model(folder, "cpu"), BertForMaskedLM.from_pretrained(folder).eval()
    settings = Settings(sampling="paper", samples=5)
    plan = prepare(model, sentences(3, 11), settings)
    found = gradients(theirs, model, plan.batches[0], Line.of("paper", 5, model.encoder.word_embeddings))
    for result, ours in zip(compute(model, plan, settings), found.tolist(), strict=True):
        for word in result.words:
            assert word.influence == pytest.approx(ours[word.position], abs=1e-5)


def test_the_figure_of_sampling_shows_what_was_measured():
    measured = json.loads((sampling_figure.DOCS / "sampling.json").read_text())
    titles = [axes.get_title("left") for axes in sampling_figure.draw(measured).axes]
    assert [title for title in titles if title] == [
        f"{each['name']} ({each['sentences']} sentences)" for each in measured
    ]
