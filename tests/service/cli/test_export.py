"""`influence export`, from a real Neo4j: each format holds what was loaded."""

import json
import re
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import networkx as nx
import numpy as np
import pyarrow.parquet as pq
import pytest

from cypher.bulk.columns import TABLES
from cypher.connection import open_driver
from tests.service.cli.test_load import run_named, written
from tests.workers.some_results import some_results
from workers.analysis.assemble import select_edges
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.influence.baselines.methods import METHODS

EVERYWHERE = True

COUNTS = (
    "MATCH (r:Run {id: $run})-[:USES|HAS_CHUNK|HAS_CASE]->(n) "
    "OPTIONAL MATCH (n)-[:HAS_SITE|HAS_ROUTE]->(s) OPTIONAL MATCH (n)<-[:OF]-(i:Instance) "
    "OPTIONAL MATCH (i)-[:HAS|HAS_PATTERN]->(part) "
    "WITH collect(DISTINCT r) + collect(DISTINCT n) + collect(DISTINCT s) + collect(DISTINCT i) + collect(part) AS all "
    "UNWIND all AS n WITH DISTINCT n "
)


def results_with(edges: str, roles: bool, count: int = 40) -> list[InstanceResult]:
    """Results of several tasks and cases, whose edges the engine's own code selects, ties among them.

    Every third has tokens that read as they are not spelled.
    """
    settings = Settings(edges=edges, methods=() if edges == "none" else tuple(METHODS))
    results = some_results(count, seed=3, edges=0, methods=settings.methods)
    results[::3] = [replace(one, texts=tuple(f"‿{token}" for token in one.tokens)) for one in results[::3]]
    return [replace(one, settings=settings.to_dict(), **_kept(n, settings, roles)) for n, one in enumerate(results)]


def _kept(number: int, settings: Settings, roles: bool) -> dict:
    random = np.random.default_rng(number)
    heads, skip = random.normal(size=(3, 4, 11, 11)), np.round(random.normal(size=(3, 11)))
    kept = None if settings.edges == "none" else select_edges(heads, skip, 7, settings)
    return {"edges": kept} | ({} if roles else {"roles": None})


@pytest.fixture
def name() -> str:
    return f"run-{uuid4().hex}"


@pytest.mark.parametrize(("edges", "roles"), [("none", True), ("top:25", False), ("all", True)])
def test_jsonl_is_the_file_that_was_loaded(influence, graph, tmp_path, name, edges, roles):
    file = written(tmp_path / f"{name}.jsonl", results_with(edges, roles))
    assert influence("load", file).code == 0
    output = tmp_path / "again.jsonl"
    ended = influence("export", name, "--output", output)
    assert ended.code == 0, ended.err
    assert ended.out == f"40 instances of run '{name}' exported to {output}\n"
    assert output.read_bytes() == file.read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted([file, output])


@pytest.fixture
def loaded(influence, graph, tmp_path, name):
    """A run in the graph, and the nodes and relationships of it by label and type."""
    results = [replace(one, versions={"torch": "1"}) for one in results_with("top:25", True, count=7)]
    assert influence("load", written(tmp_path / f"{name}.jsonl", results)).code == 0
    run = run_named(influence, name)["id"]
    with open_driver(graph) as driver:
        nodes = driver.execute_query(COUNTS + "RETURN labels(n)[0] AS label, count(*) AS n", run=run).records
        edges = driver.execute_query(
            COUNTS + "MATCH (n)-[r]->() RETURN type(r) AS type, count(*) AS n", run=run
        ).records
    return results, dict(map(tuple, nodes)), dict(map(tuple, edges))


def test_parquet_has_every_record_and_ids_that_join(influence, loaded, tmp_path, name):
    results, nodes, edges = loaded
    folder = tmp_path / "tables"
    assert influence("export", name, "--format", "parquet", "-o", folder).code == 0
    tables = {path.stem: pq.read_table(path) for path in folder.iterdir()}
    assert tables.keys() == TABLES.keys()
    for table, columns in TABLES.items():
        assert tables[table].column_names == list(columns)
    rows = {table: content.to_pylist() for table, content in tables.items()}
    by_label = {f"{label.lower()}s": count for label, count in nodes.items()}
    by_type = {"traffic": edges["TRAFFIC"], "flows": edges["FLOWS"], "steps": edges["STEP"]}
    assert {table: len(content) for table, content in rows.items()} == by_label | by_type
    ids = {table: {row["id"] for row in content} for table, content in rows.items() if "id" in TABLES[table]}
    for table, column, other in (
        ("chunks", "run", "runs"),
        ("cases", "run", "runs"),
        ("sites", "case", "cases"),
        ("routes", "case", "cases"),
        ("traffic", "source", "sites"),
        ("traffic", "target", "sites"),
        ("instances", "case", "cases"),
        ("instances", "chunk", "chunks"),
        ("activations", "instance", "instances"),
        ("patterns", "instance", "instances"),
        ("flows", "source", "activations"),
        ("flows", "target", "activations"),
        ("steps", "activation", "activations"),
        ("steps", "pattern", "patterns"),
    ):
        assert {row[column] for row in rows[table]} <= ids[other], (table, column)
    assert [row["name"] for row in sorted(rows["instances"], key=lambda row: row["order"])] == [r.id for r in results]
    for one in results:
        (row,) = (row for row in rows["instances"] if row["name"] == one.id)
        assert (row["qoi"], row["tokens"], row["roles"]) == (one.qoi, list(one.tokens), list(one.roles or ()))
        mine = [each for each in rows["activations"] if each["instance"] == row["id"]]
        places = {each["id"]: (each["layer"], each["position"]) for each in mine}
        flows = Counter(
            (*places[flow["source"]], places[flow["target"]][1], flow["component"], flow["influence"])
            for flow in rows["flows"]
            if flow["source"] in places
        )
        assert one.edges is not None
        assert flows == Counter((e.layer, e.source, e.target, e.component, e.influence) for e in one.edges)


@pytest.mark.parametrize("form", ["graphml", "node-link"])
def test_networks_have_every_node_and_edge(influence, loaded, tmp_path, name, form):
    results, nodes, edges = loaded
    output = tmp_path / "network"
    assert influence("export", name, "--format", form, "-o", output).code == 0
    if form == "graphml":
        network = nx.read_graphml(output, force_multigraph=True)
    else:
        network = nx.node_link_graph(json.loads(output.read_text()), edges="edges")
    assert network.is_directed() and network.is_multigraph()
    assert Counter(kind for _, kind in network.nodes(data="kind")) == nodes
    assert Counter(kind for _, _, kind in network.edges(data="type")) == edges
    by_name = {data["name"]: (node, data) for node, data in network.nodes(data=True) if data["kind"] == "Instance"}
    for one in results:
        node, data = by_name[one.id]
        tokens = json.loads(data["tokens"]) if form == "graphml" else data["tokens"]
        assert (data["qoi"], tuple(tokens), data["target"]) == (one.qoi, one.tokens, one.target)
        activations = [to for _, to, data in network.out_edges(node, data=True) if data["type"] == "HAS"]
        flows = Counter(
            (network.nodes[source]["layer"], network.nodes[source]["position"], data["component"], data["influence"])
            for source, _, data in network.out_edges(activations, data=True)
        )
        assert one.edges is not None
        assert flows == Counter((e.layer, e.source, e.component, e.influence) for e in one.edges)


@pytest.mark.parametrize("form", ["jsonl", "graphml", "node-link"])
def test_characters_that_xml_lacks_come_back(influence, graph, tmp_path, name, form):
    text = "x\u000by \r\n\t \ufffe é 𝔸 \\u000b \\u005c \\n \\"
    one, *others = results_with("none", True, count=3)
    odd = replace(one, text=text, tokens=(text, *one.tokens[1:]))
    file, output = written(tmp_path / f"{name}.jsonl", [odd, *others]), tmp_path / "output"
    assert influence("load", file).code == 0
    assert influence("export", name, "--format", form, "-o", output).code == 0
    if form == "jsonl":
        assert output.read_bytes() == file.read_bytes()
        return
    if form == "node-link":
        network = nx.node_link_graph(json.loads(output.read_text()), edges="edges")
    else:
        network = nx.read_graphml(output, force_multigraph=True)
    (data,) = (data for _, data in network.nodes(data=True) if data.get("name") == odd.id)
    tokens = {data["token"] for _, data in network.nodes(data=True) if data["kind"] == "Activation"}
    if form == "graphml":
        escape = re.compile(r"\\u(00[01].|005c|fff[ef])")
        unescaped = {escape.sub(lambda code: chr(int(code[1], 16)), token) for token in {data["text"], *tokens}}
        assert text in unescaped and json.loads(data["tokens"]) == list(odd.tokens)
        assert {*unescaped} == {*odd.tokens, *(token for other in others for token in other.tokens)}
    else:
        assert (data["text"], data["tokens"]) == (text, list(odd.tokens)) and text in tokens


@pytest.mark.parametrize("form", ["jsonl", "parquet", "graphml", "node-link"])
def test_without_a_completeness_error_none_is_exported_nor_reported(influence, graph, tmp_path, name, form):
    settings = Settings(distribution="gaussian:0.1", edges="none").to_dict()
    made = results_with("none", True, count=4)
    results = [replace(one, settings=settings, completeness_error=None) for one in made]
    file, output = written(tmp_path / f"{name}.jsonl", results), tmp_path / "output"
    assert influence("load", file).code == 0
    assert influence("export", name, "--format", form, "-o", output).code == 0
    if form == "jsonl":
        assert output.read_bytes() == file.read_bytes()
    elif form == "parquet":
        errors = pq.read_table(output / "instances.parquet")["completeness_error"]
        assert errors.to_pylist() == [None] * 4
    else:
        network = (
            nx.read_graphml(output, force_multigraph=True)
            if form == "graphml"
            else nx.node_link_graph(json.loads(output.read_text()), edges="edges")
        )
        instances = [data for _, data in network.nodes(data=True) if data["kind"] == "Instance"]
        assert len(instances) == 4 and all(data.get("completeness_error") is None for data in instances)
    (overview,) = json.loads(influence("report", "overview", name, "--format", "json").out)
    assert overview["completeness_error"] is None


def test_nothing_is_replaced_unasked(influence, loaded, tmp_path, name):
    for form in ("jsonl", "parquet"):
        output = tmp_path / f"output-{form}"
        arguments = ("export", name, "--format", form, "-o", output)
        assert influence(*arguments).code == 0
        ended = influence(*arguments)
        assert ended.code == 2
        assert ended.err == f"error: {output} already exists. Name another. --force replaces it.\n"
        assert influence(*arguments, "--force").code == 0
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    ended = influence("export", name, "--format", "parquet", "-o", mine, "--force")
    assert (ended.code, (mine / "thesis.txt").read_text()) == (2, "years of work")
    assert "is not an export" in ended.err
    ended = influence("export", name, "-o", mine, "--force")
    assert (ended.code, "is a folder" in ended.err) == (2, True)


def test_what_cannot_be_is_told(influence, loaded, tmp_path, name):
    ended = influence("export", f"{name}x", "-o", tmp_path / "x")
    assert ended.code == 2 and f"Did you mean {name!r}?" in ended.err
    ended = influence("export", name, "-o", tmp_path / "none" / "x")
    assert ended.code == 2 and "cannot write" in ended.err and "No such file or directory" in ended.err
    ended = influence("export", name, "-o", tmp_path / "x", "--format", "xml")
    assert ended.code == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.here
def test_an_export_that_is_interrupted_leaves_nothing(influence, loaded, tmp_path, name, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cypher.store.store.Store.instances", interrupt)
    before = set(tmp_path.iterdir())
    for form in ("jsonl", "parquet", "graphml"):
        ended = influence("export", name, "-o", tmp_path / "x", "--format", form)
        assert (ended.code, ended.err) == (130, "interrupted: nothing was exported\n")
    assert set(tmp_path.iterdir()) == before
