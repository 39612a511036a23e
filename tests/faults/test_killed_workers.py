"""Workers that are killed at random moments."""

from tests.faults.conftest import has_ended, times
from tests.workers.jobs.conftest import sentences


def many(kills: int):
    """Enough that all the kills come in the middle."""
    return sentences(6 + 4 * kills)


@times(2, 100)
def test_processes_that_compute(faults, times):
    given = many(times)
    expected = faults.undisturbed(given)
    run = faults.given(given)
    faults.sweeper()
    worker = faults.worker("--concurrency", 2)
    for number in range(times):
        faults.pause(0, 1)
        (faults.anyone(run, worker) if number % 3 == 0 else faults.working(run)).kill()
    faults.check(run, expected)
    assert sum(faults.attempts(run)) > len(faults.attempts(run))
    assert worker.stop() == 0


@times(2, 20)
def test_whole_workers(faults, times):
    given = many(times)
    expected = faults.undisturbed(given)
    run = faults.given(given)
    faults.sweeper()
    worker = faults.worker()
    for _ in range(times):
        child = faults.working(run)
        faults.pause(0, 1)
        worker.popen.kill()
        worker.popen.wait()
        worker = faults.worker()
        assert has_ended(child)
    faults.check(run, expected)
    assert worker.stop() == 0
