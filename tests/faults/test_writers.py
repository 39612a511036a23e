"""Many processes that write to the same case at once."""

from tests.faults.conftest import QUICK, times
from tests.workers.jobs.conftest import sentences


@times(4, 8)
def test_they_wait_for_each_other_and_do_not_meet_in_deadlocks(faults, times):
    given = sentences(20 * times)
    expected = faults.undisturbed(given, QUICK)
    faults.sweeper()
    worker = faults.wrapped("loud", "worker", "--device", "cpu", "--concurrency", times)
    run = faults.given(given, QUICK)
    faults.check(run, expected)
    said = faults.all_said()
    assert "will be retried" not in said  # as the driver says of a transaction
    assert set(faults.attempts(run)) == {1}
    assert worker.stop() == 0
