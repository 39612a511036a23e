"""Real processes that are killed or stopped in the middle of their work: nothing is lost, nothing is there twice."""

import shutil
import signal
import time
from dataclasses import replace

import psutil
import pytest

from cypher import server as graph_server
from tests.graph import local_server
from tests.workers.jobs.conftest import SETTINGS, Jobs, Process, jobs_at, sentences, until
from workers.broker.local import LocalBroker
from workers.broker.server import down, up

SLOW = replace(SETTINGS, samples=100)
"""A second or more a sentence, one batch each."""


@pytest.fixture
def run(jobs) -> str:
    """Two chunks of two sentences, in the broker."""
    run = jobs.submit("faults", sentences(4), chunk=2, settings=SLOW)
    jobs.fill(run)
    return run


def working(jobs: Jobs, run: str, worker: Process) -> psutil.Process:
    """The process that computes, as soon as one does."""
    until(lambda: jobs.progress(run).running.chunks)
    (child,) = worker.children()
    return child


def test_a_worker_that_is_to_stop_gives_back_what_it_cannot_finish(jobs):
    run = jobs.submit("long", sentences(4), chunk=2, settings=replace(SLOW, samples=1000))
    jobs.fill(run)
    worker = jobs.worker(INFLUENCE_GRACE="0")
    working(jobs, run, worker)
    assert worker.stop() == 0, worker.said
    progress = jobs.progress(run)
    assert (progress.queued.chunks, progress.running.chunks) == (2, 0)
    chunk = jobs.ledger.due(1, run)[0].chunk
    claimed = jobs.ledger.claim(chunk, "next", "next", 60)
    assert claimed is not None
    assert claimed.attempts == 1
    assert "Traceback" not in worker.said


def test_a_worker_that_is_to_stop_finishes_what_it_can(jobs, run):
    worker = jobs.worker(INFLUENCE_GRACE="60")
    working(jobs, run, worker)
    assert worker.stop(signal.SIGINT) == 0, worker.said
    progress = jobs.progress(run)
    assert (progress.completed.chunks, progress.queued.chunks, progress.running.chunks) == (1, 1, 0)


def test_a_chunk_that_takes_too_long_is_tried_again_and_then_given_up(jobs):
    run = jobs.submit("endless", sentences(1), settings=replace(SLOW, samples=2000))
    sweeper, worker = jobs.sweeper(), jobs.worker(INFLUENCE_CHUNK_SECONDS="1")
    progress = jobs.wait(run)
    assert progress.status == "partial", worker.said + sweeper.said
    assert progress.failures == (("000", "it takes longer than INFLUENCE_CHUNK_SECONDS, 1 s"),)


def test_a_broker_that_is_killed_and_comes_back_empty_costs_nothing(jobs, monkeypatch, tmp_path_factory):
    broker = LocalBroker(tmp_path_factory.mktemp("broker"))
    entry = up(broker).connection
    monkeypatch.setenv("INFLUENCE_REDIS_URL", entry.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", entry.password)
    try:
        sweeper, worker = jobs.sweeper(), jobs.worker()
        run = jobs.submit("broker", sentences(6), chunk=2, settings=SLOW)
        working(jobs, run, worker)
        process = broker.process()
        assert process is not None
        process.kill()
        process.wait()
        shutil.rmtree(broker.data)
        sweeper.wait_for("the broker is away")
        time.sleep(2)
        up(replace(broker, port=int(entry.url.rsplit(":", 1)[1])))
        progress = jobs.wait(run)
        assert (progress.status, progress.completed.sentences) == ("completed", 6), worker.said + sweeper.said
        assert "Traceback" not in worker.said + sweeper.said
        assert entry.password not in worker.said + sweeper.said
        assert worker.stop() == 0
        assert sweeper.stop() == 0
    finally:
        down(broker, patience=10)


def test_a_graph_that_is_killed_and_comes_back_costs_nothing(broker, monkeypatch, tmp_path_factory):
    server = local_server(tmp_path_factory.mktemp("graph"))
    connection = graph_server.up(server).connection
    try:
        with jobs_at(connection, broker, tmp_path_factory.mktemp("jobs"), monkeypatch) as jobs:
            sweeper, worker = jobs.sweeper(), jobs.worker()
            run = jobs.submit("graph", sentences(6), chunk=2, settings=SLOW)
            working(jobs, run, worker)
            process = server.process()
            assert process is not None
            process.kill()
            process.wait()
            time.sleep(5)
            graph_server.up(replace(server, port=int(connection.uri.rsplit(":", 1)[1])))
            progress = jobs.wait(run)
            said = worker.said + sweeper.said
            assert (progress.status, progress.completed.sentences) == ("completed", 6), said
            assert "Traceback" not in said
            assert worker.popen.poll() is None
            assert sweeper.popen.poll() is None
    finally:
        graph_server.down(server)
