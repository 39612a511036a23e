"""What somebody waits for while nobody works, or whoever works ends: with the servers of this module alone."""

import signal

import pytest
from starlette.testclient import TestClient

from service.api.app import create_app
from service.api.settings import read_settings
from tests.service.api.conftest import ADDRESS, offline
from tests.workers.jobs.conftest import jobs_at, sentences, until

SENTENCE = {"text": "the pilot near the guards ***mask*** tall .", "correct": "is", "wrong": "are"}
WAIT = {"wait": 30}


@pytest.fixture
def alone(neo4j_server, broker, tmp_path, monkeypatch):
    """Nobody works."""
    with (
        jobs_at(neo4j_server, broker, tmp_path, monkeypatch) as jobs,
        TestClient(create_app(jobs.environment, read_settings()), base_url=ADDRESS) as client,
    ):
        yield jobs, client


def test_it_comes_before_jobs_and_waits_where_nobody_works(alone):
    jobs, client = alone
    run = jobs.submit("api-before", sentences(40), priority=9, chunk=1)
    jobs.fill(run)
    first = client.post("/v1/analyses", json={"sentence": SENTENCE, "settings": {"samples": 4}}, params={"wait": 0.3})
    assert (first.status_code, first.json()["status"], first.headers["retry-after"]) == (202, "queued", "1")
    where = first.headers["location"]
    assert client.get(where).status_code == 202
    early = client.get(f"{where}/figure")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/conflict")
    other = client.post("/v1/analyses", json={"sentence": SENTENCE}, params={"wait": 0}).headers["location"]
    assert client.delete(other).status_code == 204
    assert client.get(other).status_code == client.delete(other).status_code == 404
    jobs.worker()
    assert client.get(where, params=WAIT).json()["status"] == "completed"
    assert jobs.progress(run).completed.sentences < 40


@pytest.mark.parametrize("losses", [1, pytest.param(2, marks=pytest.mark.faults)])
def test_a_worker_that_is_killed_with_it(alone, losses):
    jobs, client = alone
    asked = {"sentence": SENTENCE, "settings": {"samples": 3000, "sampling": "trapezoid"}}
    where = client.post("/v1/analyses", json=asked, params={"wait": 0}).headers["location"]
    for _ in range(losses):
        worker = jobs.worker()
        until(lambda: client.get(where).json()["status"] == "running")
        children = worker.children()
        worker.stop(signal.SIGKILL)
        for child in children:
            child.kill()
        until(lambda: client.get(where).json().get("status") != "running")
        assert client.get(where).json()["status"] == "queued", client.get(where).text
    jobs.worker()
    answer = client.get(where, params=WAIT)
    while answer.status_code == 202:
        answer = client.get(where, params=WAIT)
    if losses < 2:
        assert answer.json()["status"] == "completed"
    else:
        assert (answer.status_code, answer.json()["field"]) == (400, "workers"), answer.text


def test_a_worker_that_is_told_to_stop_gives_it_back(alone, monkeypatch):
    monkeypatch.setenv("INFLUENCE_GRACE", "1")
    jobs, client = alone
    asked = {"sentence": SENTENCE, "settings": {"samples": 3000, "sampling": "trapezoid"}}
    where = client.post("/v1/analyses", json=asked, params={"wait": 0}).headers["location"]
    worker = jobs.worker()
    until(lambda: client.get(where).json()["status"] == "running")
    assert worker.stop() == 0
    assert client.get(where).json()["status"] == "queued", worker.said
    monkeypatch.delenv("INFLUENCE_GRACE")
    jobs.worker()
    answer = client.get(where, params=WAIT)
    while answer.status_code == 202:
        answer = client.get(where, params=WAIT)
    assert answer.json()["status"] == "completed", answer.text


def test_the_broker_is_away(tmp_path):
    with TestClient(create_app(offline(tmp_path), read_settings()), base_url=ADDRESS) as client:
        answer = client.post("/v1/analyses", json={"sentence": SENTENCE})
        assert (answer.status_code, answer.json()["field"]) == (503, "broker") and answer.headers["retry-after"]
