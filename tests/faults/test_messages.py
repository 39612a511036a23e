"""Messages that come twice."""

import pytest

from tests.faults.conftest import MEDIUM
from tests.workers.jobs.conftest import sentences, until
from workers.jobs.messages.app import make_app
from workers.limits import Limits


def test_a_chunk_that_takes_longer_than_the_visibility_timeout_is_computed_once(faults):
    """Any worker hands out what nobody has acknowledged in time, every hundred seconds; the test does so at once."""
    given = sentences(2)
    expected = faults.undisturbed(given, MEDIUM)
    worker = faults.worker("--concurrency", 2, INFLUENCE_LEASE="60")
    run = faults.given(given, MEDIUM)
    faults.fill(run)
    child = faults.working(run)
    child.suspend()  # which makes its chunk as long as one likes
    with make_app(faults.environment.broker().celery_url(), Limits(visibility=1)).connection() as connection:
        channel = connection.default_channel
        (first,) = channel.client.zrange(channel.unacked_index_key, 0, -1)

        def again() -> bool:
            channel.qos._restore_visible_count = 0
            channel.qos.restore_visible(interval=1)
            return channel.client.zrange(channel.unacked_index_key, 0, -1) == []

        until(again)  # the second process has taken it, found it claimed, and acknowledged it
        assert channel.client.zscore(channel.unacked_index_key, first) is None
    assert faults.progress(run).running.chunks == 1
    child.resume()
    faults.check(run, expected)
    assert faults.attempts(run) == [1]
    assert worker.said.count("done") == 1


@pytest.mark.faults
def test_one_that_takes_as_long_as_many_leases(faults):
    """The same without help: it takes longer than a hundred seconds."""
    given = sentences(2)
    expected = faults.undisturbed(given, MEDIUM)
    run = faults.given(given, MEDIUM)
    faults.fill(run)
    limits = {"INFLUENCE_VISIBILITY": "2", "INFLUENCE_LEASE": "5"}
    worker = faults.wrapped("takes=150", "worker", "--device", "cpu", "--concurrency", 2, **limits)
    faults.working(run)
    with make_app(faults.environment.broker().celery_url(), Limits()).connection() as connection:
        channel = connection.default_channel
        until(lambda: channel.client.zcard(channel.unacked_index_key) == 0)  # came again, and found to be at work
    assert faults.progress(run).running.chunks == 1
    faults.check(run, expected)
    assert faults.attempts(run) == [1]
    assert worker.said.count("done") == 1
