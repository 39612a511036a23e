"""Processes that are there and of no use any more."""

import pytest

from tests.faults.conftest import MEDIUM, QUICK
from tests.workers.jobs.conftest import sentences


def test_one_in_which_everything_fails_makes_way_for_a_fresh_one(faults, tmp_path):
    given = sentences(12)
    expected = faults.undisturbed(given, QUICK)
    run = faults.given(given, QUICK)
    faults.sweeper()
    worker = faults.wrapped(f"breaks={tmp_path / 'broken'}", "worker", "--device", "cpu")
    faults.check(run, expected)
    assert faults.attempts(run) == [1, 1, 1, 1, 1, 2], worker.said
    assert worker.stop() == 0


@pytest.mark.faults
def test_one_that_heeds_no_time_limit_is_killed(faults, tmp_path):
    given = sentences(2)
    expected = faults.undisturbed(given, MEDIUM)
    run = faults.given(given, MEDIUM)
    faults.sweeper()
    limits = {"INFLUENCE_CHUNK_SECONDS": "20", "INFLUENCE_HARD_AFTER": "2"}
    worker = faults.wrapped(f"deaf={tmp_path / 'deaf'}", "worker", "--device", "cpu", **limits)
    faults.check(run, expected)
    assert faults.attempts(run) == [2], worker.said
    assert worker.stop() == 0
