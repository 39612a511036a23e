"""A run out of the graph over HTTP, and back into it."""

import csv
import io
import json
import zipfile

import pyarrow as pa
import pytest
from pyarrow import parquet

from cypher.bulk.columns import TABLES
from service.operations.connections import open_store
from service.operations.exports import export_run


@pytest.fixture
def exported(environment, demo_run, tmp_path):
    """Writes the demo run to a file or folder, as the use case does."""

    def write(form):
        with open_store(environment) as store:
            return export_run(store, "demo", form, tmp_path / form).output

    return write


def test_results_as_they_are_exported(client, exported):
    answer = client.get("/v1/runs/demo/results", headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-type"] == "application/jsonl" and answer.headers["x-run-status"] == "completed"
    assert answer.content == exported("jsonl").read_bytes()
    assert len(answer.content) == int(answer.headers["content-length"])
    again = client.get("/v1/runs/demo/results", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("form", "kind"), [("application/graphml+xml", "graphml"), ("application/json", "node-link")])
def test_the_run_as_a_network(client, exported, form, kind):
    answer = client.get("/v1/runs/demo/network", headers={"Accept": form})
    assert answer.headers["content-type"].startswith(form) and answer.content == exported(kind).read_bytes()


def test_tables_all_and_one_by_one(client, exported):
    folder = exported("parquet")
    with zipfile.ZipFile(io.BytesIO(client.get("/v1/runs/demo/tables").content)) as archive:
        assert sorted(archive.namelist()) == sorted(f"{table}.parquet" for table in TABLES)
        for table in TABLES:
            expected = parquet.read_table(folder / f"{table}.parquet")
            assert parquet.read_table(pa.BufferReader(archive.read(f"{table}.parquet"))) == expected
    for table in ("cases", "instances"):
        expected = parquet.read_table(folder / f"{table}.parquet")
        path = f"/v1/runs/demo/tables/{table}"
        assert parquet.read_table(pa.BufferReader(client.get(path).content)) == expected
        arrow = client.get(path, headers={"Accept": "application/vnd.apache.arrow.stream"}).content
        assert pa.ipc.open_stream(arrow).read_all() == expected
        rows = list(csv.reader(io.StringIO(client.get(path, headers={"Accept": "text/csv"}).text)))
        assert rows[0] == expected.column_names and len(rows) == expected.num_rows + 1
        assert json.loads(rows[1][rows[0].index("instances" if table == "cases" else "qoi")]) is not None


@pytest.mark.parametrize(
    ("path", "headers", "status", "field"),
    [
        ("/v1/runs/none/results", {}, 404, "run"),
        ("/v1/runs/demo/tables/nodes", {}, 404, "table"),
        ("/v1/runs/demo/tables/..%2Fcases", {}, 404, None),
        ("/v1/runs/demo/tables/cases", {"Accept": "application/pdf"}, 406, None),
        ("/v1/runs/demo/network", {"Accept": "text/csv"}, 406, None),
    ],
)
def test_what_there_is_not(client, demo_run, path, headers, status, field):
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


def test_results_are_loaded_and_loaded_again(client, demo_run):
    lines = demo_run.results.read_bytes().splitlines(keepends=True)[:7]
    try:
        for content, stored, kept, cut_off in (
            (b"".join(lines[:4]), 4, 0, False),
            (b"".join(lines), 3, 4, False),
            (b"".join(lines) + b'{"id": "cut', 0, 7, True),
        ):
            loaded = client.post("/v1/runs", files={"file": ("mine.jsonl", content)}, data={"name": "api-loaded"})
            assert loaded.status_code == 201, loaded.text
            told = loaded.json()
            assert (told["stored"], told["kept"], told["cut_off"]) == (stored, kept, cut_off)
        run = client.get(loaded.headers["location"]).json()
        assert (run["name"], run["instances"]) == ("api-loaded", 7)
        assert client.get("/v1/runs/api-loaded/results").content.splitlines() == [line.strip() for line in lines]
    finally:
        client.delete("/v1/runs/api-loaded")


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nothing\n", b"\xff\xfe\n", b'{"id": "a", "text": "b"}\n'])
def test_what_cannot_be_loaded(client, content):
    answer = client.post("/v1/runs", files={"file": ("mine.jsonl", content)})
    assert answer.status_code == 422, answer.text
    assert "/tmp" not in answer.text and "mine.jsonl" in answer.text
