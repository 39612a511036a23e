"""Results and a graph that version 0.1.0 made are read, resumed and reported on."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString, cast

import pytest
from neo4j import Driver

from tests.workers.jobs.conftest import Jobs

FOLDER = Path(__file__).with_name("version_0_1")
MODEL = FOLDER / "model"
SENTENCES = FOLDER / "sentences.jsonl"
RESULTS = gzip.decompress((FOLDER / "results.jsonl.gz").read_bytes()).decode()
REPORTS: dict[str, Any] = json.loads(gzip.decompress((FOLDER / "reports.json.gz").read_bytes()))
SETTINGS = (
    *("--model", MODEL, "--samples", 8, "--edges", "top:20", "--beam", 2, "--dtype", "float64"),
    *("--methods", "attention,conductance,random,repl_skip"),
)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def without_versions(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "versions"}


def assert_same(found: Any, expected: Any, where: str = "") -> None:
    """Equal, numbers to 1e-12."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name in expected:
            assert_same(found[name], expected[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{where}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), where
    else:
        assert found == expected, where


def decoded(value: Any) -> Any:
    """A property as the driver takes it."""
    if isinstance(value, dict):
        return datetime.fromisoformat(value["$datetime"])
    if isinstance(value, list):
        return [decoded(each) for each in value]
    return value.replace("$MODEL", str(MODEL)) if isinstance(value, str) else value


@pytest.fixture
def old_graph(jobs: Jobs, driver: Driver) -> Iterator[None]:
    """All that the old version's graph held, in the graph of the tests."""
    made: dict[int, str] = {}
    for line in lines(gzip.decompress((FOLDER / "graph.jsonl.gz").read_bytes()).decode()):
        properties = {name: decoded(value) for name, value in line["properties"].items()}
        if "node" in line and line["labels"] != ["Schema"]:
            labels = ":".join(line["labels"])
            create = cast(LiteralString, f"CREATE (n:{labels}) SET n = $p RETURN elementId(n) AS id")
            (row,) = driver.execute_query(create, p=properties).records
            made[line["node"]] = row["id"]
        elif "type" in line:
            match = "MATCH (a) WHERE elementId(a) = $a MATCH (b) WHERE elementId(b) = $b"
            create = cast(LiteralString, f"{match} CREATE (a)-[r:{line['type']}]->(b) SET r = $p")
            driver.execute_query(create, a=made[line["from"]], b=made[line["to"]], p=properties)
    yield
    for name in ("stored", "job"):
        for run in [run for run in jobs.store.runs() if run.name == name]:
            jobs.store.delete(run.id)


def test_an_interrupted_results_file_is_continued_and_equals_the_whole_one(influence, tmp_path):
    output = tmp_path / "results.jsonl"
    output.write_text("".join(RESULTS.splitlines(keepends=True)[:4]) + '{"id": "cut o')
    assert influence("analyze", SENTENCES, *SETTINGS, "--output", output).code == 0
    for found, expected in zip(lines(output.read_text()), lines(RESULTS), strict=True):
        assert_same(without_versions(found), without_versions(expected), expected["id"])


def test_results_are_loaded_into_a_graph_and_exported_as_they_were(influence, graph, tmp_path):
    (tmp_path / "old.jsonl").write_text(RESULTS)
    assert influence("load", tmp_path / "old.jsonl", "--name", "loaded-old").code == 0
    try:
        exported = tmp_path / "exported.jsonl"
        assert influence("export", "loaded-old", "--format", "jsonl", "--output", exported).code == 0
        assert lines(exported.read_text()) == lines(RESULTS)
    finally:
        influence("delete", "loaded-old")


def test_a_graph_is_reported_on_and_its_cancelled_job_resumed(old_graph, jobs: Jobs, influence, tmp_path):
    for name, expected in REPORTS.items():
        ended = influence("report", name, "stored", "--format", "json")
        assert ended.code == 0, ended.err
        rows = [
            {column: row[column] for column in was} for row, was in zip(json.loads(ended.out), expected, strict=True)
        ]
        assert_same(rows, expected, name)  # columns may have been added since

    assert influence("resume", "job").code == 0
    jobs.start("sweep")
    jobs.start("worker", "--device", "cpu")
    run = jobs.store.find("job").id
    progress = jobs.wait(run)
    assert (progress.status, jobs.store.find("job").instances) == ("completed", len(RESULTS.splitlines()))

    found = {}
    for name in ("stored", "job"):
        output = tmp_path / f"{name}.jsonl"
        assert influence("export", name, "--format", "jsonl", "--output", output).code == 0
        found[name] = [without_versions(result) for result in lines(output.read_text())]
    assert_same(found["job"], found["stored"])
