"""The ledger on a real Neo4j: a job from its submission to its end, and what workers do to its chunks."""

import json
from dataclasses import replace

import pytest

from cypher.bulk.columns import run_rows
from cypher.errors import RequestError
from cypher.ledger.jobs import RETRIES, Count, DueChunk, Failure, LeaseHolder
from cypher.store.statements import statement
from service.operations.exports import export_run
from tests.cypher.ledger.jobs import LEASE, expire, finish, of_chunk, plan, submit, take
from tests.cypher.store.export import count, export
from tests.cypher.store.test_superposition_once import sums
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run


@pytest.fixture(scope="module")
def store(ledger_store):
    return ledger_store


@pytest.fixture
def planned(ledger, store):
    """A job of 10 sentences in 3 chunks, submitted."""
    planned = submit(ledger, plan(10))
    yield planned
    store.delete(planned.run)


def test_a_job_from_submission_to_its_end(ledger, store):
    planned = plan(10)
    assert ledger.submit(planned.job)
    assert ledger.progress(planned.run).status == "submitting"
    ledger.add(planned.run, planned.chunks)
    assert planned.run not in ledger.active() and ledger.due(10, planned.run) == []
    assert ledger.claim(planned.chunks[0].id, "mine", "worker", LEASE) is None
    ledger.submitted(planned.run)
    assert planned.run in ledger.active()
    assert ledger.due(2, planned.run) == [DueChunk(planned.run, chunk.id, "any", 5) for chunk in planned.chunks[:2]]

    claimed = take(ledger, planned.chunks[0].id)
    assert claimed.instances == planned.chunks[0].instances
    assert (claimed.run, claimed.source, claimed.dtype) == (planned.job.run, "bundled", "float32")
    assert (claimed.index, claimed.length, claimed.attempts, claimed.error) == (0, 9, 1, None)
    assert claimed.fingerprint == planned.job.model.fingerprint
    assert claimed.versions == json.loads(planned.job.run.versions)
    assert ledger.owner(claimed.chunk) == LeaseHolder("mine", "worker") and ledger.owner("none") is None
    assert ledger.renew(claimed.chunk, "mine", LEASE) and not ledger.renew(claimed.chunk, "other", LEASE)
    progress = ledger.progress(planned.run)
    assert (progress.status, progress.sentences, progress.workers) == ("running", 10, ("worker",))
    assert (progress.queued, progress.running) == (Count(2, 6), Count(1, 4))
    assert not ledger.done(planned.computed(claimed), "other", 0.5, "cpu")
    assert ledger.done(planned.computed(claimed), "mine", 0.5, "cpu")
    assert ledger.done(planned.computed(claimed), "mine", 0.5, "cpu")  # the answer was lost
    assert not ledger.renew(claimed.chunk, "mine", LEASE) and ledger.owner(claimed.chunk) is None
    assert ledger.close(planned.run) is None

    finish(ledger, planned)
    assert ledger.close(planned.run) == "completed" and ledger.close(planned.run) is None
    progress = ledger.progress(planned.run)
    assert (progress.completed, progress.queued, progress.seconds) == (Count(3, 10), Count(0, 0), 1.5)
    assert progress.devices == store.find(planned.run).devices == ("cpu",)
    assert progress.finished_at is not None and progress.submitted_at is not None
    found = store.find(planned.run)
    assert (found.status, found.instances, found.chunks, found.sentences) == ("completed", 10, 3, 10)
    assert (found.source, found.priority, found.error) == ("bundled", 5, None)
    store.delete(planned.run)


def test_the_speed_is_that_of_late_and_not_of_waiting(ledger, driver):
    planned = submit(ledger, plan(10))
    back = "MATCH (n:{0}) WHERE n.{1} = $run SET n.{2} = n.{2} - duration({{seconds: $seconds}})"
    first, second, third = (chunk.id for chunk in planned.chunks)
    driver.execute_query(back.format("Run", "id", "submitted_at"), run=planned.run, seconds=10_000)
    progress = ledger.progress(planned.run)
    assert progress.speed is None and progress.left is None
    finish(ledger, planned, first)
    progress = ledger.progress(planned.run)
    assert (progress.speed, progress.left) == (4 / 0.5, 6 / 8)
    driver.execute_query(back.format("Chunk", "run", "done_at"), run=planned.run, seconds=100)
    finish(ledger, planned, second)
    progress = ledger.progress(planned.run)
    assert progress.speed == pytest.approx(8 / 100.5, rel=0.3) and progress.left == 2 / progress.speed
    ledger.cancel(planned.run)
    ledger.resume(planned.run)
    assert ledger.progress(planned.run).speed is None
    finish(ledger, planned, third)
    assert (ledger.progress(planned.run).speed, ledger.progress(planned.run).left) == (4.0, 0.0)
    ledger.close(planned.run)
    assert (ledger.progress(planned.run).speed, ledger.progress(planned.run).left) == (4.0, None)


def test_runs_are_listed_with_what_is_counted(ledger, planned, store, driver):
    finish(ledger, planned, planned.chunks[0].id)
    driver.execute_query("MATCH (r:Run {id: $run}) SET r.instances = 1000", run=planned.run)
    assert store.find(planned.run).instances == 4
    finish(ledger, planned)
    ledger.close(planned.run)
    assert store.find(planned.run).instances == 10


def test_what_is_stored_is_what_storing_directly_gives(ledger, store, driver, tmp_path):
    planned = submit(ledger, plan(10))
    finish(ledger, planned, *reversed([chunk.id for chunk in planned.chunks]))
    ledger.close(planned.run)
    results = sorted(planned.results.values(), key=lambda result: int(result.id.split("/")[-1]))

    def all_of_it():
        paths = [tmp_path / form for form in ("jsonl", "node-link")]
        for form, path in zip(("jsonl", "node-link"), paths, strict=True):
            export_run(store, planned.run, form, path, replace=True)  # pyright: ignore[reportArgumentType]
        lines = [line for line in export(driver, planned.run).split("\n") if '"Chunk' not in line]
        nodes = json.loads(paths[1].read_text())["nodes"]
        instances = [node for node in nodes if node["kind"] == "Instance"]
        of_run = [line for line in lines if line.startswith('["node", "Run')]
        return sums(driver, planned.job.run), paths[0].read_text(), instances, sorted(set(lines) - set(of_run))

    by_job = all_of_it()
    assert [json.loads(line)["id"] for line in by_job[1].splitlines()] == [result.id for result in results]
    store.delete(planned.run)
    store.begin(planned.job.run, planned.job.model)
    for chunk in in_chunks(planned.job.run, results):
        store.write(chunk)
    assert all_of_it() == by_job
    store.delete(planned.run)


def test_a_submitter_that_died_half_way_is_followed_by_another(ledger, planned, store):
    half = plan(10)
    assert ledger.submit(half.job)
    ledger.add(half.run, half.chunks[:2])
    assert ledger.submit(half.job)  # there is more to be added
    ledger.add(half.run, half.chunks)
    ledger.add(half.run, half.chunks)
    ledger.submitted(half.run)
    assert not ledger.submit(half.job)
    assert ledger.progress(half.run).queued == Count(3, 10)
    late = plan(4)
    ledger.add(half.run, late.chunks)  # it is submitted already: nothing comes to it any more
    assert ledger.progress(half.run).queued == Count(3, 10)
    take(ledger, half.chunks[0].id)
    ledger.submitted(half.run)
    assert ledger.progress(half.run).status == "running"
    store.delete(half.run)


def test_a_name_that_is_taken_is_refused(ledger, planned, store):
    job = planned.job
    with pytest.raises(RequestError, match="this idempotency key stands for another submission"):
        ledger.submit(replace(job, request="another"))
    with pytest.raises(RequestError, match="of other sentences or settings"):
        ledger.submit(replace(job, run=replace(job.run, id="another")))
    other = describe_run(job.run.model, {"samples": 1}, {}, job.run.name)
    with pytest.raises(RequestError, match=f"delete that run, {planned.run}"):
        ledger.submit(replace(job, run=other))
    with pytest.raises(RequestError, match=f"the run '{job.run.name}' belongs to a job. Give these results another"):
        store.resume_point(job.run)
    direct = plan(1)
    store.begin(direct.job.run, direct.job.model)
    with pytest.raises(RequestError, match="that no job made"):
        ledger.submit(direct.job)
    assert direct.run not in ledger.active() and ledger.close(direct.run) is None and not ledger.cancel(direct.run)
    with pytest.raises(RequestError, match="there is no job"):
        ledger.progress(direct.run)
    store.delete(direct.run)
    with pytest.raises(RequestError, match="there is no job 'none'"):
        ledger.progress("none")


def test_the_best_priority_then_the_oldest_job_then_the_lowest_index(ledger, store):
    low, high, later = (submit(ledger, plan(8, priority=priority)) for priority in (1, 9, 9))
    mine = [low.run, high.run, later.run]
    expected = [(each.run, chunk.id) for each in (high, later, low) for chunk in each.chunks]
    assert [(due.run, due.chunk) for due in ledger.due(100) if due.run in mine] == expected
    assert [run for run in ledger.active() if run in mine] == [high.run, later.run, low.run]
    assert [due.run for due in ledger.due(1, low.run)] == [low.run]
    for run in mine:
        store.delete(run)


def test_an_attempt_that_failed_waits_and_is_made_again(ledger, planned, driver):
    chunk = planned.chunks[0].id
    take(ledger, chunk)
    assert not ledger.fail(chunk, "other", "no", again_after=0)
    assert ledger.fail(chunk, "mine", "out of memory", again_after=LEASE)
    assert chunk not in [due.chunk for due in ledger.due(10, planned.run)]
    assert ledger.claim(chunk, "mine", "worker", LEASE) is None
    driver.execute_query("MATCH (c:Chunk {id: $id}) SET c.not_before = datetime()", id=chunk)
    assert chunk in [due.chunk for due in ledger.due(10, planned.run)]
    claimed = take(ledger, chunk, "again")
    assert (claimed.attempts, claimed.failures, claimed.losses, claimed.error) == (2, 1, 0, "out of memory")
    assert ledger.fail(chunk, "again", "bad", again_after=0)
    assert take(ledger, chunk).attempts == 3


def test_a_chunk_that_is_released_was_not_tried(ledger, planned):
    chunk = planned.chunks[0].id
    take(ledger, chunk)
    assert not ledger.release(chunk, "other") and ledger.release(chunk, "mine")
    assert take(ledger, chunk).attempts == 1


def test_asking_again_with_the_same_token_is_the_same_attempt(ledger, planned):
    chunk = planned.chunks[0].id
    assert take(ledger, chunk) == take(ledger, chunk)


def test_a_lease_that_is_over_counts_as_an_attempt(ledger, planned, driver):
    one, other = planned.chunks[0].id, planned.chunks[1].id
    take(ledger, one, "lost")
    take(ledger, other, "lost")
    assert ledger.claim(one, "mine", "worker", LEASE) is None
    assert ledger.expired(10) == [] and not ledger.reclaim(one)
    expire(driver, one)
    expire(driver, other)
    assert ledger.progress(planned.run).workers == ()
    assert sorted(ledger.expired(10)) == sorted([one, other])
    assert ledger.reclaim(other) and not ledger.reclaim(other)
    assert ledger.expired(10) == [one]
    for chunk in (one, other):  # put back or not, it is to be had
        claimed = take(ledger, chunk)
        assert (claimed.attempts, claimed.failures, claimed.losses) == (2, 0, 1)
        assert claimed.error == "the worker worker was lost"
        assert not ledger.renew(chunk, "lost", LEASE) and not ledger.fail(chunk, "lost", "late", again_after=0)
        assert not ledger.done(planned.computed(claimed), "lost", 0.5, "cpu")
        assert ledger.split(chunk, "lost", [[], []], "late") == []


def test_a_lease_that_is_over_can_be_renewed_while_nobody_came(ledger, planned, driver):
    chunk = planned.chunks[0].id
    take(ledger, chunk)
    expire(driver, chunk)
    assert ledger.renew(chunk, "mine", LEASE) and ledger.expired(10) == []


def test_the_lease_of_the_dead_does_not_count(ledger, planned):
    chunk = planned.chunks[0].id
    take(ledger, chunk, "dead")
    assert ledger.claim(chunk, "mine", "worker", LEASE, gone="another") is None
    claimed = ledger.claim(chunk, "mine", "worker", LEASE, gone="dead")
    assert claimed is not None and claimed.attempts == 2


def test_a_chunk_is_split_until_the_poison_sentence_stands_alone(ledger, planned, store, driver):
    poison = planned.chunks[1].instances[2].name
    finished = 0
    while due := ledger.due(1, planned.run):
        claimed = take(ledger, due[0].chunk)
        ids = [instance.id for instance in claimed.instances]
        if poison not in [instance.name for instance in claimed.instances]:
            assert ledger.done(planned.computed(claimed), "mine", 1.0, "cpu")
            finished += 1
        elif len(ids) > 1:
            parts = ledger.split(claimed.chunk, "mine", [ids[: len(ids) // 2], ids[len(ids) // 2 :]], "it cannot be")
            assert len(parts) == 2
            assert of_chunk(driver, claimed.chunk)["status"] == "split"
            for part in parts:  # several have one more try, one has all
                used = 0 if of_chunk(driver, part)["instances"] == 1 else RETRIES
                assert [of_chunk(driver, part)[name] for name in ("attempts", "failures", "losses")] == [0, used, used]
        else:
            assert (claimed.attempts, claimed.failures, claimed.losses, claimed.error) == (1, 0, 0, "it cannot be")
            assert ledger.fail(claimed.chunk, "mine", "it really cannot be", again_after=None)
    assert finished == 4
    assert ledger.close(planned.run) == "partial"
    progress = ledger.progress(planned.run)
    assert (progress.completed, progress.failed) == (Count(4, 9), Count(1, 1))
    assert progress.failures == (Failure(poison, "it really cannot be"),)
    assert ledger.failures(planned.run) == [*progress.failures]
    assert store.find(planned.run).instances == 9
    names = [held.instance.name for part in store.instances(planned.run) for held in part]
    assert names == [name for name in planned.results if name != poison]

    assert ledger.resume(planned.run) == 1 and ledger.progress(planned.run).failures == ()
    claimed = take(ledger, ledger.due(1, planned.run)[0].chunk)
    assert claimed.attempts == 1 and ledger.done(planned.computed(claimed), "mine", 1.0, "cpu")
    assert ledger.close(planned.run) == "completed" and store.find(planned.run).instances == 10


def test_a_cancelled_job_gives_nothing_out_and_can_be_resumed(ledger, planned):
    held, other = take(ledger, planned.chunks[0].id), planned.chunks[1].id
    assert ledger.cancel(planned.run) and not ledger.cancel(planned.run)
    assert planned.run not in ledger.active() and ledger.due(10, planned.run) == []
    assert ledger.claim(other, "mine", "worker", LEASE) is None
    assert not ledger.renew(held.chunk, "mine", LEASE)
    assert ledger.done(planned.computed(held), "mine", 0.5, "cpu")  # what is computed is kept
    assert ledger.close(planned.run) is None and ledger.progress(planned.run).status == "cancelled"
    assert ledger.resume(planned.run) == 2 and ledger.progress(planned.run).finished_at is None
    assert ledger.resume(planned.run) == 2
    finish(ledger, planned)
    assert ledger.close(planned.run) == "completed"
    assert ledger.resume(planned.run) == 0 and ledger.progress(planned.run).status == "completed"


def test_a_job_that_is_resumed_begins_to_count_anew(ledger, planned, driver):
    held, tried, failed = (chunk.id for chunk in planned.chunks)
    take(ledger, failed)
    ledger.fail(failed, "mine", "bad", again_after=None)
    take(ledger, tried)
    ledger.fail(tried, "mine", "bad", again_after=LEASE)
    take(ledger, held, "lost")
    expire(driver, held)
    take(ledger, held, "theirs")
    ledger.cancel(planned.run)
    assert ledger.resume(planned.run) == 3
    for chunk in (tried, failed):
        claimed = take(ledger, chunk)
        assert (claimed.attempts, claimed.failures, claimed.losses, claimed.error) == (1, 0, 0, None)
    assert ledger.owner(held) == LeaseHolder("theirs", "worker")
    assert [of_chunk(driver, held)[name] for name in ("attempts", "failures", "losses")] == [1, 0, 0]
    assert ledger.release(held, "theirs") and take(ledger, held).attempts == 1


def test_a_job_that_cannot_be_done_fails_at_once(ledger, planned, store):
    assert ledger.fail_run(planned.run, "the model 'x' is gone")
    assert store.find(planned.run).error == "the model 'x' is gone"
    assert ledger.progress(planned.run).status == "failed" and ledger.due(10, planned.run) == []
    assert ledger.resume(planned.run) == 3 and store.find(planned.run).error is None


def test_a_job_is_deleted_with_what_is_planned_and_takes_no_more(ledger, store, driver):
    planned = submit(ledger, plan(10))
    finish(ledger, planned, planned.chunks[0].id)
    claimed = take(ledger, planned.chunks[1].id)
    driver.execute_query("MATCH (r:Run {id: $run}) SET r.status = 'deleting'", run=planned.run)
    assert not ledger.done(planned.computed(claimed), "mine", 0.5, "cpu")
    assert ledger.progress(planned.run).completed == Count(1, 4)
    deleted = []
    store.delete(planned.run, lambda: deleted.append(1))
    assert len(deleted) == 10 and count(driver, planned.run) == 0
    ids = [one.id for chunk in planned.chunks for one in (chunk, *chunk.instances)]
    assert driver.execute_query("MATCH (n) WHERE n.id IN $ids RETURN n", ids=ids).records == []
    assert not ledger.done(planned.computed(claimed), "mine", 0.5, "cpu")
    assert ledger.claim(planned.chunks[2].id, "mine", "worker", LEASE) is None


def test_what_is_planned_is_in_no_report(ledger, planned, store):
    content = store.content(planned.run)
    assert content.cases == () and content.methods == {}
    assert list(store.instances(planned.run)) == []
    finish(ledger, planned, planned.chunks[0].id)
    assert sum(row["instances"] for row in run_rows(store, planned.run, "cases")) == 4
    assert [row["status"] for row in run_rows(store, planned.run, "chunks")] == ["completed", "queued", "queued"]
    assert len([held for part in store.instances(planned.run) for held in part]) == 4


@pytest.mark.parametrize("name", ["due", "expired", "progress"])
def test_chunks_are_found_from_the_index_in_its_order(store, name):
    plan = store.explain(statement(f"ledger/read/{name}"), {"run": "x", "limit": 1})
    steps = [step.name for step in plan.operators]
    assert "NodeIndexSeek" in steps and "AllNodesScan" not in steps and "PartialTop" not in steps
    of_runs = steps.count("NodeByLabelScan") + steps.count("NodeIndexScan")
    assert of_runs == (0 if name == "progress" else 1)


def test_results_twice_are_refused_where_nothing_is_planned(store):
    planned = plan(4)
    run = planned.job.run
    store.begin(run, describe_model(next(iter(planned.results.values()))))
    (chunk,) = in_chunks(run, planned.results.values())
    assert store.write(chunk)
    with pytest.raises(Exception, match="another program is writing the same run"):
        store.write(replace(chunk, id="another"))
    store.delete(run.id)
