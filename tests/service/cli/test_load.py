"""`influence load`, `runs`, `delete` and `analyze --store`, on a real Neo4j."""

import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from cypher.connection import open_driver
from cypher.store.store import Store
from service.operations.storing import Destination, RunWriter
from tests.cypher.bolt import BOLT_4_4, NONE, serve_bolt
from tests.cypher.store.export import export
from tests.service.cli.conftest import GOOD
from tests.workers.some_results import TWO_CHUNKS, some_results
from workers.analysis.results import InstanceResult
from workers.records.chunks import INSTANCES
from workers.records.to_graph import describe_model, describe_run

EVERYWHERE = True


@pytest.fixture
def name() -> str:
    return f"run-{uuid4().hex}"


@pytest.fixture
def file(tmp_path, name) -> Path:
    """Results, in a file of the run's name."""
    return written(tmp_path / f"{name}.jsonl", some_results(40))


def written(path: Path, results: list[InstanceResult]) -> Path:
    path.write_text("".join(f"{result.to_json()}\n" for result in results))
    return path


def run_named(influence, name: str) -> dict:
    (run,) = (run for run in map(json.loads, influence("runs", "--json").out.splitlines()) if run["name"] == name)
    return run


def exported(server, run: str) -> str:
    with open_driver(server) as driver:
        return export(driver, run)


def test_load_stores_a_file_once(influence, graph, file, name):
    ended = influence("load", file)
    assert ended.code == 0, ended.err
    run = run_named(influence, name)
    assert ended.out == f"40 instances stored in run '{name}' ({run['id']})\n"
    assert (run["status"], run["instances"], run["correct"]) == ("completed", 40, 27)
    before = exported(graph, run["id"])
    ended = influence("load", file)
    assert ended.code == 0
    assert ended.out == f"nothing to do: all 40 instances are in run '{name}' ({run['id']}) already\n"
    assert exported(graph, run["id"]) == before
    assert run_named(influence, name) == run


def test_load_goes_on_where_it_was_stopped(influence, graph, file, name):
    results = some_results(TWO_CHUNKS)
    written(file, results)
    assert influence("load", file, "--name", f"{name}-whole").code == 0
    written(file, results[:INSTANCES])
    assert json.loads(influence("load", file, "--json").out)["stored"] == INSTANCES
    written(file, results)
    ended = influence("load", file)
    assert "8 instances stored" in ended.out and f"{INSTANCES} more were there already" in ended.out
    part, whole = (exported(graph, run_named(influence, each)["id"]) for each in (name, f"{name}-whole"))
    assert part.count("\n") == whole.count("\n")


def test_a_run_that_is_left_early_is_partial_and_goes_on_to_the_same_graph(influence, graph, file, name):
    results = some_results(TWO_CHUNKS)
    run = describe_run(results[0].model, results[0].settings, results[0].versions, name)
    written(file, results)
    assert influence("load", file).code == 0
    whole = exported(graph, run.id)
    influence("delete", name)
    with Store.open(graph) as store:
        destination = Destination(store, run, describe_model(results[0]))
        with suppress(KeyboardInterrupt), RunWriter(destination) as writer:
            for result in results[: INSTANCES + 3]:
                writer.write(result)
            while not writer.stored:
                time.sleep(0.01)
            raise KeyboardInterrupt
    left = run_named(influence, name)
    assert (left["status"], left["instances"]) == ("partial", INSTANCES)
    assert influence("load", file).code == 0
    assert exported(graph, run.id) == whole


def test_a_run_whose_writing_fails_is_partial_and_goes_on_to_the_same_graph(influence, graph, file, name):
    results = some_results(TWO_CHUNKS)
    written(file, results)
    assert influence("load", file).code == 0
    run = run_named(influence, name)["id"]
    whole = exported(graph, run)
    influence("delete", name)
    written(file, [*results[:-1], replace(results[-1], target=50)])
    ended = influence("load", file)
    assert ended.code == 2 and f"{results[-1].id!r} does not hold together" in ended.err
    left = run_named(influence, name)
    assert (left["status"], left["instances"]) == ("partial", INSTANCES)
    written(file, results)
    assert influence("load", file).code == 0
    assert exported(graph, run) == whole


def test_a_torn_last_line_is_left_out_with_a_notice(influence, graph, file, name):
    file.write_text(file.read_text()[:-100])
    ended = influence("load", file)
    assert ended.code == 0 and "39 instances stored" in ended.out
    assert f"notice: the last line of {file} was cut off and is left out" in ended.err


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"model": "feedbeef" * 8}, "of another model, 0123456789ab"),
        ({"settings": {"samples": 9}}, "with other settings"),
    ],
)
def test_a_name_stands_for_one_run(influence, graph, file, tmp_path, name, other, says):
    assert influence("load", file).code == 0
    run = run_named(influence, name)["id"]
    path = written(tmp_path / "other.jsonl", [replace(result, **other) for result in some_results(3)])
    ended = influence("load", path, "--name", name)
    assert ended.code == 2 and f"the graph holds a run {name!r} {says}" in ended.err
    assert f"another name, or delete that run, {run}" in ended.err
    assert influence("load", path, "--name", f"{name}-other").code == 0


FIRST, SECOND = some_results(2)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            [FIRST, replace(SECOND, model="ffff")],
            ":2: model: this result is of model ffff, the earlier ones are of 0123",
        ),
        (
            [FIRST, replace(SECOND, settings=SECOND.settings | {"samples": 9})],
            ":2: samples: this result was made with 9, the earlier ones with 32",
        ),
        ([FIRST, FIRST], ":2: id: 'sva-obj/SS/0' appears twice"),
        ([FIRST, "nonsense", SECOND], ":2: results: this line is not a result"),
        ([FIRST, FIRST.to_json()[:50], SECOND], ":2: results: this line is not a result"),
        ([], "holds no results"),
        ([FIRST, replace(SECOND, target=50)], "'sva-obj/SP/1' does not hold together"),
    ],
)
def test_a_file_that_is_no_run_is_refused(influence, graph, tmp_path, name, lines, message):
    path = tmp_path / f"{name}.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else line.to_json()}\n" for line in lines))
    ended = influence("load", path)
    assert ended.code == 2
    assert message in ended.err and ended.err.count("\n") == 1
    assert name not in influence("runs").out


def test_a_file_that_is_not_there(influence, graph, tmp_path):
    ended = influence("load", tmp_path / "none.jsonl")
    assert ended.code == 2 and "cannot read" in ended.err


def test_another_sentence_under_a_stored_id_is_refused_and_nothing_changes(influence, graph, file, name):
    influence("load", file)
    run = run_named(influence, name)
    before = exported(graph, run["id"])
    results = some_results(41)
    written(file, [*results[:2], replace(results[2], text="another ***mask*** ."), *results[3:]])
    ended = influence("load", file)
    assert ended.code == 2
    assert "'ra-na/PS/2' is 'another ***mask*** .' here" in ended.err and "--name" in ended.err
    assert exported(graph, run["id"]) == before and run_named(influence, name) == run


def test_runs_and_delete(influence, graph, file, name):
    influence("load", file)
    run = run_named(influence, name)
    (row,) = (line for line in influence("runs").out.splitlines() if line.startswith(name))
    assert row.split()[:5] == [name, run["id"], "completed", "40", "68%"]
    ended = influence("delete", name[:-1])
    assert ended.code == 2 and f"Did you mean '{name}'?" in ended.err
    ended = influence("delete", name)
    assert ended.code == 0 and ended.out == f"run '{name}' ({run['id']}) is deleted\n"
    assert name not in influence("runs").out
    assert file.exists()


@pytest.mark.here
def test_wrong_password_and_no_server(influence, graph, file, monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", "wrong")
    ended = influence("load", file)
    assert ended.code == 1 and "password" in ended.err and ended.err.count("\n") == 1
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", "bolt://127.0.0.1:1")
    for command in (("load", file), ("runs",), ("delete", "x")):
        ended = influence(*command)
        assert ended.code == 1 and "unset INFLUENCE_NEO4J_URI" in ended.err and ended.err.count("\n") == 1


@pytest.mark.here
@pytest.mark.parametrize(("version", "said"), [(BOLT_4_4, "is Neo4j/4.4.30"), (NONE, "or one of another generation")])
def test_a_server_of_another_major_version(influence, graph, monkeypatch, version, said):
    with serve_bolt("Neo4j/4.4.30", version) as uri:
        monkeypatch.setenv("INFLUENCE_NEO4J_URI", uri)
        ended = influence("runs")
    assert ended.code == 1 and f"{said}. Use Neo4j 5.26 or newer" in ended.err and ended.err.count("\n") == 1


SENTENCES = [
    GOOD | {"id": f"{verb}-{noun}", "text": f"the {noun} that the guards {verb} ***mask*** tall ."}
    for noun in ("pilot", "author", "farmer", "teacher")
    for verb in ("like", "admire", "know")
]


def test_analyze_stores_what_it_writes(influence, graph, masked, sentences, tmp_path, name):
    output = tmp_path / f"{name}.jsonl"
    options = (sentences(*SENTENCES), "--model", masked, "--samples", 4, "--output", output, "--store")
    ended = influence("analyze", *options, "--json")
    assert ended.code == 0, ended.err
    summary = json.loads(ended.out)
    assert summary["run"] == name and 0 < summary["waited"] < summary["seconds"]
    run = run_named(influence, name)
    assert (run["status"], run["instances"]) == ("completed", len(SENTENCES))
    before = exported(graph, run["id"])
    assert "nothing to do" in influence("load", output).out
    ended = influence("analyze", *options)
    assert ended.code == 0 and f"in the graph        run '{name}'" in ended.out
    assert exported(graph, run["id"]) == before
    with open_driver(graph) as driver:
        query = "MATCH (:Run {id: $id})-[:USES]->(m) RETURN m.layers, m.heads, m.architecture"
        (model,) = driver.execute_query(query, id=run["id"]).records
    assert tuple(model.values()) == (3, 2, "BertForMaskedLM")
    influence("delete", name)
    assert influence("load", output).code == 0
    assert without_model(exported(graph, run["id"])) == without_model(before)


def without_model(graph: str) -> list[str]:
    """A results file tells less of the model than the model itself."""
    return [line for line in graph.splitlines() if '"fingerprint"' not in line]


def test_analyze_stores_what_the_file_holds_and_the_graph_lacks(influence, graph, masked, sentences, tmp_path, name):
    output = tmp_path / f"{name}.jsonl"
    options = (sentences(*SENTENCES), "--model", masked, "--samples", 4, "--output", output)
    influence("analyze", *options, "--limit", 5)
    ended = influence("analyze", *options, "--store")
    assert ended.code == 0 and "7 new, 5 were there already" in ended.out
    assert run_named(influence, name)["instances"] == len(SENTENCES)


def test_analyze_without_a_file_goes_on_from_the_graph(influence, graph, masked, sentences, name):
    options = (sentences(*SENTENCES), "--model", masked, "--samples", 4, "--store", "--name", name)
    influence("analyze", *options, "--limit", 5)
    ended = influence("analyze", *options)
    assert "sentences           7 new, 5 were there already" in ended.out
    assert run_named(influence, name)["instances"] == len(SENTENCES)
    changed = sentences(SENTENCES[0] | {"text": "the pilot ***mask*** tall ."}, name="changed.jsonl")
    ended = influence("analyze", changed, "--model", masked, "--samples", 4, "--store", "--name", name)
    assert ended.code == 2 and "--name" in ended.err


def test_name_needs_store(influence, masked, sentences):
    ended = influence("analyze", sentences(GOOD), "--model", masked, "--name", "x")
    assert ended.code == 2 and "--store" in ended.err
