"""A run from its submission to its end, as real processes do it."""

import pytest

from service.export.results import write_results
from service.results_file import read_results
from service.storing import Destination, RunWriter
from tests.workers.jobs.conftest import SETTINGS, sentences
from workers import analyze, load_model
from workers.persist import describe_model, describe_run


def test_a_run_ends_as_if_its_results_had_been_stored_directly(jobs, tmp_path):
    given = sentences(20)
    jobs.sweeper()
    worker = jobs.worker("--concurrency", 2)
    run = jobs.submit("queued", given)
    progress = jobs.wait(run)
    assert progress.status == "completed", worker.said
    assert progress.completed.sentences == 20

    results = list(analyze(load_model("bundled", "cpu"), given, SETTINGS))
    results.sort(key=lambda result: result.id)
    first = results[0]
    direct = describe_run(first.model, first.settings, first.versions, "direct")
    with RunWriter(Destination(jobs.store, direct, describe_model(first))) as writer:
        for result in results:
            writer.write(result)
    ours, theirs = (exported(jobs.store, run, tmp_path) for run in ("queued", "direct"))
    jobs.store.delete(direct.id)
    assert [result.id for result in ours] == [each.id for each in given]
    for one, other in zip(ours, theirs, strict=True):
        assert (one.id, one.text, one.tokens, one.settings) == (other.id, other.text, other.tokens, other.settings)
        assert one.qoi == pytest.approx(other.qoi, abs=1e-5)
        for word, same in zip(one.words, other.words, strict=True):
            assert word.path == same.path
            assert word.influence == pytest.approx(same.influence, abs=1e-5)
    assert worker.stop() == 0, worker.said


def exported(store, name, folder):
    write_results(store, store.find(name), folder / name, lambda: None)
    return list(read_results(folder / name))
