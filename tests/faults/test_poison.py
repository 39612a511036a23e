"""A sentence that cannot be computed: it alone is missing, and the run says why."""

from dataclasses import replace

import psutil
import pytest

from tests.faults.conftest import MEDIUM, SLOW
from tests.workers.jobs.conftest import sentences, until


def test_one_that_the_model_cannot_read(faults):
    *good, last = sentences(6)
    expected = faults.undisturbed(good, MEDIUM, chunk=5)
    run = faults.given([*good, replace(last, correct="gloriously")], MEDIUM, chunk=6)
    faults.sweeper()
    faults.worker()
    faults.check(run, expected, "partial")
    ((name, error),) = faults.progress(run).failures
    assert name == last.id
    assert "'gloriously' is" in error and "Give a word that is one token." in error


@pytest.mark.faults
def test_one_under_which_every_process_dies(faults):
    good, last = sentences(2)
    expected = faults.undisturbed([good], SLOW, chunk=1)
    run = faults.given([good, last], SLOW, chunk=2)
    faults.sweeper()
    faults.worker()
    claim = "MATCH (c:Chunk {run: $run, status: 'running'})-[:HOLDS]->(:Instance {name: $name}) RETURN c.claim"
    killed = set()

    def kill() -> bool:
        for (token,) in faults.store.query(claim, {"run": run, "name": last.id}).rows:
            if token not in killed:
                killed.add(token)
                psutil.Process(int(token.rsplit(":", 3)[1])).kill()
        return faults.progress(run).status == "partial"

    until(kill)
    faults.check(run, expected, "partial")
    ((name, error),) = faults.progress(run).failures
    assert name == last.id
    assert error.endswith("was lost, 4 times")
