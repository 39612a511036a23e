"""Work that is stopped on purpose: a run that is cancelled, a worker that is told to end."""

import time
from dataclasses import replace

from tests.faults.conftest import NAME, SLOW, times
from tests.faults.whole import differences
from tests.workers.jobs.conftest import sentences, until

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


def test_a_sentence_that_takes_minutes_is_broken_off(faults):
    short, other = sentences(2)
    long = replace(other, text="the pilot " * 24 + other.text, roles=None)
    settings = replace(SLOW, methods=("conductance",))
    expected = faults.undisturbed([short], settings, chunk=1)
    faults.sweeper()
    worker = faults.worker()
    run = faults.given([short, long], settings, chunk=1)
    until(lambda: faults.progress(run).completed.chunks and faults.progress(run).running.chunks)
    (computing,) = worker.children()
    time.sleep(2)
    assert faults.start("cancel", NAME).popen.wait() == 0
    cancelled = time.monotonic()
    worker.wait_for("or its run is cancelled")
    assert time.monotonic() - cancelled < 10
    next_run = faults.submit("next", [short], source=faults.source)
    assert faults.wait(next_run).status == "completed"
    assert worker.children() == [computing]
    progress = faults.progress(run)
    assert (progress.status, progress.completed.chunks, progress.queued.chunks) == ("cancelled", 1, 1)
    assert differences(faults.whole(run), expected) == []


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
