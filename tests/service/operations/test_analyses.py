"""Analyses without a terminal: planned, run, interrupted, resumed, and stored on the way."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.operations.analyses import check_output, plan_analysis, read_sentences, run_analysis
from service.results_file import read_results
from tests.random_models import random_bert
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.models import Model, load_model

SETTINGS = Settings(samples=4, edges="none")
SENTENCES = [
    Instance(name, f"the pilot that the {other} like [MASK] {word} .", "is", "are")
    for name, other, word in (("a", "guards", "tall"), ("b", "authors", "short"), ("c", "farmers", "old"))
]
BAD = Instance("bad", "the pilot .", "is", "are")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    return load_model(random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=2))


@pytest.fixture
def store(neo4j_server) -> Iterator[Store]:
    with Store.open(neo4j_server) as store:
        yield store


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_every_result_is_delivered_and_counted(model):
    results, told = [], []
    planned = plan_analysis(model, SENTENCES, SETTINGS)
    summary = run_analysis(
        planned, on_result=results.append, progress=lambda done, total: told.append((done, total)), left_out=2
    )
    assert results == list(analyze(model, SENTENCES, SETTINGS))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (summary.instances, summary.kept, summary.left_out) == (3, 0, 2)
    assert summary.right == sum(result.qoi > 0 for result in results)
    assert (summary.output, summary.run, summary.waited) == (None, None, None)


def test_an_interrupted_analysis_resumes(model, tmp_path):
    output = tmp_path / "results.jsonl"

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_analysis(plan_analysis(model, SENTENCES, SETTINGS, output=output), progress=interrupt)
    before = lines(output)
    assert len(before) == 2
    planned = plan_analysis(model, SENTENCES, SETTINGS, output=output)
    assert (planned.kept, planned.plan.sentences) == (2, 1)
    assert run_analysis(planned).kept == 2
    assert lines(output)[:2] == before and sorted(result.id for result in read_results(output)) == ["a", "b", "c"]


def test_other_settings_are_refused_and_the_file_stays(model, tmp_path):
    output = tmp_path / "results.jsonl"
    run_analysis(plan_analysis(model, SENTENCES[:1], SETTINGS, output=output))
    before = output.read_bytes()
    with pytest.raises(InvalidInput, match="was made with 4, and this run has 8") as refused:
        plan_analysis(model, SENTENCES, Settings(samples=8, edges="none"), output=output)
    assert refused.value.field == "samples" and output.read_bytes() == before


def test_results_go_into_the_graph_after_what_it_lacks_of_the_file(model, store, tmp_path):
    output, name = tmp_path / "results.jsonl", f"run-{uuid4().hex}"
    run_analysis(plan_analysis(model, SENTENCES[:2], SETTINGS, output=output))
    planned = plan_analysis(model, SENTENCES, SETTINGS, output=output, store=store, name=name)
    summary = run_analysis(planned)
    assert (summary.instances, summary.kept, summary.run) == (1, 2, name)
    assert (store.find(name).instances, store.find(name).status) == (3, "completed")
    again = plan_analysis(model, SENTENCES, SETTINGS, store=store, name=name)
    assert (again.kept, run_analysis(again).instances) == (3, 0)


def test_bad_sentences_are_told_or_raised(model):
    bad = []
    planned = plan_analysis(model, [*SENTENCES, BAD], SETTINGS, on_bad=bad.append)
    assert planned.plan.sentences == 3 and [error.field for error in bad] == ["text"]
    with pytest.raises(InvalidInput, match="has no mask"):
        plan_analysis(model, [BAD], SETTINGS)
    with pytest.raises(InvalidInput, match="none of its sentences can be analysed"):
        plan_analysis(model, [BAD], SETTINGS, on_bad=bad.append)


def test_what_can_be_refused_before_a_model_is_loaded(tmp_path):
    source = tmp_path / "sentences.jsonl"
    source.write_text('{"text": "the pilot [MASK] .", "correct": "is", "wrong": "are"}\n' * 2)
    assert len(read_sentences(source, limit=1)) == 1
    for output in (source, tmp_path / "none" / "results.jsonl"):
        with pytest.raises(InvalidInput) as refused:
            check_output(output, source)
        assert refused.value.field == "output"
    check_output(tmp_path / "results.jsonl", source)
    assert not (tmp_path / "results.jsonl").exists()
