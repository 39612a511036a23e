"""Work that is stopped on purpose: a run that is cancelled, a worker that is told to end."""

import time

from tests.faults.conftest import SLOW, times
from tests.workers.jobs.conftest import sentences

GRACE = 2


def test_a_run_is_cancelled_in_mid_chunk_and_resumed(faults):
    given = sentences(8)
    expected = faults.undisturbed(given, SLOW, chunk=4)
    run = faults.given(given, SLOW, chunk=4)
    faults.sweeper()
    worker = faults.worker()
    faults.working(run)
    assert faults.ledger.cancel(run)
    worker.wait_for("or its run is cancelled")
    progress = faults.progress(run)
    assert (progress.status, progress.completed.chunks) == ("cancelled", 0)
    assert faults.ledger.resume(run) == 2
    faults.check(run, expected)


@times(1, 10)
def test_workers_that_are_told_to_stop_under_load(faults, times):
    given = sentences(8 + 4 * times)
    expected = faults.undisturbed(given, SLOW)
    run = faults.given(given, SLOW)
    faults.sweeper()
    for _ in range(times):
        worker = faults.worker("--concurrency", 2, INFLUENCE_GRACE=str(GRACE))
        faults.working(run)
        faults.pause(0, 2)
        asked = time.monotonic()
        assert worker.stop() == 0, worker.said
        assert time.monotonic() - asked < GRACE + 5
        assert faults.progress(run).running.chunks == 0
    faults.worker("--concurrency", 2)
    faults.check(run, expected)
    assert set(faults.attempts(run)) == {1}
