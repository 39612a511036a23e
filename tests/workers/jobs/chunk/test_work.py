"""The work on one chunk against a real ledger, in this process."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from cypher.errors import ServerError, ServerOverloaded
from cypher.ledger.ledger import Ledger
from cypher.ledger.work import RETRIES
from tests.random_models import random_bert
from tests.workers.jobs.conftest import SETTINGS, Jobs, load, sentences
from workers.analysis.assemble import VERSIONS
from workers.jobs.chunk import computing, work
from workers.jobs.chunk.model_cache import Models, bytes_of
from workers.jobs.chunk.owners import new_token
from workers.jobs.chunk.stopping import Stopped, Stopping
from workers.jobs.chunk.work import Bench
from workers.jobs.versions import PACKAGE
from workers.limits import Limits

LIMITS = Limits(lease=3, patience=2, grace=0)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models("cpu")


@pytest.fixture
def bench(jobs, models) -> Bench:
    return Bench("here", jobs.ledger, models, LIMITS, Stopping(LIMITS.grace), "cpu")


def chunks(jobs: Jobs, run: str) -> list[str]:
    return [due.chunk for due in jobs.ledger.due(100, run)]


def exhaust(jobs: Jobs, bench: Bench, run: str) -> list[str]:
    """Work on all that is due until nothing is. Returns how each ended."""
    endings = []
    while due := chunks(jobs, run):
        endings += [work.work(chunk, bench).ending for chunk in due]
    return endings


def failing(times: int) -> Callable[..., object]:
    """A `compute` that fails so often."""
    left = iter(range(times))
    right = computing.compute

    def compute(*arguments):
        if next(left, None) is not None:
            raise RuntimeError("cuBLAS is out of sorts")
        return right(*arguments)

    return compute


@pytest.fixture(autouse=True)
def _quiet():
    """Without structlog's own way of showing errors, which takes seconds."""
    with capture_logs():
        yield


@pytest.fixture
def at_once(monkeypatch):
    """Tries follow each other without a pause."""
    monkeypatch.setattr(work, "backoff", lambda *_: 0.0)


def test_a_chunk_is_computed_once_and_the_last_one_ends_the_run(jobs, bench):
    run = jobs.submit("plain", sentences(4), chunk=2)
    first, second = chunks(jobs, run)
    report = work.work(first, bench)
    assert (report.ending, report.sentences) == ("done", 2)
    assert report.spent.keys() == {"load", "prepare", "compute", "write"}
    assert work.work(first, bench).ending == "not ours"
    assert jobs.progress(run).status == "running"
    assert work.work(second, bench).ending == "done"
    assert jobs.progress(run).status == "completed"


def test_sentences_at_fault_are_set_apart_at_once(jobs, bench):
    good = sentences(5)
    bad = [replace(good[1], text="no mask here .", roles=None), replace(good[3], correct="xylophone")]
    run = jobs.submit("bad", [good[0], bad[0], good[2], bad[1], good[4]], chunk=5)
    assert exhaust(jobs, bench, run) == ["split", "done", "failed", "failed"]
    progress = jobs.progress(run)
    assert (progress.status, progress.completed.sentences, progress.failed.sentences) == ("partial", 3, 2)
    problems = {failure.name: failure.error for failure in progress.failures}
    assert problems.keys() == {"001", "003"}
    assert problems["001"].startswith("001: text: 'no mask here .' has no mask.")


def test_a_sentence_too_long_for_the_memory_fails_alone(jobs, bench, at_once):
    model = load("bundled")
    short = sentences(3)
    long = replace(short[1], text="the pilot " * 20 + short[1].text, roles=None)
    models = Models("cpu", bytes_of(model) + 3_000_000)
    run = jobs.submit("long", [short[0], long, short[2]], chunk=3)
    endings = exhaust(jobs, replace(bench, models=models), run)
    together, alone = ["retried"] * 3 + ["split"], ["retried"] * 3 + ["failed"]
    assert endings[:4] == together and sorted(endings[4:]) == sorted(["done", "split", "done", *alone])
    (failure,) = jobs.progress(run).failures
    assert failure.name == "001"
    assert "too little for a sentence of" in failure.error


def test_a_worker_with_too_little_memory_leaves_sentences_to_others(jobs, bench, at_once):
    small = replace(bench, models=Models("cpu", bytes_of(load("bundled")) + 100_000))
    run = jobs.submit("elsewhere", sentences(2), chunk=2)
    (chunk,) = chunks(jobs, run)
    report = work.work(chunk, small)
    assert report.ending == "retried" and not report.broken
    assert exhaust(jobs, bench, run) == ["done"]


def test_a_model_too_large_for_the_memory_fails_the_run(jobs, bench):
    small = replace(bench, models=Models("cpu", bytes_of(load("bundled"))))
    run = jobs.submit("too large", sentences(2), chunk=1)
    assert exhaust(jobs, small, run) == ["run failed", "not ours"]
    assert "are too little for the model bundled, which takes" in (jobs.progress(run).error or "")


def test_a_try_that_fails_is_made_again(jobs, bench, monkeypatch, at_once):
    monkeypatch.setattr(computing, "compute", failing(3))
    run = jobs.submit("flaky", sentences(2), chunk=2)
    assert exhaust(jobs, bench, run) == ["retried", "retried", "retried", "done"]
    assert jobs.progress(run).status == "completed"


def test_between_tries_there_is_a_pause(jobs, bench, monkeypatch):
    monkeypatch.setattr(computing, "compute", failing(1))
    monkeypatch.setattr(work, "AGAIN", 100.0)  # however long the test takes
    run = jobs.submit("pause", sentences(2), chunk=2)
    (chunk,) = chunks(jobs, run)
    assert work.work(chunk, bench).ending == "retried"
    assert chunks(jobs, run) == []
    assert work.work(chunk, bench).ending == "not ours"


def test_after_the_last_try_a_chunk_is_halved_until_the_fault_stands_alone(jobs, bench, monkeypatch, at_once):
    right = computing.compute

    def poisoned(model, plan, settings):
        if any(one.instance.id == "002" for batch in plan.batches for one in batch.sentences):
            raise RuntimeError("a poisonous sentence\nwith details")
        return right(model, plan, settings)

    monkeypatch.setattr(computing, "compute", poisoned)
    run = jobs.submit("poison", sentences(4), chunk=4)
    endings = exhaust(jobs, bench, run)
    chunk, half, alone = ["retried"] * 3 + ["split"], ["split"], ["retried"] * 3 + ["failed"]
    assert sorted(endings) == sorted([*chunk, "done", *half, "done", *alone])
    progress = jobs.progress(run)
    assert (progress.status, progress.completed.sentences) == ("partial", 3)
    assert progress.failures == (("002", "RuntimeError: a poisonous sentence"),)


def test_a_chunk_whose_workers_always_die_is_not_tried_for_ever(jobs, bench):
    run = jobs.submit("deadly", sentences(1))
    (chunk,) = chunks(jobs, run)
    lose(jobs, chunk, 4)
    assert work.work(chunk, bench).ending == "failed"
    (failure,) = jobs.progress(run).failures
    assert failure.error == "the worker there was lost, 4 times"


def lose(jobs: Jobs, chunk: str, times: int) -> None:
    """Let workers that hold a chunk be lost, one after the other."""
    for number in range(times):
        assert jobs.ledger.claim(chunk, f"{number}", "there", 0) is not None
    assert jobs.ledger.reclaim(chunk)


def test_a_sentence_that_stands_alone_is_not_held_to_account_for_what_its_neighbours_did(
    jobs, bench, monkeypatch, at_once
):
    run = jobs.submit("neighbours", sentences(2), chunk=2)
    with monkeypatch.context() as fault:
        fault.setattr(computing, "compute", failing(4))
        (chunk,) = chunks(jobs, run)
        assert [work.work(chunk, bench).ending for _ in range(4)] == ["retried"] * 3 + ["split"]
    one, _ = chunks(jobs, run)
    lose(jobs, one, 3)
    monkeypatch.setattr(computing, "compute", failing(3))
    assert sorted(exhaust(jobs, bench, run)) == ["done", "done", "retried", "retried", "retried"]
    assert jobs.progress(run).status == "completed"


def test_what_a_dead_process_of_this_machine_held_is_taken_over(jobs, bench, monkeypatch):
    run = jobs.submit("orphan", sentences(1))
    (chunk,) = chunks(jobs, run)
    host, pid, birth, rest = new_token().rsplit(":", 3)
    jobs.ledger.claim(chunk, f"{host}:{pid}:{birth}0:{rest}", "before", 600)  # another of the same number
    assert work.work(chunk, bench).ending == "done"


def test_a_run_of_another_version_is_let_be(jobs, bench):
    run = jobs.submit("older", sentences(1), versions=VERSIONS | {PACKAGE: "0.0.1"})
    (chunk,) = chunks(jobs, run)
    assert work.work(chunk, bench).ending == "not ours"
    claimed = jobs.ledger.claim(chunk, "theirs", "there", 30)
    assert claimed is not None and claimed.attempts == 1


def test_a_living_owner_is_left_alone(jobs, bench):
    run = jobs.submit("owned", sentences(1))
    (chunk,) = chunks(jobs, run)
    jobs.ledger.claim(chunk, new_token(), "other", 600)
    assert work.work(chunk, bench).ending == "not ours"


@pytest.mark.parametrize("what", ["missing", "another"])
def test_a_model_that_is_not_the_runs_fails_the_run(jobs, bench, tmp_path, what):
    given = sentences(2)
    words = sorted({word for each in given for word in (*each.text.split(), each.correct, each.wrong) if word})
    source = str(random_bert(tmp_path / "model", words=words))
    bench = replace(bench, models=Models("cpu"))
    run = jobs.submit("model", given, source=source, chunk=1)
    if what == "missing":
        (tmp_path / "model" / "config.json").unlink()
    else:
        random_bert(tmp_path / "model", words=words, seed=1)
    assert exhaust(jobs, bench, run) == ["run failed", "not ours"]
    progress = jobs.progress(run)
    assert progress.status == "failed"
    expected = "it has no config.json" if what == "missing" else f"{source} is another model here"
    assert expected in (progress.error or "")
    for _ in range(RETRIES + 1):
        jobs.ledger.resume(run)
        assert exhaust(jobs, bench, run) == ["run failed", "not ours"]
    random_bert(tmp_path / "model", words=words)  # mended
    jobs.ledger.resume(run)
    assert exhaust(jobs, bench, run) == ["done", "done"]


def test_a_cancelled_run_is_left_between_batches(jobs, bench, monkeypatch):
    run = jobs.submit("cancelled", sentences(2), chunk=2)
    right = computing.compute

    def slow(model, plan, settings):
        for result in right(model, plan, settings):
            jobs.ledger.cancel(run)
            threading.Event().wait(LIMITS.lease)  # the heartbeat sees it meanwhile
            yield result

    monkeypatch.setattr(computing, "compute", slow)
    (chunk,) = chunks(jobs, run)
    for _ in range(RETRIES + 2):  # being cancelled is not held against it
        assert work.work(chunk, bench).ending == "lost"
        progress = jobs.progress(run)
        assert (progress.status, progress.queued.chunks) == ("cancelled", 1)
        assert jobs.ledger.resume(run) == 1
    monkeypatch.undo()
    assert work.work(chunk, bench).ending == "done"


def test_a_stopping_worker_gives_its_chunk_back(jobs, bench, monkeypatch):
    run = jobs.submit("stopping", sentences(2), chunk=2)
    right = computing.compute

    def slow(model, plan, settings):
        for result in right(model, plan, settings):
            bench.stopping.ask()
            threading.Event().wait(2)
            yield result

    monkeypatch.setattr(computing, "compute", slow)
    (chunk,) = chunks(jobs, run)
    assert work.work(chunk, bench).ending == "lost"
    with pytest.raises(Stopped):
        work.work(chunk, bench)
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
def test_a_graph_that_is_away_is_waited_for(jobs, bench, method):
    run = jobs.submit("away", sentences(1))
    (chunk,) = chunks(jobs, run)
    assert work.work(chunk, replace(bench, ledger=Away(jobs.ledger, method, 2))).ending == "done"
    assert jobs.progress(run).completed.chunks == 1


def test_a_graph_that_stays_away_leaves_the_chunk_to_its_lease(jobs, bench):
    run = jobs.submit("gone", sentences(1))
    (chunk,) = chunks(jobs, run)
    with pytest.raises(ServerError):
        work.work(chunk, replace(bench, ledger=Away(jobs.ledger, "done", 1000)))
    assert jobs.progress(run).running.chunks == 1


def test_more_than_the_graph_has_memory_for_is_written_in_halves(jobs, bench, at_once):
    run = jobs.submit("large", sentences(2), chunk=2)
    endings = exhaust(jobs, replace(bench, ledger=Away(jobs.ledger, "done", 4, ServerOverloaded)), run)
    assert endings == ["retried", "retried", "retried", "split", "done", "done"]


def test_settings_of_the_run_are_those_of_its_results(jobs, bench):
    run = jobs.submit("settings", sentences(1), settings=replace(SETTINGS, sources=(1, 2)))
    assert exhaust(jobs, bench, run) == ["done"]
    assert jobs.store.find(run).settings["sources"] == [1, 2]
