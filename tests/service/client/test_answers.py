"""A client answers what the use cases answer: the same dataclasses, with equal numbers."""

from datetime import datetime

import pytest

from cypher.ledger.jobs import Count, Failure, JobProgress
from cypher.ledger.ledger import Ledger
from cypher.queries.named_reports import REPORTS
from service.operations import figures, jobs, reports
from service.operations.aggregates import StepChoice, find_aggregate
from service.operations.models import describe_model
from service.operations.queries import ask
from service.operations.reports import Choices
from service.operations.tasks import generate_sentences, list_tasks
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.models import load_model


def test_runs(client, store, run):
    assert client.runs() == store.runs()
    assert isinstance(next(each for each in client.runs() if each.name == run).created_at, datetime)


@pytest.mark.parametrize("name", REPORTS)
def test_reports(client, store, run, name):
    assert client.report(name, run) == reports.run_report(store, name, run)
    assert client.report(name, run, rows=1) == reports.run_report(store, name, run, rows=1)


def test_choices_and_comparisons(client, store, run):
    choices = Choices(task="sva-obj", case="SP", level="embedding")
    assert client.report("flow-frequency", run, choices) == reports.run_report(store, "flow-frequency", run, choices)
    for name in ("accuracy", "heads"):
        one = Choices(task="sva-obj", case="SP")
        found = client.compare(name, run, one, against_case="SS", rows=5)
        assert found == reports.compare(store, name, run, one, against_case="SS", rows=5)
    assert client.compare("accuracy", run, against_run=run).second == store.find(run)


@pytest.mark.parametrize("choice", [None, StepChoice(sign="positive", least=0.1), StepChoice(strongest=3)])
def test_aggregates(client, store, run, choice):
    found = client.aggregate(run, "sva-obj", "SP", choice, level="embedding")
    whole = choice or StepChoice(strongest=100_000)
    expected = find_aggregate(store, run, "sva-obj", "SP", whole, level="embedding", align="position")
    assert (found.run, found.instances, found.left_out) == (expected.run, expected.instances, expected.left_out)
    assert len(found.steps) == len(expected.steps) > 0 and len(found.places) == len(expected.places)
    for one, own in zip(found.steps, expected.steps, strict=True):
        assert one == {name: own[name] for name in one}


def test_models(client):
    assert "bundled" in client.models()
    assert client.model("bundled") == describe_model(load_model("bundled", device="cpu"), "bundled")


def test_reports_and_tasks_describe_themselves(client):
    assert client.reports() == list(REPORTS.values())
    assert client.tasks() == list_tasks()
    assert client.generate("sva-obj", "SP", 5, 3) == generate_sentences("sva-obj", "SP", 5, 3)
    assert client.generate("sa", None, 2) == generate_sentences("sa", None, 2, 0)
    assert client.generate("ra-na", None, 1, 1, "subject") == generate_sentences("ra-na", None, 1, 1, "subject")


def test_queries(client, store, run):
    text = "MATCH (:Run {name: $name})-[:HAS_CASE]->(c)<-[:OF]-(i) RETURN c.name, i.qoi, i.nothing ORDER BY i.qoi"
    found = client.query(text, {"name": run}, rows=5)
    assert found == ask(store, text, {"name": run}, rows=5)
    assert found.cut and len(found.rows) == 5 and found.unknown
    more = client.query("UNWIND range(1, 20000) AS x RETURN x", rows=20_000)
    assert len(more.rows) == 10_000 and more.unknown == ("this service gives at most 10,000 rows of a query",)


def test_figures(client, store, run, results):
    drawn = figures.draw_aggregated(store, run, "sva-obj", "SP", positions=(1, 6), steps=9)
    for form in ("svg", "png", "pdf"):
        found = client.draw_aggregated(run, "sva-obj", "SP", positions=(1, 6), steps=9, form=form)
        assert found == drawn.written(form)
    assert client.draw_entropy(run) == figures.draw_entropy(store, run).written("svg")
    assert client.draw_attractors(run, "sva-obj") == figures.draw_attractors(store, run, "sva-obj").written("svg")
    difference = figures.draw_difference(store, run, "sva-obj", "SP", "SS", align="role")
    assert client.draw_difference(run, "sva-obj", "SP", "SS", align="role") == difference.written("svg")
    for words in (None, ["top:2"], ["noun0", "3"]):
        drawn = figures.draw_sentence(store, run, results[0].id, words, raw_tokens=True)
        assert client.draw_sentence(run, results[0].id, words, raw_tokens=True) == drawn.written("svg")
        assert drawn.written("svg") == figures.draw_result(results[0].as_spelled(), words).written("svg")


SENTENCES = [
    Instance("a/1", "the pilot near the guards ***mask*** tall .", "is", "are", task="t", case="SP", origin="f:1"),
    Instance("b", "the pilots near the guards ***mask*** tall .", "are", "is", roles=("x",) * 8, origin="f:2"),
    Instance("c", "no mask here .", "are", "is", origin="f:3"),
]


def test_a_job(client, store):
    bad, notices = [], []
    settings = Settings(samples=4, edges="top:3", words="top:2", methods=("attention",))
    choices = {"stem": "mine", "priority": 3, "idempotency_key": "schlüssel 1", "device": "cpu"}
    done = client.submit(SENTENCES, settings, on_bad=bad.append, on_notice=notices.append, **choices)
    assert (done.sentences, done.chunks, done.new, done.sent) == (2, 1, True, True)
    assert done.name == f"mine-{done.run[:6]}"
    assert client.submit(SENTENCES, settings, on_bad=bad.append, **choices).new is False
    assert [(each.where, each.field) for each in bad] == [("f:3", "text")] * 2
    stored = store.find(done.run)
    assert (stored.settings["words"], stored.settings["methods"], stored.priority) == ("top:2", ["attention"], 3)
    seen = client.progress(done.run)
    assert isinstance(seen, JobProgress) and isinstance(seen.queued, Count)
    assert seen == jobs.progress(store, done.run) and client.inexact(done.run) == jobs.inexact(store, done.run)
    assert client.cancel(done.run).status == store.find(done.run).status == "cancelled"
    assert [each.status for each in client.follow(done.run)] == ["cancelled"]
    resumed = client.resume(done.name)
    assert (resumed.run, resumed.chunks, resumed.sent) == (done.run, 1, True)
    claimed = Ledger(store).claim(Ledger(store).due(1, done.run)[0].chunk, "token", "worker", 60)
    assert claimed is not None
    first, _ = Ledger(store).split(claimed.chunk, "token", [[i.id] for i in claimed.instances], "halved")
    assert Ledger(store).claim(first, "token", "worker", 60) is not None
    assert Ledger(store).fail(first, "token", "it cannot be", again_after=None)
    assert client.logs(done.run).failures == [Failure("a/1", "it cannot be")]
    deleted = client.delete(done.run)
    assert deleted.id == done.run and done.run not in {each.id for each in client.runs()}


def test_readiness(client):
    assert client.status().usable and client.unusable() == []
