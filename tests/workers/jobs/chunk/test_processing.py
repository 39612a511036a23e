"""The work on one chunk against a real ledger, in this process."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from cypher.errors import ServerError, ServerOverloaded
from cypher.ledger.jobs import RETRIES
from cypher.ledger.ledger import Ledger
from tests.random_models import random_bert
from tests.workers.jobs.conftest import SETTINGS, Jobs, load, sentences
from workers.analysis import assemble
from workers.analysis.assemble import VERSIONS
from workers.jobs.chunk import computation, processing
from workers.jobs.chunk.lease_tokens import new_token
from workers.jobs.chunk.model_cache import ModelCache, bytes_of
from workers.jobs.chunk.processing import WorkerContext
from workers.jobs.chunk.shutdown import Shutdown, ShutdownRequested
from workers.jobs.versions import PACKAGE
from workers.limits import Limits

LIMITS = Limits(lease=3, retry_seconds=2, grace=0)


@pytest.fixture(scope="module")
def models() -> ModelCache:
    return ModelCache("cpu")


@pytest.fixture
def context(jobs, models) -> WorkerContext:
    return WorkerContext("here", jobs.ledger, models, LIMITS, Shutdown(LIMITS.grace), "cpu")


def chunks(jobs: Jobs, run: str) -> list[str]:
    return [due.chunk for due in jobs.ledger.due(100, run)]


def exhaust(jobs: Jobs, context: WorkerContext, run: str) -> list[str]:
    """Work on all that is due until nothing is. Returns how each ended."""
    endings = []
    while due := chunks(jobs, run):
        endings += [processing.process_chunk(chunk, context).ending for chunk in due]
    return endings


def failing(times: int) -> Callable[..., object]:
    """A `compute` that fails so often."""
    left = iter(range(times))
    right = computation.compute

    def compute(*arguments, **options):
        if next(left, None) is not None:
            raise RuntimeError("cuBLAS is out of sorts")
        return right(*arguments, **options)

    return compute


@pytest.fixture(autouse=True)
def _quiet():
    """Without structlog's own way of showing errors, which takes seconds."""
    with capture_logs():
        yield


@pytest.fixture
def at_once(monkeypatch):
    """Tries follow each other without a pause."""
    monkeypatch.setattr(processing, "backoff", lambda *_: 0.0)


def test_a_chunk_is_computed_once_and_the_last_one_ends_the_run(jobs, context):
    run = jobs.submit("plain", sentences(4), chunk=2)
    first, second = chunks(jobs, run)
    outcome = processing.process_chunk(first, context)
    assert (outcome.ending, outcome.sentences) == ("done", 2)
    assert outcome.timings.keys() == {"load", "prepare", "compute", "write"}
    assert processing.process_chunk(first, context).ending == "not ours"
    assert jobs.progress(run).status == "running"
    assert processing.process_chunk(second, context).ending == "done"
    assert jobs.progress(run).status == "completed"


def test_sentences_at_fault_are_set_apart_at_once(jobs, context):
    good = sentences(5)
    bad = [replace(good[1], text="no mask here .", roles=None), replace(good[3], correct="xylophone")]
    run = jobs.submit("bad", good, chunk=5, unchecked=bad)
    assert exhaust(jobs, context, run) == ["split", "done", "failed", "failed"]
    progress = jobs.progress(run)
    assert (progress.status, progress.completed.sentences, progress.failed.sentences) == ("partial", 3, 2)
    problems = {failure.name: failure.error for failure in progress.failures}
    assert problems.keys() == {"001", "003"}
    assert problems["001"].startswith("001: text: 'no mask here .' has no mask.")


def test_a_sentence_too_long_for_the_memory_fails_alone(jobs, context, at_once):
    model = load("bundled")
    short = sentences(3)
    long = replace(short[1], text="the pilot " * 20 + short[1].text, roles=None)
    models = ModelCache("cpu", bytes_of(model) + 3_000_000)
    run = jobs.submit("long", short, chunk=3, unchecked=[long])
    endings = exhaust(jobs, replace(context, models=models), run)
    together, alone = ["retried"] * 3 + ["split"], ["retried"] * 3 + ["failed"]
    assert endings[:4] == together and sorted(endings[4:]) == sorted(["done", "split", "done", *alone])
    (failure,) = jobs.progress(run).failures
    assert failure.name == "001"
    assert "too little for a sentence of" in failure.error


def test_a_worker_with_too_little_memory_leaves_sentences_to_others(jobs, context, at_once):
    small = replace(context, models=ModelCache("cpu", bytes_of(load("bundled")) + 100_000))
    run = jobs.submit("elsewhere", sentences(2), chunk=2)
    (chunk,) = chunks(jobs, run)
    outcome = processing.process_chunk(chunk, small)
    assert outcome.ending == "retried" and not outcome.broken
    assert exhaust(jobs, context, run) == ["done"]


def test_a_model_too_large_for_the_memory_fails_the_run(jobs, context):
    small = replace(context, models=ModelCache("cpu", bytes_of(load("bundled"))))
    run = jobs.submit("too large", sentences(2), chunk=1)
    assert exhaust(jobs, small, run) == ["run failed", "not ours"]
    assert "is too little for the model bundled, which takes" in (jobs.progress(run).error or "")


def test_a_try_that_fails_is_made_again(jobs, context, monkeypatch, at_once):
    monkeypatch.setattr(computation, "compute", failing(3))
    run = jobs.submit("flaky", sentences(2), chunk=2)
    assert exhaust(jobs, context, run) == ["retried", "retried", "retried", "done"]
    assert jobs.progress(run).status == "completed"


def test_between_tries_there_is_a_pause(jobs, context, monkeypatch):
    monkeypatch.setattr(computation, "compute", failing(1))
    monkeypatch.setattr(processing, "AGAIN", 100.0)  # however long the test takes
    run = jobs.submit("pause", sentences(2), chunk=2)
    (chunk,) = chunks(jobs, run)
    assert processing.process_chunk(chunk, context).ending == "retried"
    assert chunks(jobs, run) == []
    assert processing.process_chunk(chunk, context).ending == "not ours"


def test_after_the_last_try_a_chunk_is_halved_until_the_fault_stands_alone(jobs, context, monkeypatch, at_once):
    right = computation.compute

    def poisoned(model, plan, settings, **options):
        if any(one.instance.id == "002" for batch in plan.batches for one in batch.sentences):
            raise RuntimeError("a poisonous sentence\nwith details")
        return right(model, plan, settings, **options)

    monkeypatch.setattr(computation, "compute", poisoned)
    run = jobs.submit("poison", sentences(4), chunk=4)
    endings = exhaust(jobs, context, run)
    chunk, half, alone = ["retried"] * 3 + ["split"], ["split"], ["retried"] * 3 + ["failed"]
    assert sorted(endings) == sorted([*chunk, "done", *half, "done", *alone])
    progress = jobs.progress(run)
    assert (progress.status, progress.completed.sentences) == ("partial", 3)
    assert progress.failures == (("002", "RuntimeError: a poisonous sentence"),)


def test_a_chunk_whose_workers_always_die_is_not_tried_for_ever(jobs, context):
    run = jobs.submit("deadly", sentences(1))
    (chunk,) = chunks(jobs, run)
    lose(jobs, chunk, 4)
    assert processing.process_chunk(chunk, context).ending == "failed"
    (failure,) = jobs.progress(run).failures
    assert failure.error == "the worker there was lost, 4 times"


def lose(jobs: Jobs, chunk: str, times: int) -> None:
    """Let workers that hold a chunk be lost, one after the other."""
    for number in range(times):
        assert jobs.ledger.claim(chunk, f"{number}", "there", 0) is not None
    assert jobs.ledger.reclaim(chunk)


def test_a_sentence_that_stands_alone_is_not_held_to_account_for_what_its_neighbours_did(
    jobs, context, monkeypatch, at_once
):
    run = jobs.submit("neighbours", sentences(2), chunk=2)
    with monkeypatch.context() as fault:
        fault.setattr(computation, "compute", failing(4))
        (chunk,) = chunks(jobs, run)
        assert [processing.process_chunk(chunk, context).ending for _ in range(4)] == ["retried"] * 3 + ["split"]
    one, _ = chunks(jobs, run)
    lose(jobs, one, 3)
    monkeypatch.setattr(computation, "compute", failing(3))
    assert sorted(exhaust(jobs, context, run)) == ["done", "done", "retried", "retried", "retried"]
    assert jobs.progress(run).status == "completed"


def test_what_a_dead_process_of_this_machine_held_is_taken_over(jobs, context, monkeypatch):
    run = jobs.submit("orphan", sentences(1))
    (chunk,) = chunks(jobs, run)
    host, pid, birth, rest = new_token().rsplit(":", 3)
    jobs.ledger.claim(chunk, f"{host}:{pid}:{birth}0:{rest}", "before", 600)  # another of the same number
    assert processing.process_chunk(chunk, context).ending == "done"


def test_a_run_of_another_version_is_let_be(jobs, context):
    run = jobs.submit("older", sentences(1), versions=VERSIONS | {PACKAGE: "0.0.1"})
    (chunk,) = chunks(jobs, run)
    assert processing.process_chunk(chunk, context).ending == "not ours"
    claimed = jobs.ledger.claim(chunk, "theirs", "there", 30)
    assert claimed is not None and claimed.attempts == 1


def test_a_living_owner_is_left_alone(jobs, context):
    run = jobs.submit("owned", sentences(1))
    (chunk,) = chunks(jobs, run)
    jobs.ledger.claim(chunk, new_token(), "other", 600)
    assert processing.process_chunk(chunk, context).ending == "not ours"


@pytest.mark.parametrize("what", ["missing", "another"])
def test_a_model_that_is_not_the_runs_fails_the_run(jobs, context, tmp_path, what):
    given = sentences(2)
    words = sorted({word for each in given for word in (*each.text.split(), each.correct, each.wrong) if word})
    source = str(random_bert(tmp_path / "model", words=words))
    context = replace(context, models=ModelCache("cpu"))
    run = jobs.submit("model", given, source=source, chunk=1)
    if what == "missing":
        (tmp_path / "model" / "config.json").unlink()
    else:
        random_bert(tmp_path / "model", words=words, seed=1)
    assert exhaust(jobs, context, run) == ["run failed", "not ours"]
    progress = jobs.progress(run)
    assert progress.status == "failed"
    expected = "it has no config.json" if what == "missing" else f"{source} is a different model here"
    assert expected in (progress.error or "")
    for _ in range(RETRIES + 1):
        jobs.ledger.resume(run)
        assert exhaust(jobs, context, run) == ["run failed", "not ours"]
    random_bert(tmp_path / "model", words=words)  # mended
    jobs.ledger.resume(run)
    assert exhaust(jobs, context, run) == ["done", "done"]


def test_a_sentence_whose_numbers_are_not_finite_stands_alone(jobs, context, monkeypatch, at_once):
    """Nothing of it is written; the others of its batch are computed."""
    check = assemble.not_finite

    def overflowing(model, batch, found):
        for index, sentence in enumerate(batch):
            if sentence.instance.id == "002":
                found.quantity[index] = float("nan")
        return check(model, batch, found)

    monkeypatch.setattr(assemble, "not_finite", overflowing)
    run = jobs.submit("overflow", sentences(4), chunk=4)
    exhaust(jobs, context, run)
    progress = jobs.progress(run)
    assert (progress.completed.sentences, progress.failed.sentences) == (3, 1)
    (failure,) = jobs.ledger.failures(run)
    assert failure.name == "002" and "the logits of '002' are not finite" in failure.error


def test_a_cancelled_run_is_left_between_batches(jobs, context, monkeypatch):
    run = jobs.submit("cancelled", sentences(2), chunk=2)
    right = computation.compute

    def slow(model, plan, settings, **options):
        for result in right(model, plan, settings, **options):
            jobs.ledger.cancel(run)
            threading.Event().wait(LIMITS.lease)  # the heartbeat sees it meanwhile
            yield result

    monkeypatch.setattr(computation, "compute", slow)
    (chunk,) = chunks(jobs, run)
    for _ in range(RETRIES + 2):  # being cancelled is not held against it
        assert processing.process_chunk(chunk, context).ending == "lost"
        progress = jobs.progress(run)
        assert (progress.status, progress.queued.chunks) == ("cancelled", 1)
        assert jobs.ledger.resume(run) == 1
    monkeypatch.undo()
    assert processing.process_chunk(chunk, context).ending == "done"


def test_a_stopping_worker_gives_its_chunk_back(jobs, context, monkeypatch):
    run = jobs.submit("stopping", sentences(2), chunk=2)
    right = computation.compute

    def slow(model, plan, settings, **options):
        for result in right(model, plan, settings, **options):
            context.shutdown.request()
            threading.Event().wait(2)
            yield result

    monkeypatch.setattr(computation, "compute", slow)
    (chunk,) = chunks(jobs, run)
    assert processing.process_chunk(chunk, context).ending == "lost"
    with pytest.raises(ShutdownRequested):
        processing.process_chunk(chunk, context)
    claimed = jobs.ledger.claim(chunk, "next", "next", 30)
    assert claimed is not None
    assert claimed.attempts == 1


class Away:
    """A ledger whose graph is away for a while when something is asked."""

    def __init__(self, ledger: Ledger, method: str, times: int, error: type[ServerError] = ServerError):
        self._ledger = ledger
        self._method = method
        self._left = times
        self._error = error

    def __getattr__(self, name):
        found = getattr(self._ledger, name)

        def ask(*arguments, **options):
            if name == self._method and self._left > 0:
                self._left -= 1
                raise self._error("graph", "the graph's server has gone away", "Start it.")
            return found(*arguments, **options)

        return ask


@pytest.mark.parametrize("method", ["claim", "done", "close"])
def test_a_graph_that_is_away_is_waited_for(jobs, context, method):
    run = jobs.submit("away", sentences(1))
    (chunk,) = chunks(jobs, run)
    assert processing.process_chunk(chunk, replace(context, ledger=Away(jobs.ledger, method, 2))).ending == "done"
    assert jobs.progress(run).completed.chunks == 1


def test_a_graph_that_stays_away_leaves_the_chunk_to_its_lease(jobs, context):
    run = jobs.submit("gone", sentences(1))
    (chunk,) = chunks(jobs, run)
    with pytest.raises(ServerError):
        processing.process_chunk(chunk, replace(context, ledger=Away(jobs.ledger, "done", 1000)))
    assert jobs.progress(run).running.chunks == 1


def test_more_than_the_graph_has_memory_for_is_written_in_halves(jobs, context, at_once):
    run = jobs.submit("large", sentences(2), chunk=2)
    endings = exhaust(jobs, replace(context, ledger=Away(jobs.ledger, "done", 4, ServerOverloaded)), run)
    assert endings == ["retried", "retried", "retried", "split", "done", "done"]


def test_settings_of_the_run_are_those_of_its_results(jobs, context):
    run = jobs.submit("settings", sentences(1), settings=replace(SETTINGS, sources=(1, 2)))
    assert exhaust(jobs, context, run) == ["done"]
    assert jobs.store.find(run).settings["sources"] == [1, 2]
