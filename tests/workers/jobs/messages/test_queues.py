"""What is in the broker, as a real server holds it, and what a sweeper does about it."""

import threading
import time
from typing import Any

import pytest

from cypher.ledger.ledger import Ledger
from service.operations.job_logs import read_logs
from tests.workers.jobs.conftest import Jobs, sentences, until
from workers.analysis.assemble import VERSIONS
from workers.jobs.messages.app import make_app, queue_name
from workers.jobs.messages.queues import Queues
from workers.jobs.messages.sweeper import OutageGuard, Sweep, sweep, sweep_once
from workers.jobs.versions import PACKAGE
from workers.limits import Limits

SOON = 1.5


@pytest.fixture
def queues(jobs) -> Queues:
    """With a short time to claim in."""
    return Queues(make_app(jobs.environment.broker().celery_url(), Limits()), claimed_within=SOON)


def due(jobs: Jobs, run: str) -> list[str]:
    return [each.chunk for each in jobs.ledger.due(100, run)]


def take(queues: Queues, count: int) -> list[str]:
    """What a worker is given next; it acknowledges nothing."""
    taken: list[str] = []
    with queues._app.connection_for_read() as connection:
        channel = connection.default_channel
        channel.qos.restore_at_shutdown = False  # as one that is killed
        channel.basic_qos(0, count, False)
        for number, device in enumerate(("cpu", "any")):
            channel.basic_consume(
                queue_name(device), False, lambda message: taken.append(message.headers["id"]), str(number)
            )
        while len(taken) < count:
            connection.drain_events(timeout=5)
    return taken


def test_a_queue_holds_what_is_due_once(jobs, queues):
    run = jobs.submit("due", sentences(6), chunk=2)
    assert queues.queued() == set()
    assert queues.fill(jobs.ledger, run) == 3
    assert queues.queued() == set(due(jobs, run))
    assert queues.fill(jobs.ledger) == 0


def test_the_broker_holds_a_window_of_the_ledger(jobs, queues):
    run = jobs.submit("window", sentences(6), chunk=1)
    assert queues.fill(jobs.ledger, window=2) == 2
    assert queues.queued() == set(due(jobs, run)[:2])


def test_runs_of_other_versions_are_not_sent_nor_in_the_way(jobs, queues):
    older = jobs.submit("older", sentences(3), chunk=1, versions=VERSIONS | {PACKAGE: "0.0.1"}, priority=9)
    ours = jobs.submit("ours", sentences(2), chunk=1, priority=0)
    assert queues.fill(jobs.ledger, older) == 0
    assert queues.fill(jobs.ledger, window=2) == 2
    assert queues.queued() == set(due(jobs, ours))


def test_better_priorities_come_first_and_equal_ones_in_their_order(jobs, queues):
    low = jobs.submit("low", sentences(2), chunk=1, priority=0)
    queues.fill(jobs.ledger)
    middle = jobs.submit("middle", sentences(3), chunk=1, priority=5)
    high = jobs.submit("high", sentences(2), chunk=1, priority=9)
    queues.fill(jobs.ledger)
    assert take(queues, 7) == [*due(jobs, high), *due(jobs, middle), *due(jobs, low)]


def test_what_was_delivered_and_never_claimed_is_sent_again(jobs, queues):
    run = jobs.submit("delivered", sentences(2), chunk=1)
    queues.fill(jobs.ledger)
    (taken,) = take(queues, 1)
    assert taken in queues.queued()
    assert queues.fill(jobs.ledger) == 0
    time.sleep(2 * SOON)
    assert taken not in queues.queued()
    assert queues.fill(jobs.ledger) == 1
    assert queues.queued() == set(due(jobs, run))


def test_an_emptied_broker_is_filled_again(jobs, queues):
    run = jobs.submit("lost", sentences(3), chunk=1)
    queues.fill(jobs.ledger)
    with jobs.environment.broker().open() as client:
        client.flushall()
    assert sweep_once(jobs.ledger, queues) == Sweep(reclaimed=0, closed=0, sent=3)
    assert queues.queued() == set(due(jobs, run))


def test_a_turn_takes_back_what_lost_workers_held_and_closes_what_is_done(jobs, queues):
    run = jobs.submit("turn", sentences(1))
    (chunk,) = due(jobs, run)
    assert jobs.ledger.claim(chunk, "token", "worker", 0) is not None
    assert sweep_once(jobs.ledger, queues) == Sweep(reclaimed=1, closed=0, sent=1)
    assert jobs.ledger.claim(chunk, "other", "worker", 60) is not None
    assert sweep_once(jobs.ledger, queues) == Sweep(reclaimed=0, closed=0, sent=0)
    assert jobs.ledger.fail(chunk, "other", "bad", again_after=None)
    assert sweep_once(jobs.ledger, queues) == Sweep(reclaimed=0, closed=1, sent=0)
    assert jobs.progress(run).status == "partial"


class Slow:
    """A ledger that once takes a while to answer, and then does as if nothing had been."""

    def __init__(self, ledger: Ledger, seconds: float):
        self._ledger = ledger
        self._seconds = [seconds]

    def __getattr__(self, name):
        if self._seconds:
            time.sleep(self._seconds.pop())
        return getattr(self._ledger, name)


def test_leases_that_ended_while_the_graph_did_not_answer_may_still_be_renewed(jobs, queues):
    run = jobs.submit("stall", sentences(1))
    (chunk,) = due(jobs, run)
    lease = 4.0
    guard = OutageGuard(lease)
    assert jobs.ledger.claim(chunk, "token", "worker", 0) is not None
    ledger: Any = Slow(jobs.ledger, 3.5)
    assert sweep_once(ledger, queues, guard) == Sweep(reclaimed=0, closed=0, sent=0)
    assert sweep_once(ledger, queues, guard) == Sweep(reclaimed=0, closed=0, sent=0)
    for _ in range(8):
        time.sleep(lease / 8)
        guard.answered()
    assert sweep_once(ledger, queues, guard) == Sweep(reclaimed=1, closed=0, sent=1)


def test_the_log_of_a_run_tells_which_chunk_was_taken_back_and_from_whom(jobs):
    run = jobs.submit("log", sentences(1))
    (chunk,) = due(jobs, run)
    assert jobs.ledger.claim(chunk, "token", "lost-one", 1) is not None
    sweeper = jobs.sweeper()
    until(lambda: due(jobs, run) == [chunk])
    assert sweeper.stop() == 0
    (entry,) = read_logs(jobs.environment.logs, run)
    assert (entry["chunk"], entry["lost"], entry["worker"]) == (chunk, "lost-one", "sweeper")
    assert entry["event"].startswith("reclaimed")


def test_a_sweeper_waits_for_a_broker_that_is_away(jobs):
    nowhere = Queues(make_app("redis://127.0.0.1:1/0", Limits()), claimed_within=SOON)
    jobs.submit("away", sentences(1))
    stop = threading.Event()
    thread = threading.Thread(target=sweep, args=(jobs.ledger, nowhere, SOON, stop))
    thread.start()
    time.sleep(2)
    assert thread.is_alive()
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
