"""The graph from Python: runs, reports, comparisons, queries and figures, in a real Neo4j."""

from collections.abc import Iterator
from importlib.util import find_spec

import pyarrow as pa
import pytest

from cypher.connection import Connection
from cypher.errors import Conflict, InvalidInput, InvalidQuery, NotFound, RefusedQuery, ServerUnavailable
from cypher.queries.named_reports import REPORTS
from influence_graph import Graph, Results, Run, Settings, Table, connect, read_results
from service.statistics.comparison import comparable
from tests.demo import DemoRun
from tests.influence_graph.test_results import EVIL, Page
from tests.service.made_up import make_result


@pytest.fixture(scope="module")
def graph(neo4j_server: Connection) -> Iterator[Graph]:
    with connect(neo4j_server.uri, neo4j_server.user, neo4j_server.password) as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(graph: Graph, demo_run: DemoRun) -> Run:
    return graph.run(demo_run.id)


@pytest.fixture
def stored(graph: Graph, request) -> Iterator[Run]:
    """A small run of made-up results."""
    results = [make_result(name=str(number), seed=number) for number in range(5)]
    run = graph.store(results, f"stored-{request.node.name}")
    yield run
    run.delete()


def test_the_graph_of_the_environment(neo4j_server, monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    with connect() as graph:
        assert graph.query("RETURN 1 AS one").dicts() == [{"one": 1}]


def test_what_cannot_be_connected_to():
    with pytest.raises(InvalidInput, match="password: there is none for bolt://"):
        connect("bolt://127.0.0.1:1")
    with pytest.raises(InvalidInput, match="uri: a user or password is given without it"):
        connect(password="secret")
    with pytest.raises(ServerUnavailable, match="no Neo4j answers at bolt://"):
        connect("bolt://127.0.0.1:1", password="secret")


def test_runs_are_listed_and_found(graph, demo, demo_run):
    (row,) = (row for row in graph.runs().dicts() if row["name"] == "demo")
    assert (row["id"], row["status"], row["instances"]) == (demo_run.id, "completed", 240)
    assert (demo.id, demo.name, demo.status, demo.instances) == (demo_run.id, "demo", "completed", 240)
    assert demo.right == row["right"] > 200
    assert demo.settings["samples"] == 32 and "torch" in demo.versions
    with pytest.raises(NotFound, match="there is no run 'demos'"):
        graph.run("demos")


def test_a_run_shows_itself(demo):
    text = " ".join(Page(demo._repr_html_()).texts)
    assert "demo · completed · 240 sentences, the model is right on" in text
    assert repr(demo) == "<Run 'demo': 240 sentences, completed>"


def test_reports_are_listed(graph):
    assert graph.reports().to_arrow()["report"].to_pylist() == list(REPORTS)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report(demo, name):
    table = demo.report(name)
    assert table.columns == tuple(REPORTS[name].columns) and len(table) > 0
    assert table.to_arrow().num_rows == len(table)


def test_what_a_report_is_about_is_chosen(demo):
    whole, some = demo.report("accuracy"), demo.report("accuracy", task="sva-obj", case="SP")
    assert {row["case"] for row in some.dicts()} == {"SP"} < {row["case"] for row in whole.dicts()}
    assert [row for row in whole.dicts() if (row["task"], row["case"]) == ("sva-obj", "SP")] == some.dicts()
    assert len(demo.report("pattern-frequency")) > 20 == len(demo.report("pattern-frequency", limit=20))
    with pytest.raises(NotFound, match="no case named 'XX'"):
        demo.report("heads", case="XX")
    with pytest.raises(NotFound, match="no report 'head'"):
        demo.report("head")


@pytest.mark.parametrize("name", comparable())
def test_every_comparison(demo, name):
    table = demo.compare(name, task="sva-obj", case="SP", against="SS")
    assert len(table) > 0
    for row in table.dicts():
        assert row["case"] == "SP − SS"
        if row["difference"] is not None:
            assert row["difference"] == pytest.approx(row["first"] - row["second"])
            assert row["low"] <= row["high"]


def test_two_runs_are_compared(graph, demo, demo_run):
    other = graph.store([result for result in read_results(demo_run.results) if result.task == "sva-obj"], "demo-again")
    try:
        table = demo.compare("accuracy", against=other)
        assert {row["case"] for row in table.dicts()} == {"SS", "SP", "PS", "PP"}
        assert all(row["difference"] == 0 for row in table.dicts())
        assert {row["case"] for row in demo.compare("accuracy", case="SP", against=other).dicts()} == {"SP"}
    finally:
        other.delete()


def test_a_query_of_ones_own(graph):
    table = graph.query("UNWIND range(1, $most) AS n RETURN n, n / 2.0 AS half", {"most": 30}, rows=25)
    assert table.to_arrow().schema == pa.schema([("n", pa.int64()), ("half", pa.float64())])
    assert table.cut and len(table) == 25
    assert Page(table._repr_html_()).texts[-1] == "25 rows, the first 20 shown; there are more than were asked for."
    assert pa.table(table).equals(table.to_arrow())
    with pytest.raises(RefusedQuery, match="it writes"):
        graph.query("CREATE (n:Run) RETURN n")
    with pytest.raises(InvalidQuery):
        graph.query("MTCH (n) RETURN n")


def test_what_is_in_a_table_is_no_html(graph):
    page = Page(graph.query(f"RETURN $evil AS `{EVIL}`, [$evil] AS listed", {"evil": EVIL})._repr_html_())
    assert "script" not in page.tags and page.texts.count(EVIL) == 2


def test_pandas_is_not_needed_unless_it_is_asked_for():
    table = Table(("n",), [(1,), (2,)])
    if find_spec("pandas"):
        assert table.to_pandas()["n"].tolist() == [1, 2]
    else:
        with pytest.raises(ImportError, match="pandas"):
            table.to_pandas()


def test_results_come_back_as_they_were_stored(stored):
    assert [result.id for result in stored.results()] == list("01234")
    made = make_result(name="3", seed=3)
    (back,) = (result for result in stored.results() if result.id == "3")
    assert back.words == made.words and back.edges == made.edges
    assert isinstance(stored.results(), Results)


def test_storing_again_changes_nothing(graph, stored):
    results = [make_result(name=str(number), seed=number) for number in range(7)]
    again = graph.store(results, stored.name)
    assert (again.id, again.instances) == (stored.id, 7)


def test_storing_is_interrupted_and_resumes(graph):
    def some():
        for number in range(200):
            if number == 150:
                raise KeyboardInterrupt
            yield make_result(name=str(number), seed=number)

    with pytest.raises(KeyboardInterrupt):
        graph.store(some(), "interrupted")
    run = graph.run("interrupted")
    assert run.status == "partial" and run.instances < 150
    run = graph.store((make_result(name=str(number), seed=number) for number in range(200)), "interrupted")
    assert (run.status, run.instances) == ("completed", 200)
    run.delete()


def test_what_cannot_be_stored(graph, stored):
    with pytest.raises(InvalidInput, match="results: there are none"):
        graph.store([], "nothing")
    with pytest.raises(Conflict, match="with other settings"):
        graph.store([make_result(settings=Settings(samples=8))], stored.name)
    mixed = [make_result(name="a"), make_result(name="b", settings=Settings(samples=8))]
    with pytest.raises(InvalidInput, match="settings: 'b' and 'a' have different ones"):
        graph.store(mixed, "mixed")
    with pytest.raises(NotFound):
        graph.run("mixed")


def test_figures_over_a_run(demo):
    figures = {
        "aggregated": demo.plot_aggregated("sva-obj"),
        "difference": demo.plot_difference("sva-obj", "SP", "SS"),
        "entropy": demo.plot_entropy(),
        "attractors": demo.plot_attractors("sva-obj"),
    }
    assert len({figure.svg() for figure in figures.values()}) == 4
    with pytest.raises(InvalidInput, match="it is SP"):
        demo.plot_difference("sva-obj", "SP", "SP")
    with pytest.raises(NotFound, match="no task named 'sva'"):
        demo.plot_attractors("sva")


def test_a_figure_of_a_run_is_that_of_the_command(demo, tmp_path, neo4j_server, monkeypatch):
    from service.cli.app import main

    for name, value in (("URI", neo4j_server.uri), ("USER", neo4j_server.user), ("PASSWORD", neo4j_server.password)):
        monkeypatch.setenv(f"INFLUENCE_NEO4J_{name}", value)
    ours = demo.plot_aggregated("sva-obj", "SP").save(tmp_path / "ours.svg")
    command = ["plot", "aggregated", "demo", "--task", "sva-obj", "--case", "SP", "--output", str(tmp_path / "its.svg")]
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert not ended.value.code
    assert ours.read_bytes() == (tmp_path / "its.svg").read_bytes()


def test_a_run_is_exported(stored, tmp_path):
    path = stored.export(tmp_path / "run.jsonl")
    assert [result.id for result in read_results(path)] == list("01234")
    with pytest.raises((Conflict, InvalidInput), match="already exists"):
        stored.export(path)
    stored.export(path, replace=True)
    assert (stored.export(tmp_path / "run", "parquet") / "instances.parquet").is_file()


def test_a_run_is_deleted(graph):
    run = graph.store([make_result()], "to-delete")
    run.delete()
    with pytest.raises(NotFound):
        graph.run("to-delete")
