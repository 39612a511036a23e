"""Two sweepers at once."""

from tests.faults.conftest import times
from tests.workers.jobs.conftest import sentences


@times(1, 10)
def test_what_is_lost_is_put_back_once(faults, broker, times):
    given = sentences(8 + 4 * times)
    expected = faults.undisturbed(given)
    run = faults.given(given)
    faults.sweeper()
    faults.sweeper()
    worker = faults.worker()
    for _ in range(times):
        faults.working(run)
        worker.popen.kill()
        worker.popen.wait()
        with broker.open() as client:
            client.flushall()
        worker = faults.worker()
    faults.check(run, expected)
    again = sum(faults.attempts(run)) - len(faults.attempts(run))
    assert again <= times
