"""`influence queries` and `influence report`, on a real Neo4j."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pyarrow import parquet

from cypher.queries.named_reports import DEFAULTS, REPORTS, read_report
from service.cli import console
from tests.service.cli.conftest import GOOD
from tests.service.cli.test_export import results_with
from tests.service.cli.test_load import written
from tests.workers.some_results import some_results
from workers.influence.baselines.methods import METHODS

EVERYWHERE = True

NAME = f"run-{uuid4().hex}"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("results") / f"{NAME}.jsonl"
    path.write_text("".join(f"{result.to_json()}\n" for result in some_results(30)))
    return path


@pytest.fixture
def run(influence, graph, file) -> str:
    assert influence("load", file).code == 0
    return NAME


def test_queries_lists_every_report(influence):
    ended = influence("queries")
    assert ended.code == 0
    for report in REPORTS.values():
        assert report.name in ended.out and report.summary in ended.out
    one = influence("queries", "heads")
    assert one.out == REPORTS["heads"].text
    described = json.loads(influence("queries", "--json").out)
    assert [row["name"] for row in described] == list(REPORTS)
    assert described[0]["columns"] == dict(REPORTS["accuracy"].columns)
    assert "Did you mean 'heads'" in influence("queries", "head").err


@pytest.mark.parametrize("name", REPORTS)
def test_headers_tell_the_parameters_and_columns(influence, run, name):
    report = REPORTS[name]
    assert set(report.parameters) == {word for word in ("run", *DEFAULTS) if f"${word}" in report.text}
    for form in ("json", "csv", "table"):
        ended = influence("report", name, run, "--format", form)
        assert ended.code == 0, ended.err
        if form == "json":
            rows = json.loads(ended.out)
            assert rows and all(tuple(row) == tuple(report.columns) for row in rows)
        elif form == "csv":
            assert next(csv.reader(io.StringIO(ended.out))) == list(report.columns)
        else:
            assert ended.out.startswith(f"{report.title}, {run}\n")


def test_parquet(influence, run, tmp_path):
    path = tmp_path / "flow.parquet"
    assert influence("report", "flow-frequency", run, "--format", "parquet", "--output", path).code == 0
    table = parquet.read_table(path)
    assert table.column_names == list(REPORTS["flow-frequency"].columns)
    assert table.num_rows == len(json.loads(influence("report", "flow-frequency", run, "--format", "json").out))


def test_the_files_name_tells_the_format(influence, run, tmp_path):
    path = tmp_path / "accuracy.csv"
    assert influence("report", "accuracy", run, "--output", path).code == 0
    assert path.read_text() == influence("report", "accuracy", run, "--format", "csv").out


def test_long_tables_are_cut_with_a_notice(influence, run):
    ended = influence("report", "flow-frequency", run)
    assert ended.out.count("\n") == 2 + 50 and "the first 50 rows" in ended.err
    ended = influence("report", "pattern-frequency", run, "--limit", 3, "--format", "json")
    assert len(json.loads(ended.out)) == 3 and "the first 3 rows" in ended.err


def test_two_sides(influence, run):
    ended = influence(
        "report", "accuracy", run, "--task", "sva-obj", "--case", "SP", "--against", "SS", "--format", "json"
    )
    rows = json.loads(ended.out)
    assert {row["measure"] for row in rows} == {"accuracy", "qoi"}
    assert all(row["difference"] == row["first"] - row["second"] for row in rows)
    ended = influence("report", "heads", run, "--against-run", run, "--task", "ra-na")
    assert f"Head ranking, {run} − {run}" in ended.out


@pytest.mark.parametrize("width", [80, 100, 120])
def test_tables_fit_the_terminal(influence, run, width, monkeypatch):
    """Rows that are too wide stand upright: no column is cut off."""
    monkeypatch.setattr(console, "PIPE_WIDTH", width)
    for name, report in REPORTS.items():
        lines = influence("report", name, run, "--limit", 3).out.splitlines()
        assert max(map(len, lines)) <= width
        shown = set(" ".join(lines[1:]).split())
        assert shown >= set(report.columns), name
    lines = influence("report", "flow-frequency", run, "--limit", 2).out.splitlines()
    one = [[column] for column in REPORTS["flow-frequency"].columns]
    assert [line.split()[:1] for line in lines[1:]] == [*one, [], *one]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("accuray",), "there is no report 'accuray'. Did you mean 'accuracy'?"),
        (("heads", "--task", "sva-ojb"), "the run has no task named 'sva-ojb'. Did you mean 'sva-obj'? It has"),
        (("heads", "--case", "XX"), "the run has no case named 'XX'. It has PS, SP, SS"),
        (("skip",), "there is no report 'skip'. Did you mean 'skip-share'?"),
        (("heads", "--task", "SVA-OBJ"), "Did you mean 'sva-obj'?"),
        (("heads", "--case", "sp"), "the run has no case named 'sp'. Did you mean 'SP'? It has"),
        (("heads", "--case", "sp", "--against", "SS"), "the run has no case named 'sp'. Did you mean 'SP'?"),
        (("attractors", "--level", "att"), "level: there is no 'att'. Did you mean 'attention'? Choose embedding or"),
        (("heads", "--method", "gprs"), "the run has no method named 'gprs'. Did you mean 'gpr'?"),
        (("heads", "--align", "role"), "the report heads has no align. It takes task, case, method"),
        (("overview", "--task", "sva-obj"), "the report overview has no task. It takes nothing but a run"),
        (("accuracy", "--top", 5), "the report accuracy has no top. It takes task, case"),
        (("stability", "--against-run", NAME), "the report stability is of resamples already"),
        (("attractors", "--level", "heads"), "level: there is no 'heads'. Choose embedding or attention"),
        (("attractors", "--align", "x"), "align: there is no 'x'. Choose position or role"),
        (("accuracy", "--against", "SS"), "--against: there is nothing to compare SS with"),
        (("accuracy", "--case", "SS", "--against", "SX"), "the run has no case named 'SX'"),
        (("overview", "--against-run", NAME), "the report overview is of a whole run"),
        (("flow-frequency", "--case", "SP", "--against", "SS", "--align", "x"), "--align: there is no 'x'"),
        (("heads", "--case", "SP", "--against", "SS", "--level", "EMBEDDING"), "Did you mean 'embedding'? Choose"),
        (("accuracy", "--format", "parquet"), "--output: Parquet is not text"),
    ],
)
def test_bad_input_is_named(influence, run, options, says):
    ended = influence("report", options[0], run, *options[1:])
    assert ended.code == 2 and says in ended.err and ended.out == ""


def test_an_unknown_run_is_named(influence, run):
    ended = influence("report", "heads", run[:-1])
    assert ended.code == 2 and f"there is no run {run[:-1]!r}. Did you mean {run!r}?" in ended.err
    assert f"Did you mean {run!r}?" in influence("report", "heads", run.upper()).err


def test_a_partial_run_says_so(influence, run, graph):
    from cypher.store.store import Store

    with Store.open(graph) as store:
        store.finish(store.find(run).id, "partial")
        assert f"the run {run!r} is partial" in influence("report", "accuracy", run).err
        store.finish(store.find(run).id)


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN n",
        "// No colon\n//\n// Parameters: run\n//\n// a  b\n",
        "// Title: what.\n//\n// a  b\n",
        "// Title: what.\n//\n// Parameters: run\n",
    ],
)
def test_a_header_must_be_whole(text):
    with pytest.raises(ValueError, match="header of some"):
        read_report("some", text)


def test_after_an_analysis_with_all_methods_the_reports_answer_for_each(influence, graph, masked, sentences, tmp_path):
    name, output = f"run-{uuid4().hex}", tmp_path / "results.jsonl"
    source = sentences(*({**GOOD, "id": f"{case}", "task": "sva-obj", "case": case} for case in ("SS", "SP")))
    options = ("--model", masked, "--samples", 4, "--edges", "top:5", "--methods", "all", "--store", "--name", name)
    ended = influence("analyze", source, *options, "--output", output)
    assert ended.code == 0, ended.err
    again = tmp_path / "again.jsonl"
    assert influence("export", name, "--output", again).code == 0
    assert again.read_bytes() == output.read_bytes()
    for method, levels in METHODS.items():
        for report in (report for report in REPORTS.values() if "method" in report.parameters):
            ended = influence("report", report.name, name, "--method", method, "--format", "json")
            if report.level in (None, *levels):
                assert ended.code == 0 and json.loads(ended.out), (method, report.name, ended.err)
            else:
                assert ended.code == 2 and f"the method '{method}' has none" in ended.err
    sides = ("--case", "SS", "--against", "SP", "--method", "attention", "--format", "json")
    assert {row["layer"] for row in json.loads(influence("report", "flow-frequency", name, *sides).out)} == {0, 1, 2}
    ended = influence("report", "flow-frequency", name, *sides, "--level", "attention")
    assert ended.code == 2 and "level: the method 'attention' has no patterns at that of attention" in ended.err


def test_how_many_sentences_are_inexact_is_told_by_every_report(influence, graph, tmp_path):
    name = f"run-{uuid4().hex}"
    results = [
        replace(one, completeness_error=error)
        for one, error in zip(results_with("none", True, count=6), (0.01, 0.07, 0.3, 1.1, 0.002, 0.2), strict=True)
    ]
    file = written(tmp_path / f"{name}.jsonl", results)
    assert influence("load", file).code == 0
    worst = f"{results[3].id}, 110 %; {results[2].id}, 30 %; {results[5].id}, 20 %"
    told = f"warning: run '{name}': 4 of 6 sentences have a completeness error above 5 % (the worst: {worst})"
    for report in ("overview", "accuracy", "attractors"):
        ended = influence("report", report, name)
        assert ended.code == 0 and told in ended.err, ended.err
    of_case = influence("report", "accuracy", name, "--task", results[1].task, "--case", results[1].case)
    of_this = [one for one in results if one.case == results[1].case]
    beyond = sum((one.completeness_error or 0) > 0.05 for one in of_this)
    part = f"{results[1].task} {results[1].case} of run '{name}'"
    assert f"warning: {part}: {beyond} of {len(of_this)} sentence" in of_case.err
    sides = influence("report", "accuracy", name, "--task", "sva-obj", "--case", "SP", "--against", "SS").err
    assert f"sva-obj SP of run '{name}': 1 of " in sides and f"sva-obj SS of run '{name}': 1 of " in sides


def test_sentences_beyond_their_tolerance_and_words_left_out_are_told(influence, graph, tmp_path):
    name = f"run-{uuid4().hex}"
    results = [
        replace(
            one,
            settings={**one.settings, "sampling": "adaptive", "tolerance": 0.01, "words": "top:3"},
            sampling_error=error,
            within_tolerance=error <= 0.01,
            left_out=4,
            left_out_share=0.25,
        )
        for one, error in zip(results_with("none", True, count=3), (0.01, 0.07, 0.03), strict=True)
    ]
    assert influence("load", written(tmp_path / f"{name}.jsonl", results)).code == 0
    told = influence("report", "overview", name).err
    worst = f"{results[1].id}, 7 %; {results[2].id}, 3 %"
    assert f"run '{name}': 2 of 3 sentences have a sampling error above their tolerance (the worst: {worst})" in told
    assert f"run '{name}' has patterns of the strongest words only (top:3)" in told
    question = (
        "MATCH (:Run {name: $name})-[:HAS_CASE]->()<-[:OF]-(i) RETURN sum(i.left_out) AS n, avg(i.left_out_share)"
    )
    ended = influence("query", question, "--param", f"name={name}", "--format", "csv")
    assert ended.out.splitlines()[1] == "12,0.25", ended.err


def test_why_there_is_no_correlation_is_told(influence, graph, tmp_path):
    name = f"run-{uuid4().hex}"
    file = written(tmp_path / f"{name}.jsonl", results_with("none", True, count=3)[:2])
    assert influence("load", file).code == 0
    assert "a correlation needs 3" in influence("report", "entropy-correlation", name).err
