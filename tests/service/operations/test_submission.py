"""A file of sentences as a job: which chunks it has, and when two submissions are the same."""

import json
import random
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest

from cypher.errors import InvalidInput
from service.operations.submission import chunk_size, plan_job
from tests.random_models import random_bert
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.jobs.inputs import from_input, to_input
from workers.models import load_model
from workers.records.chunks import INSTANCES

SENTENCES = [
    Instance(f"{noun}/{verb}", f"the {noun} {middle}***mask*** tall .", correct="is", wrong="are", task="t", case=verb)
    for noun in ("pilot", "author", "farmer", "teacher", "doctor", "skater", "man", "woman")
    for verb, middle in (("none", ""), ("like", "that the guards like "), ("love", "that the guards love "))
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(random_bert(tmp_path_factory.mktemp("masked"), layers=3, heads=2), "cpu", "float64")


def plan(model, sentences=SENTENCES, settings=Settings(), **options):  # noqa: B008 - frozen
    with plan_job(model, "bundled", sentences, settings, stem="sentences", **options) as planned:
        chunks = sorted(planned, key=lambda chunk: chunk.index)
        assert planned.chunks == len(chunks)
        return planned.job, chunks


def test_every_sentence_is_in_one_chunk_with_others_of_its_length(model):
    job, chunks = plan(model)
    held = [pending for chunk in chunks for pending in chunk.instances]
    assert sorted(pending.order for pending in held) == list(range(len(SENTENCES))) and job.sentences == len(SENTENCES)
    for chunk in chunks:
        assert {len(model.encode(from_input(pending.input)).ids) for pending in chunk.instances} == {chunk.length}
    for pending in held:
        assert from_input(pending.input) == SENTENCES[pending.order]
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def test_chunks_of_a_length_are_of_about_one_size(model, monkeypatch):
    monkeypatch.setattr("service.operations.submission.INSTANCES", 6)
    _, chunks = plan(model)
    assert Counter((chunk.length, len(chunk.instances)) for chunk in chunks) == {(7, 4): 2, (11, 5): 2, (11, 6): 1}


def test_a_chunk_is_the_smaller_the_more_there_is_to_do(model):
    few, many = Settings(samples=8), Settings(samples=100_000)
    assert chunk_size(model.encoder, 8, few, "cpu") == INSTANCES
    assert chunk_size(model.encoder, 8, many, "cpu") < chunk_size(model.encoder, 8, many, "gpu") <= INSTANCES
    assert chunk_size(model.encoder, 60, many, "cpu") < chunk_size(model.encoder, 8, many, "cpu")
    assert chunk_size(model.encoder, 60, Settings(samples=10**9), "cpu") == 1
    everything, nothing = Settings(edges="all"), Settings(edges="none")
    assert chunk_size(model.encoder, 60, everything, "gpu") < chunk_size(model.encoder, 60, nothing, "gpu")
    baselines = Settings(edges="none", methods=("attention", "random"))
    assert chunk_size(model.encoder, 60, baselines, "gpu") < chunk_size(model.encoder, 60, nothing, "gpu")
    conductance = Settings(samples=100_000, methods=("conductance",))
    assert chunk_size(model.encoder, 8, conductance, "cpu") < chunk_size(model.encoder, 8, many, "cpu")


def test_equal_submissions_under_one_key_are_one_run(model):
    first, chunks = plan(model, idempotency_key="friday")
    again, same = plan(model, idempotency_key="friday")
    assert (first, chunks) == (again, same)
    assert first.run.name == f"sentences-{first.run.id[:6]}"
    others = [
        plan(model, SENTENCES[:-1], idempotency_key="friday"),
        plan(model, settings=Settings(samples=33), idempotency_key="friday"),
        plan(model, [replace(SENTENCES[0], correct="was"), *SENTENCES[1:]], idempotency_key="friday"),
        plan(model, idempotency_key="friday", name="other"),
        plan(model, idempotency_key="friday", device="gpu"),  # whose chunks are others
    ]
    assert all(job.run.id == first.run.id and job.request != first.request for job, _ in others)
    assert plan(model, idempotency_key="saturday")[0].run.id != first.run.id


def test_what_makes_submissions_equal_does_not_change(model):
    """Else a submission that is repeated after an update would be another one."""
    job, _ = plan(model, name="mine", device="cpu")
    made_by = json.loads(job.run.settings)
    whole = json.dumps([model.fingerprint, made_by, "mine", "cpu", list(map(to_input, SENTENCES))], sort_keys=True)
    assert job.request == sha256(whole.encode()).hexdigest()


def test_chunks_come_as_they_fill_up(model, monkeypatch):
    monkeypatch.setattr("service.operations.submission.INSTANCES", 3)
    drawn = iter(random.Random(0).choices(SENTENCES, k=400))
    sentences = [replace(each, id=f"{number}") for number, each in enumerate(drawn)]
    with plan_job(model, "bundled", sentences, Settings(), stem="s") as planned:
        chunks, held = [], 0
        for chunk in planned:
            chunks.append(chunk)
            held += len(chunk.instances)
            last = max(pending.order for pending in chunk.instances)
            assert last + 1 - held <= 2 * 3  # what waits for others of its length
        assert [chunk.id for chunk in planned] == [chunk.id for chunk in chunks]
    assert sorted(pending.order for chunk in chunks for pending in chunk.instances) == list(range(400))
    for length in {chunk.length for chunk in chunks}:
        sizes = [len(chunk.instances) for chunk in chunks if chunk.length == length]
        assert max(sizes) <= 3 and max(sizes) - min(sizes) <= 1


def test_without_a_key_every_submission_is_a_run_of_its_own(model):
    (one, _), (other, _) = plan(model), plan(model)
    assert one.run.id != other.run.id and one.run.name != other.run.name and one.request == other.request


def test_a_chunk_of_single_points_has_one_sample_a_sentence(model, monkeypatch):
    monkeypatch.setattr("service.operations.submission.WORK", {"any": 1e5})
    assert chunk_size(model.encoder, 8, Settings(distribution="point:1"), "any") == chunk_size(
        model.encoder, 8, Settings(distribution="gaussian:1", samples=1), "any"
    )
    assert chunk_size(model.encoder, 8, Settings(), "any") == 1


def test_a_baseline_that_the_model_does_not_know_is_refused(model):
    with pytest.raises(InvalidInput, match="baseline: 'zebra' is not a token"):
        plan(model, settings=Settings(baseline="token:zebra"))


def test_a_bad_sentence_is_refused_or_left_out(model):
    bad = Instance("bad", "no mask here .", correct="is", wrong="are", origin="f:3")
    with pytest.raises(InvalidInput, match="f:3"):
        plan(model, [*SENTENCES, bad])
    told = []
    job, _ = plan(model, [bad, *SENTENCES], on_bad=told.append)
    assert job.sentences == len(SENTENCES) and len(told) == 1
    with pytest.raises(InvalidInput, match="no sentence"):
        plan(model, [bad], on_bad=told.append)
