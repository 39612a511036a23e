"""A process that does not heed the end of its time for a chunk."""

import requests

from tests.faults.conftest import MEDIUM, has_ended
from tests.workers.jobs.conftest import free_port, sentences


def test_it_is_killed_and_another_computes_its_chunk(faults):
    given = sentences(2)
    expected = faults.undisturbed(given, MEDIUM)
    port = free_port()
    faults.sweeper()
    options = ("--device", "cpu", "--metrics-port", port)
    worker = faults.start("worker", *options, INFLUENCE_CHUNK_SECONDS="5", INFLUENCE_HARD_AFTER="1")
    worker.wait_for("ready")
    run = faults.given(given, MEDIUM)
    stuck = faults.working(run)
    stuck.suspend()
    faults.check(run, expected)
    assert has_ended(stuck)
    told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    assert 'influence_failures_total{kind="time limit"} 1.0' in told
