"""A worker whose clock is ten minutes off: it has no say in who holds a chunk, and until when."""

import pytest

from tests.faults.conftest import times
from tests.workers.jobs.conftest import sentences, until

OFF = 600


@pytest.mark.parametrize("off", [OFF, pytest.param(-OFF, marks=pytest.mark.faults)])
@times(1, 10)
def test_beside_one_that_is_right(faults, times, off):
    given = sentences(8 + 4 * times)
    expected = faults.undisturbed(given)
    run = faults.given(given)
    faults.sweeper()
    wrong = faults.wrapped(f"clock={off}", "worker", "--device", "cpu")
    wrong.wait_for("ready")
    for _ in range(times):
        until(lambda: any(token for token, _ in faults.claims(run)))
        wrong.popen.kill()
        wrong.popen.wait()
        wrong = faults.wrapped(f"clock={off}", "worker", "--device", "cpu")
        wrong.wait_for("ready")
    faults.worker()
    faults.check(run, expected)
