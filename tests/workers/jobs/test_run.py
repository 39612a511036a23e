"""A run from its submission to its end, as real processes do it."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest
import requests

from service.operations.exports import export_run
from service.operations.storing import Destination, RunWriter
from service.results_file import read_results
from tests.workers.jobs.conftest import SETTINGS, free_port, sentences
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.jobs.chunk.computation import Phase
from workers.models import load_model
from workers.records.to_graph import describe_model, describe_run


def test_a_run_ends_as_if_its_results_had_been_stored_directly(jobs, tmp_path):
    given = sentences(20)
    jobs.sweeper()
    port = free_port()
    worker = jobs.worker("--concurrency", 2, "--name", "both", "--metrics-port", port)
    run = jobs.submit("queued", given)
    progress = jobs.wait(run)
    assert progress.status == "completed", worker.said
    assert progress.completed.sentences == 20 and progress.devices == ("cpu",)

    check_metrics(port)
    check_logs(jobs, run)

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


def test_runs_of_adaptive_sampling_and_of_another_question(jobs, tmp_path):
    """One after the other on the same worker, which loads the model once."""
    given = sentences(6)
    compared = [
        replace(each, correct=None, wrong=None, reference=f"the {noun} is tall .", target_word=word)
        for each, noun, word in zip(
            given[:4], ("pilot", "pilots", *nouns(given[2:4])), (None, None, *nouns(given[2:4])), strict=True
        )
    ]
    adaptive = Settings(sampling="adaptive", tolerance=0.001, edges="top:20")
    jobs.sweeper()
    worker = jobs.worker()
    wanted = {
        "adaptive": (given, adaptive, None),
        "similar": (compared, SETTINGS, "similarity"),
        "both": (compared, adaptive, "similarity"),
    }
    for name, (instances, settings, question) in wanted.items():
        run = jobs.submit(name, instances, settings=settings, question=question)
        assert jobs.wait(run).status == "completed", worker.said
        model = load_model("bundled", "cpu").with_question(question)
        direct = {result.id: result for result in analyze(model, instances, settings)}
        through = exported(jobs.store, name, tmp_path)
        assert [result.id for result in through] == [each.id for each in instances]
        for result in through:
            own = direct[result.id]
            assert result.settings == own.settings
            for field in ("text", "tokens", "correct", "wrong", "target", "reference", "target_word", "samples"):
                assert getattr(result, field) == getattr(own, field), field
            assert (result.within_tolerance, result.qoi) == (own.within_tolerance, pytest.approx(own.qoi, abs=1e-5))
            assert result.sampling_error == pytest.approx(own.sampling_error, abs=1e-4)
            assert [word.path for word in result.words] == [word.path for word in own.words]
            assert [word.influence for word in result.words] == pytest.approx(
                [word.influence for word in own.words], abs=1e-5
            )


def nouns(instances: Sequence[Instance]) -> list[str]:
    """Their subjects."""
    return [each.text.split()[(each.roles or ()).index("subject")] for each in instances]


def check_metrics(port):
    told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    assert 'influence_chunks_total{ending="done"} 5.0' in told
    assert "influence_sentences_total 20.0" in told
    assert set(re.findall(r'influence_seconds_total{phase="(\w+)"}', told)) == set(get_args(Phase))
    assert 'influence_queue_length{device="any"} 0.0' in told
    assert "influence_failures_total{" not in told and "influence_failed_sentences_total 0.0" in told


def check_logs(jobs, run):
    """A file of each process, of JSON lines that name run and chunk, and nowhere a password."""
    files = {path.name: path.read_text() for path in jobs.environment.logs.glob("*.jsonl")}
    assert {"both.jsonl", "both.0.jsonl", "both.1.jsonl", "sweeper.jsonl"} == files.keys()
    for text in (*files.values(), *(process.said for process in jobs.processes)):
        assert jobs.environment.broker().password not in text
        assert jobs.environment.graph().password not in text
    lines = [json.loads(line) for name in ("both.0.jsonl", "both.1.jsonl") for line in files[name].splitlines()]
    done = [line for line in lines if line["event"] == "done"]
    assert len({line["chunk"] for line in done}) == 5
    assert {line["run"] for line in done} == {run}
    assert {line["worker"] for line in done} == {"both"}


def exported(store, name, folder):
    export_run(store, name, "jsonl", folder / name, replace=True)
    return list(read_results(folder / name))
