"""Runs, reports, comparisons, figures and queries over the demo run."""

import csv
import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from cypher.queries.named_reports import REPORTS
from cypher.queries.values import plain
from cypher.store.store import Store
from service.operations.reports import Choices, compare, run_report
from service.operations.runs import load

REPORT = "/v1/runs/demo/reports/pattern-frequency"


@pytest.fixture
def demo(client, demo_run):
    return client


@pytest.fixture
def store(neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


def test_runs_page_by_page(demo, store):
    names = [run.name for run in store.runs()]
    seen, cursor = [], None
    while True:
        page = demo.get("/v1/runs", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        seen += [run["name"] for run in page["runs"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == names and "demo" in seen


def test_runs_are_filtered_and_paged_at_once(demo, store, demo_run):
    def names(**wanted: str) -> list[str]:
        return [run["name"] for run in demo.get("/v1/runs", params=wanted).json()["runs"]]

    everything = store.runs()
    assert "demo" in names(text="DEM") and "demo" in names(text=demo_run.id[:6]) and names(text="no such run") == []
    completed = [run.name for run in everything if run.status == "completed"]
    assert names(status="completed") == completed and "demo" not in names(status="failed")
    page = demo.get("/v1/runs", params={"limit": 1, "status": "completed"}).json()
    rest = names(status="completed", cursor=page["next"]) if page["next"] else []
    assert [page["runs"][0]["name"], *rest] == completed
    assert demo.get("/v1/runs", params={"status": "done"}).json()["field"] == "status"


UNSAID = {("Chunk", "done_at"), ("Chunk", "claim"), ("Chunk", "device"), ("Chunk", "lease_until")}
"""Properties that are the ledger's own."""


def test_the_schema_is_that_of_the_graph(demo, store):
    told = demo.get("/v1/schema").json()
    properties = {(node["label"], each["name"]) for node in told["nodes"] for each in node["properties"]}
    found = store.query(
        "MATCH (:Run {name: 'demo'})-[*0..2]->(n) UNWIND keys(n) AS name RETURN DISTINCT labels(n)[0] AS label, name "
        "UNION MATCH (:Run {name: 'demo'})-[:HAS_CHUNK]->()-->()-[:HAS|HAS_PATTERN]->(n) UNWIND keys(n) AS name "
        "RETURN DISTINCT labels(n)[0] AS label, name",
        {},
    )
    assert {tuple(row) for row in found.rows} <= properties | UNSAID
    ends = {(each["type"], each["source"], each["target"]) for each in told["relationships"]}
    found = store.query("MATCH (a)-[r]->(b) RETURN DISTINCT type(r), labels(a)[0], labels(b)[0]", {})
    assert {tuple(row) for row in found.rows} == ends
    assert "Influence" in told["brief"]


def test_a_run_with_what_it_can_be_asked_about(demo, demo_run):
    run = demo.get("/v1/runs/demo").json()
    assert (run["id"], run["status"], run["instances"]) == (demo_run.id, "completed", 240)
    assert run == demo.get(f"/v1/runs/{demo_run.id[:8]}").json()
    assert {"task": "sva-obj", "name": "SP"} in run["cases"] and run["has_roles"]
    assert {"name": "gpr", "levels": ["attention", "embedding"]} in run["methods"]
    assert run["settings"]["question"] == "logit_difference" and 0 < run["right"] <= 240
    assert run["inexact"]["instances"] == 240 and run["source"] is None


def test_every_report_describes_itself(demo):
    reports = demo.get("/v1/reports").json()
    assert [report["name"] for report in reports] == list(REPORTS)
    assert all(report["columns"] and report["cypher"] for report in reports)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_answers_as_its_use_case_does(demo, store, name):
    chosen = {"task": "sva-obj"} if "task" in REPORTS[name].parameters else {}
    answer = demo.get(f"/v1/runs/demo/reports/{name}", params=chosen).json()
    expected = run_report(store, name, "demo", Choices(task=chosen.get("task")))
    assert [field["name"] for field in answer["fields"]] == list(expected.table.columns)
    assert len(answer["values"]) == len(expected.table.rows) and not answer["cut"]
    assert answer["values"] == [[plain(value) for value in row] for row in expected.table.rows]
    assert (answer["title"], answer["status"]) == (expected.title, "completed")


def test_a_report_in_every_format(demo):
    as_json = demo.get(REPORT, params={"rows": 7}).json()
    names = [field["name"] for field in as_json["fields"]]
    assert as_json["cut"] and len(as_json["values"]) == 7
    as_csv = demo.get(REPORT, params={"rows": 7}, headers={"Accept": "text/csv"})
    assert as_csv.headers["x-cut"] == "true" and as_csv.headers["content-type"].startswith("text/csv")
    assert next(csv.reader(io.StringIO(as_csv.text))) == names
    arrow = demo.get(REPORT, headers={"Accept": "application/vnd.apache.arrow.stream"}, params={"rows": 7})
    assert pa.ipc.open_stream(arrow.content).read_all().num_rows == 7
    stored = demo.get(REPORT, headers={"Accept": "application/vnd.apache.parquet"}, params={"rows": 7})
    assert parquet.read_table(io.BytesIO(stored.content)).column_names == names
    best = demo.get(REPORT, params={"rows": 7}, headers={"Accept": "image/png, text/*;q=0.5, application/json;q=0.1"})
    assert best.headers["content-type"].startswith("text/csv")
    none = demo.get(REPORT, headers={"Accept": "image/png"})
    assert (none.status_code, none.json()["type"]) == (406, "/problems/not-acceptable")


def test_what_is_finished_is_sent_once(demo):
    first = demo.get(REPORT)
    tag = first.headers["etag"].removeprefix("W/")  # which says that it is compressed
    again = demo.get(REPORT, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert demo.get(REPORT, params={"rows": 3}).headers["etag"] != tag
    assert demo.get(REPORT, headers={"Accept": "text/csv"}).headers["etag"] != tag


def test_two_cases_beside_each_other(demo, store):
    chosen = {"task": "sva-obj", "case": "SS", "against_case": "SP"}
    found = demo.get("/v1/runs/demo/comparisons/heads", params=chosen).json()
    expected = compare(store, "heads", "demo", Choices("sva-obj", "SS"), against_case="SP")
    assert found["title"] == expected.title and len(found["values"]) == len(expected.table.rows)
    wrong = demo.get("/v1/runs/demo/comparisons/overview")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/invalid-input")


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("aggregated", {"task": "sva-obj", "case": "SP"}),
        ("difference", {"task": "sva-obj", "case": "SP", "against": "SS"}),
        ("entropy", {}),
        ("attractors", {"task": "sva-obj"}),
    ],
)
def test_figures(demo, name, chosen):
    for accept, begins in (("image/svg+xml", b"<?xml"), ("image/png", b"\x89PNG"), ("application/pdf", b"%PDF")):
        figure = demo.get(f"/v1/runs/demo/figures/{name}", params=chosen, headers={"Accept": accept})
        assert figure.status_code == 200 and figure.headers["content-type"] == accept
        assert figure.content.startswith(begins)


def test_a_query_of_one_s_own(demo):
    text = "MATCH (r:Run {name: $name}) RETURN r.name AS name, r.instances AS n, 0.5 AS half, null AS nothing, [1] AS l"
    found = demo.post("/v1/queries", json={"cypher": text, "parameters": {"name": "demo"}}).json()
    types = {field["name"]: field["type"] for field in found["fields"]}
    assert types == {"name": "string", "n": "integer", "half": "number", "nothing": "null", "l": "array"}
    assert found["values"] == [["demo", 240, 0.5, None, [1]]] and not found["cut"]
    odd = demo.post("/v1/queries", json={"cypher": "RETURN 0.0/0.0 AS a, 1.0/0.0 AS b"}).json()
    assert odd["values"] == [[None, None]]
    assert odd["notices"] == ["a, b: NaN or infinity, which JSON lacks; null stands for them"]
    unknown = demo.post("/v1/queries", json={"cypher": "MATCH (n:Nothing) RETURN n"}).json()
    assert unknown["values"] == [] and "Nothing" in unknown["notices"][0]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"cypher": "CREATE (n) RETURN n"}, 403, "refused-query"),
        ({"cypher": "RETRUN 1"}, 422, "invalid-query"),
        ({"cypher": "RETURN $x"}, 422, "invalid-input"),
        ({"cypher": ""}, 422, "invalid-input"),
        ({"cypher": "RETURN 1", "other": 1}, 422, "invalid-input"),
        ({"cypher": "RETURN $x", "parameters": {"x": 2**70}}, 422, "invalid-input"),
        ({"cypher": "RETURN range(1, 100000000)"}, 422, "query-limit-exceeded"),
        ([], 422, "invalid-input"),
    ],
)
def test_a_query_that_is_refused(demo, body, status, code):
    answer = demo.post("/v1/queries", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")


def test_queries_are_bounded(serve, demo_run):
    client = serve(query_rows=5, query_seconds=2)
    found = client.post("/v1/queries", json={"cypher": "UNWIND range(1, 100) AS x RETURN x", "rows": 50}).json()
    assert len(found["values"]) == 5 and found["cut"]
    slow = "UNWIND range(1, 100000000) AS x WITH x WHERE x % 7 = 8 RETURN count(x)"
    answer = client.post("/v1/queries", json={"cypher": slow, "seconds": 1000})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/query-limit-exceeded")


def test_a_run_is_deleted(demo, demo_run, store, tmp_path):
    few = tmp_path / "few.jsonl"
    few.write_text("".join(demo_run.results.read_text().splitlines(keepends=True)[:3]))
    name = load(store, few, "to-delete").name
    assert demo.delete(f"/v1/runs/{name}").json()["name"] == name
    assert demo.get(f"/v1/runs/{name}").status_code == 404


def test_sentences_of_a_task(demo):
    lines = demo.get("/v1/tasks/sva-obj/sentences", params={"case": "SP", "count": 3}).text.splitlines()
    assert len(lines) == 3 and all('"case": "SP"' in line for line in lines)
    assert next(task["name"] for task in demo.get("/v1/tasks").json()) == "sva-obj"
