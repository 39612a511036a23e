"""Errors as problems: their types stand for kinds, and nothing of the servers shows."""

import inspect

import pytest

from cypher import errors
from service.api.problems import KINDS, MEDIA_TYPE
from service.api.routers import tasks
from tests.service.api.conftest import offline


def test_every_kind_of_error_has_one():
    kinds = (each for _, each in inspect.getmembers(errors, inspect.isclass))
    codes = {each.code for each in kinds if issubclass(each, errors.InfluenceError)}
    assert codes <= KINDS.keys()
    assert all(kind.status in range(400, 600) and kind.title for kind in KINDS.values())


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("/v1/runs/no-such-run", 404, "not-found", "run"),
        ("/v1/runs?limit=0", 422, "invalid-input", "limit"),
        ("/v1/runs?cursor=abc", 404, "not-found", "cursor"),
        ("/v1/nothing", 404, "not-found", None),
        ("/v1/tasks/sva-ob/sentences", 422, "invalid-input", "task"),
        ("/v1/tasks/sva-obj/sentences?case=XX", 422, "invalid-input", "case"),
        ("/v1/jobs/no-such-run/events", 404, "not-found", "run"),
    ],
)
def test_what_is_wrong_and_what_to_do(client, path, status, code, field):
    answer = client.get(path)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert (problem["status"], problem["type"], problem.get("field")) == (status, f"/problems/{code}", field)
    assert problem["title"] == KINDS[code].title and problem["detail"]
    assert client.get(problem["type"]).json()["title"] == problem["title"]


def test_another_method(client):
    answer = client.put("/v1/runs")
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/runs/x", "/v1/jobs/x/events", "/v1/runs/x/figures/entropy"])
def test_servers_that_are_away(serve, tmp_path, path):
    client = serve(offline(tmp_path))
    answer = client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.json()["detail"] == "the graph does not answer" and "127.0.0.1" not in answer.text
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "graph": False, "broker": False})
    assert client.get("/livez").status_code == 200


def test_servers_that_are_there(client):
    assert client.get("/readyz").json() == {"ready": True, "graph": True, "broker": True}


def test_an_error_that_nobody_expects_tells_nothing(serve, tmp_path, monkeypatch):
    def broken():
        raise RuntimeError("secret /root/path")

    monkeypatch.setattr(tasks.operations, "list_tasks", broken)
    answer = serve(offline(tmp_path)).get("/v1/tasks")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert len(answer.headers["x-request-id"]) == 32 and answer.headers["x-content-type-options"] == "nosniff"
