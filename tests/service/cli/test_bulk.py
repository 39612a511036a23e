"""`influence load --bulk`: the same graph as the usual way makes, or the old one as it was."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import cypher.bulk.importer
from cypher.connection import open_driver
from cypher.errors import ServerError
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from service.operations import bulk_load
from tests.cypher.neo4j_server.maven import serve_the_last
from tests.cypher.store.export import export
from tests.graph import local_server
from tests.service.cli.test_load import written
from tests.workers.some_results import some_results
from workers.analysis.results import Edges, InstanceResult
from workers.environment import Environment

NASTY = [
    '"',
    'a "quoted" text',
    "two\nlines",
    "a\r\nreturn",
    "",
    " ",
    " spaces ",
    ",",
    ";",
    "\\",
    "'",
    "–·é漢🙂",
    "null",
    "1",
]
NUMBERS = [0.0, -0.0, 5e-324, 1e-310, 1e200, -1e200, 0.1, 1 / 3, -123456.789, 1e22, 3.0]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[LocalServer]:
    """A server of its own, whose database is replaced."""
    server = local_server(tmp_path_factory.mktemp("bulk") / "neo4j")
    yield server
    down(server)


@pytest.fixture(autouse=True)
def settings(server, monkeypatch):
    """The settings name it."""
    monkeypatch.setattr(Environment, "graph_server", lambda self: server)


def everything(server: LocalServer) -> str:
    with open_driver(up(server).connection) as driver:
        return export(driver)


def nasty(results: list[InstanceResult]) -> list[InstanceResult]:
    """The same with texts and numbers that a CSV file may stumble on."""
    changed = []
    for number, result in enumerate(results):
        texts = [NASTY[(number + place) % len(NASTY)] for place in range(len(result.tokens))]
        assert result.edges is not None
        influence = np.resize(np.roll(NUMBERS[5:] + NUMBERS[:4], number), len(result.edges))
        kept = result.edges
        edges = Edges(kept.layer, kept.source, kept.target, kept.component, influence)
        words = tuple(replace(word, token=texts[word.position]) for word in result.words)
        roles = None if number % 2 else tuple(reversed(texts))
        changed.append(
            replace(
                result,
                text=NASTY[number % len(NASTY)],
                case=NASTY[-1 - number % 4],
                tokens=tuple(texts),
                roles=roles,
                words=words,
                qoi=NUMBERS[number % 5],
                edges=edges,
            )
        )
    return changed


def test_the_graph_is_that_of_the_usual_load(influence, server, tmp_path):
    plain = [replace(one, versions={"torch": str(number % 3)}) for number, one in enumerate(some_results(70))]
    files = [
        written(tmp_path / "plain.jsonl", plain),
        written(tmp_path / "none.jsonl", some_results(3, edges=0, methods=("random", "attention", "repl_skip"))),
        written(tmp_path / 'na"sty, one.jsonl', nasty(some_results(40, seed=5, model="another"))),
    ]
    up(server)
    assert influence("load", *files).code == 0
    usual = everything(server)
    ended = influence("load", "--bulk", *files)
    assert ended.code == 2
    assert "the graph holds runs ('na\"sty, one', 'none', 'plain'), and a bulk load makes a new one" in ended.err
    assert everything(server) == usual
    ended = influence("load", "--bulk", "--force", "--json", *files)
    assert ended.code == 0, ended.err
    assert [(run["name"], run["instances"]) for run in map(json.loads, ended.out.splitlines())] == [
        ("plain", 70),
        ("none", 3),
        ('na"sty, one', 40),
    ]
    assert everything(server) == usual
    assert not (server.home / "bulk").exists() and not (server.home / "replaced").exists()
    assert json.loads(influence("load", "--json", files[0]).out)["kept"] == 70


@pytest.fixture
def before(influence, server, tmp_path) -> str:
    """What the graph holds before something goes wrong."""
    up(server)
    assert influence("load", written(tmp_path / "before.jsonl", some_results(2))).code == 0
    return everything(server)


def assert_untouched(server: LocalServer, before: str) -> None:
    assert server.process() is not None
    assert everything(server) == before
    assert not (server.home / "bulk").exists() and not (server.home / "replaced").exists()


def test_before_the_first_start_all_that_is_needed_is_fetched(influence, tmp_path, monkeypatch):
    usual = local_server(tmp_path / "neo4j")
    new = replace(usual, jars=tmp_path / "jars")
    with serve_the_last(usual.jars, new.jars) as (maven, url):
        monkeypatch.setattr(Environment, "graph_server", lambda self: replace(new, maven=url))
        try:
            ended = influence("load", "--bulk", "--force", written(tmp_path / "a.jsonl", some_results(3)))
            assert ended.code == 0, ended.err
            assert len(maven.asked) == 1
            assert ended.err.startswith("downloading Neo4j: ")
            assert json.loads(influence("runs", "--json").out)["instances"] == 3
        finally:
            down(new)


def test_a_run_that_is_stored_meanwhile_is_not_lost(influence, server, tmp_path, monkeypatch):
    for run in map(json.loads, influence("runs", "--json").out.splitlines()):
        influence("delete", run["id"])
    build, meanwhile = bulk_load.build, written(tmp_path / "meanwhile.jsonl", some_results(2))

    def store_meanwhile(*arguments, **options):
        assert influence("load", meanwhile).code == 0
        return build(*arguments, **options)

    monkeypatch.setattr(bulk_load, "build", store_meanwhile)
    ended = influence("load", "--bulk", written(tmp_path / "a.jsonl", some_results(3)))
    assert ended.code == 2
    assert "the graph holds runs ('meanwhile'), and a bulk load makes a new one without them" in ended.err
    assert [run["name"] for run in map(json.loads, influence("runs", "--json").out.splitlines())] == ["meanwhile"]
    assert not (server.home / "bulk").exists()


def test_a_torn_last_line_is_left_out_with_a_notice(influence, server, tmp_path):
    file, whole = (written(tmp_path / f"{name}.jsonl", some_results(3)) for name in ("torn", "whole"))
    file.write_text(file.read_text()[:-100])
    ended = influence("load", "--bulk", "--force", file, whole)
    assert ended.code == 0 and "2 instances stored in run 'torn'" in ended.out
    assert f"notice: the last line of {file} was cut off and is left out" in ended.err
    assert ended.err.count("notice") == 1


def test_bad_files_change_nothing(influence, server, tmp_path, before):
    good = some_results(40)
    one = written(tmp_path / "one.jsonl", good)
    short = written(tmp_path / "short.jsonl", [*good[:33], replace(good[34], words=())])
    (tmp_path / "other").mkdir()
    same = written(tmp_path / "other" / "one.jsonl", good)
    unit = written(tmp_path / "unit.jsonl", [replace(good[0], tokens=("a\x1fb", *good[0].tokens[1:]))])
    twice = written(tmp_path / "twice.jsonl", [*good, good[0]])
    for files, said in (
        ((one, short), "sva-obj/SP/34"),
        ((one, same), "are of one run"),
        ((one, unit), "U+001F"),
        ((one, twice), "appears twice"),
        ((one, tmp_path / "none.jsonl"), "cannot read"),
    ):
        ended = influence("load", "--bulk", "--force", *files)
        assert (ended.code, said in ended.err, "Traceback" in ended.err) == (2, True, False), ended.err
    assert_untouched(server, before)


def test_an_importer_that_fails_changes_nothing(influence, server, tmp_path, before, monkeypatch):
    monkeypatch.setattr(
        "service.operations.bulk_load.write_models", lambda folder, _: (folder / "models-0.csv").write_text('0,"oh\n')
    )
    ended = influence("load", "--bulk", "--force", written(tmp_path / "a.jsonl", some_results(3)))
    assert ended.code == 1
    assert "error: Neo4j's importer failed" in ended.err and "The graph is as it was before" in ended.err
    assert ended.err.count("error") == 1
    assert_untouched(server, before)


@pytest.mark.parametrize("error", [ServerError("graph", "it does not start", "Mend it."), KeyboardInterrupt()])
def test_where_the_new_database_does_not_start_the_old_one_comes_back(
    influence, server, tmp_path, before, monkeypatch, error
):
    starts = []

    def fail_once(server: LocalServer):
        starts.append(server)
        if len(starts) == 1:
            raise error
        return up(server)

    monkeypatch.setattr(cypher.bulk.importer, "up", fail_once)
    ended = influence("load", "--bulk", "--force", written(tmp_path / "a.jsonl", some_results(3)))
    assert ended.code == (1 if isinstance(error, ServerError) else 130)
    assert len(starts) == 2
    assert_untouched(server, before)


def test_ctrl_c_while_files_are_read_changes_nothing(server, tmp_path, before):
    files = [written(tmp_path / f"{name}.jsonl", some_results(1500, seed=ord(name))) for name in "ab"]
    environment = os.environ | {"INFLUENCE_HOME": str(server.home.parent), "INFLUENCE_NEO4J_URI": ""}
    command = [sys.executable, "-c", "from service.cli.app import main; main()", "load", "--bulk", "--force"]
    process = subprocess.Popen(
        [*command, *map(str, files)], stdout=-1, stderr=-1, text=True, env=environment, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(server.home.glob("bulk/flows-*")):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), err
    assert err == "interrupted: the graph is as it was before\n"
    assert_untouched(server, before)


def test_a_replacement_that_was_killed_is_told(influence, server, tmp_path):
    (server.home / "replaced").mkdir()
    try:
        ended = influence("load", "--bulk", "--force", written(tmp_path / "a.jsonl", some_results(3)))
    finally:
        (server.home / "replaced").rmdir()
    assert ended.code == 2
    assert f"the old one is in {server.home / 'replaced'}" in ended.err


def test_what_does_not_go_together_is_told(influence, server, tmp_path, monkeypatch, neo4j_server):
    file = written(tmp_path / "a.jsonl", some_results(3))
    for arguments, said in (
        (("--bulk", "--name", "x"), "--name: it is given for several runs"),
        (("--force",), "--force: it is given without --bulk"),
        ((file, "--name", "x"), "--name: it is given for several runs"),
    ):
        ended = influence("load", file, *arguments)
        assert (ended.code, said in ended.err) == (2, True), ended.err
    monkeypatch.setattr(Environment, "graph_server", lambda self: neo4j_server)
    ended = influence("load", "--bulk", file)
    assert ended.code == 2 and f"INFLUENCE_NEO4J_URI names {neo4j_server.uri}" in ended.err
