"""Real processes that are killed or stopped in the middle of their work: nothing is lost, nothing appears twice."""

import json
import signal
from dataclasses import replace

import psutil
import pytest

from tests.workers.jobs.conftest import SETTINGS, Jobs, Process, sentences, until

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
    assert (progress.queued.sentences, progress.running.chunks) == (4, 0)
    chunk = jobs.ledger.due(1, run)[0].chunk
    claimed = jobs.ledger.claim(chunk, "next", "next", 60)
    assert claimed is not None
    assert claimed.attempts == 1
    assert "Traceback" not in worker.said


def test_a_worker_that_is_to_stop_finishes_what_it_can(jobs, run):
    watch = jobs.start("watch", run, "--json")
    watch.wait_for('"queued"')
    worker = jobs.worker("--name", "one", INFLUENCE_GRACE="60")
    working(jobs, run, worker)
    assert worker.stop(signal.SIGINT) == 0, worker.said
    progress = jobs.progress(run)
    assert (progress.completed.chunks, progress.queued.chunks, progress.running.chunks) == (1, 1, 0)
    until(lambda: '"speed": null' not in watch.said.splitlines()[-1])
    assert watch.stop(signal.SIGINT) == 130
    told = [json.loads(line) for line in watch.said.splitlines() if line.startswith("{")]
    assert told[0]["workers"] == [] and told[0]["left"] is None
    assert ["one-0"] in [each["workers"] for each in told]
    assert told[-1]["speed"] == pytest.approx(2 / progress.seconds, rel=0.01)
    assert told[-1]["left"] == pytest.approx(2 / told[-1]["speed"])


def test_a_chunk_that_takes_too_long_is_tried_again_and_then_given_up(jobs):
    run = jobs.submit("endless", sentences(1), settings=replace(SLOW, samples=2000))
    sweeper, worker = jobs.sweeper(), jobs.worker(INFLUENCE_CHUNK_SECONDS="1")
    progress = jobs.wait(run)
    assert progress.status == "partial", worker.said + sweeper.said
    assert progress.failures == (("000", "it takes longer than INFLUENCE_CHUNK_SECONDS, 1 s"),)
