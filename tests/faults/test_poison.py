"""A sentence that cannot be computed: it alone is missing, and the run says why."""

from dataclasses import replace

from tests.faults.conftest import MEDIUM, QUICK, times
from tests.faults.whole import differences, without_chunks
from tests.workers.jobs.conftest import sentences


def test_one_that_the_model_cannot_read(faults):
    *good, last = sentences(6)
    expected = faults.undisturbed(good, MEDIUM, chunk=5)
    run = faults.given([*good, last], MEDIUM, chunk=6, unchecked=[replace(last, correct="gloriously")])
    faults.sweeper()
    faults.worker()
    faults.check(run, expected, "partial")
    ((name, error),) = faults.progress(run).failures
    assert name == last.id
    assert "'gloriously' is" in error and "Give a word that is one token." in error


@times(3, 20)
def test_one_under_which_every_process_dies(faults, times):
    """Chunks are halved on the way to it, so that what counts is what stands in the others, not which they are."""
    given = sentences(times + 1)
    place = faults.dice.randrange(times + 1)
    bad = given[place]
    good = [*given[:place], *given[place + 1 :]]
    expected = without_chunks(faults.undisturbed(good, QUICK, chunk=times))
    run = faults.given(given, QUICK, chunk=times + 1)
    faults.sweeper()
    worker = faults.wrapped(f"poison={bad.id}", "worker", "--device", "cpu", "--concurrency", 2)
    assert faults.wait(run, patience=600).status == "partial", worker.said
    assert differences(without_chunks(faults.whole(run)), expected) == []
    progress = faults.progress(run)
    assert (progress.completed.sentences, progress.failed.sentences) == (times, 1)
    ((name, error),) = progress.failures
    assert name == bad.id
    assert error.endswith("was lost, 4 times")
    assert "Traceback" not in worker.said
