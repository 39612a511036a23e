"""The ledger on a real Neo4j with many at once: everything happens once, and nobody sees a deadlock."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest

from cypher.errors import RequestError
from cypher.ledger.jobs import Count
from cypher.ledger.ledger import Ledger
from cypher.store.records import chunk_id
from tests.cypher.ledger.jobs import LEASE, Planned, expire, finish, of_chunk, plan, submit, take
from tests.cypher.store.test_superposition_once import sums

REPEATS = 5


@pytest.fixture(scope="module")
def store(ledger_store):
    return ledger_store


@pytest.fixture
def planned(ledger, store):
    """A job of 24 sentences in 6 chunks, submitted."""
    planned = submit(ledger, plan(24))
    yield planned
    store.delete(planned.run)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What calls answer that begin at the same moment; an error in one is an error here."""
    barrier, answers, errors = Barrier(len(calls)), [None] * len(calls), []

    def one(place: int) -> None:
        barrier.wait()
        try:
            answers[place] = calls[place]()
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=one, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers


def is_taken(ledger: Ledger, planned: Planned) -> bool:
    """Submit a job whose name may be taken."""
    try:
        return not ledger.submit(planned.job)
    except RequestError:
        return True


def test_fifty_submits_of_one_job_are_one_run(ledger, store, driver):
    planned = plan(24)

    def all_of_it() -> None:
        if ledger.submit(planned.job):
            ledger.add(planned.run, planned.chunks)
            ledger.submitted(planned.run)

    at_once(*[all_of_it] * 50)
    query = "MATCH (r:Run {id: $run}) RETURN count(r) AS runs, COUNT { (r)-[:HAS_CHUNK]->()-[:HOLDS]->() } AS held"
    row = driver.execute_query(query, run=planned.run).records[0]
    assert (row["runs"], row["held"]) == (1, 24)
    assert ledger.progress(planned.run).queued == Count(6, 24)
    store.delete(planned.run)


def test_two_jobs_of_one_name_at_once_are_one_job(ledger, store):
    for _ in range(REPEATS):
        one = plan(2)
        other = plan(2, name=one.job.run.name, priority=9)
        assert sorted(at_once(partial(is_taken, ledger, one), partial(is_taken, ledger, other))) == [False, True]
        store.delete(store.find(one.job.run.name).id)


def test_twenty_claims_of_one_chunk_are_one(ledger, planned, driver):
    for chunk in planned.chunks:
        claims = [partial(ledger.claim, chunk.id, f"token {n}", f"worker {n}", LEASE) for n in range(20)]
        (won,) = [claimed for claimed in at_once(*claims) if claimed is not None]
        assert of_chunk(driver, chunk.id)["claim"] == won.token and won.attempts == 1


def test_two_sweepers_and_a_worker_at_an_expired_lease(ledger, planned, driver):
    for chunk in planned.chunks:
        take(ledger, chunk.id, "lost")
        expire(driver, chunk.id)
        first, second, claimed = at_once(
            partial(ledger.reclaim, chunk.id),
            partial(ledger.reclaim, chunk.id),
            partial(ledger.claim, chunk.id, "mine", "worker", LEASE),
        )
        assert None in (first, second) and claimed is not None
        found = of_chunk(driver, chunk.id)
        assert (found["status"], found["claim"], found["attempts"]) == ("running", "mine", 2)


def test_a_split_and_a_sweeper_at_an_expired_lease(ledger, planned, driver):
    for chunk in planned.chunks:
        take(ledger, chunk.id)
        expire(driver, chunk.id)
        ids = [instance.id for instance in chunk.instances]
        parts, reclaimed = at_once(
            partial(ledger.split, chunk.id, "mine", [ids[:2], ids[2:]], "why"),
            partial(ledger.reclaim, chunk.id),
        )
        assert (parts == []) == (reclaimed is not None)
        assert of_chunk(driver, chunk.id)["status"] == ("queued" if reclaimed else "split")
        assert parts == [] or parts == [chunk_id(planned.run, ids[:2]), chunk_id(planned.run, ids[2:])]
    assert ledger.progress(planned.run).queued.sentences == 24


def test_done_of_two_that_both_believe_to_have_the_chunk(ledger, planned, driver, store):
    for chunk in planned.chunks:
        late = take(ledger, chunk.id, "late")
        expire(driver, chunk.id)
        mine, taken = at_once(
            partial(ledger.done, planned.computed(late), "late", 1.0, "cpu"),
            partial(ledger.claim, chunk.id, "mine", "worker", LEASE),
        )
        assert mine == (taken is None)
        if taken is not None:
            assert ledger.done(planned.computed(taken), "mine", 1.0, "cpu")
    assert store.find(planned.run).instances == 24


def test_done_of_one_attempt_many_times_at_once(ledger, planned, store):
    claimed = take(ledger, planned.chunks[0].id)
    assert all(at_once(*[partial(ledger.done, planned.computed(claimed), "mine", 1.0, "cpu")] * 4))
    assert store.find(planned.run).instances == 4


def test_done_and_cancel_and_claim(ledger, store):
    for _ in range(REPEATS):
        planned = submit(ledger, plan(8))
        claimed = take(ledger, planned.chunks[0].id)
        done, cancelled, late = at_once(
            partial(ledger.done, planned.computed(claimed), "mine", 1.0, "cpu"),
            partial(ledger.cancel, planned.run),
            partial(ledger.claim, planned.chunks[1].id, "late", "worker", LEASE),
        )
        assert done and cancelled
        progress = ledger.progress(planned.run)
        assert (progress.status, progress.completed.chunks) == ("cancelled", 1)
        assert (progress.running.chunks, progress.queued.chunks) == ((0, 1) if late is None else (1, 0))
        store.delete(planned.run)


def test_a_job_is_closed_once_by_those_who_finish_it(ledger, store):
    for _ in range(REPEATS):
        planned = submit(ledger, plan(16))
        taken = [take(ledger, chunk.id) for chunk in planned.chunks]

        def end(claimed, planned=planned) -> str | None:
            assert ledger.done(planned.computed(claimed), "mine", 1.0, "cpu")
            return ledger.close(planned.run)

        closed = at_once(*[partial(end, claimed) for claimed in taken])
        assert [status for status in closed if status] == ["completed"]
        store.delete(planned.run)


def test_nothing_is_closed_while_a_chunk_goes_from_hand_to_hand(ledger, store):
    planned = submit(ledger, plan(2, size=2))
    chunk, turns = planned.chunks[0].id, 30

    def hand_over() -> None:
        for _ in range(turns):
            take(ledger, chunk)
            assert ledger.release(chunk, "mine")

    def close() -> list[str | None]:
        return [ledger.close(planned.run) for _ in range(turns)]

    _, *closed = at_once(hand_over, close, close)
    assert closed == [[None] * turns] * 2
    store.delete(planned.run)


def test_eight_writers_on_the_same_cases_add_up_what_one_does(ledger, store, driver, caplog):
    planned = submit(ledger, plan(96, size=3))
    finish(ledger, planned)
    expected = sums(driver, planned.job.run)
    store.delete(planned.run)
    submit(ledger, planned)

    def work(number: int) -> int:
        stored = 0
        while due := ledger.due(8, planned.run):
            for _, chunk, *_ in due[number % len(due) :] + due[: number % len(due)]:
                claimed = ledger.claim(chunk, f"token {number} {chunk}", f"worker {number}", LEASE)
                if claimed is not None:
                    stored += ledger.done(planned.computed(claimed), claimed.token, 1.0, "cpu")
                    ledger.close(planned.run)
        return stored

    with caplog.at_level("WARNING", "neo4j"):  # what the driver says of a transaction that it tries again
        assert sum(at_once(*[partial(work, number) for number in range(8)])) == len(planned.chunks)
    assert caplog.messages == []
    assert ledger.progress(planned.run).status == "completed"
    assert sums(driver, planned.job.run) == expected
    assert store.find(planned.run).instances == 96
    store.delete(planned.run)


def test_a_job_that_is_deleted_while_eight_write_leaves_nothing(ledger, store, driver):
    planned = submit(ledger, plan(48, size=3))

    def work(number: int) -> None:
        for chunk in planned.chunks[number::8]:
            claimed = ledger.claim(chunk.id, f"token {number}", "worker", LEASE)
            if claimed is not None:
                ledger.done(planned.computed(claimed), claimed.token, 1.0, "cpu")

    at_once(*[partial(work, number) for number in range(8)], partial(store.delete, planned.run))
    ids = [one.id for chunk in planned.chunks for one in (chunk, *chunk.instances)] + [planned.run]
    assert driver.execute_query("MATCH (n) WHERE n.id IN $ids RETURN n", ids=ids).records == []
    parts = "MATCH (n:Activation|Pattern) WHERE NOT EXISTS { (n)<-[:HAS|HAS_PATTERN]-() } RETURN count(n) AS n"
    assert driver.execute_query(parts).records[0]["n"] == 0
