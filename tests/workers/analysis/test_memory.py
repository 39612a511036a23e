"""A run fits into the memory it is allowed, with the same results."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from tests.workers.models.test_family_checkpoints import CHECKPOINTS, save
from workers.analysis import analysis
from workers.analysis.memory import Batch, Plan, half_of_free_memory, halves, make_plan
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.influence.baselines.methods import METHODS
from workers.influence.footprint import Footprint
from workers.influence.tolerance import POINTS
from workers.models import Model, load_model

TEXTS = (
    "the pilot that the guards like ***mask*** tall .",
    "the guard ***mask*** tall .",
    "the author near the doctors ***mask*** short .",
    "the farmer that the skaters admire ***mask*** old .",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=32)
    return load_model(path, device="cpu", dtype="float64")


def instances() -> list[Instance]:
    return [Instance(str(number), text, correct="is", wrong="are") for number, text in enumerate(TEXTS)]


def needed(model: Model, length: int, settings: Settings) -> Footprint:
    return Footprint.of(model.encoder, length, length - 1, settings.beam, "conductance" in settings.methods)


def test_sentences_of_one_length_share_a_batch(model: Model):
    plan = analysis.prepare(model, instances(), Settings(), memory=10**9)
    assert [[sentence.instance.id for sentence in batch.sentences] for batch in plan.batches] == [
        ["0", "3"],
        ["1"],
        ["2"],
    ]
    assert plan.sliced == 0
    assert plan.sentences == 4


def test_batches_shrink_with_memory(model: Model):
    settings = Settings()
    need = needed(model, 11, settings)
    one = need.results + need.whole * settings.points
    plan = analysis.prepare(model, [instances()[0], instances()[3]], settings, memory=one)
    assert [len(batch.sentences) for batch in plan.batches] == [1, 1]
    assert plan.bytes <= one
    plan = analysis.prepare(model, [instances()[0], instances()[3]], settings, memory=2 * one)
    assert [len(batch.sentences) for batch in plan.batches] == [2]


def test_a_single_point_is_planned_as_one_sample(model: Model):
    settings = Settings(distribution="point:1")
    need = needed(model, 11, settings)
    plan = analysis.prepare(model, instances()[:1], settings, memory=need.results + need.whole)
    assert plan.sliced == 0


@pytest.mark.parametrize("sampling", ["trapezoid", "gauss-legendre"])
@pytest.mark.parametrize("refine", ["sequential", "independent"])
def test_slices_give_the_same_results(model: Model, sampling: str, refine: str):
    chosen: Any = {"sampling": sampling, "refine": refine, "methods": tuple(METHODS)}
    settings = Settings(samples=16, edges="all", beam=2, **chosen)
    need = needed(model, 11, settings)
    budget = need.results + need.checkpoint * 16 + 3 * need.working
    plan = analysis.prepare(model, instances(), settings, memory=budget)
    assert plan.batches[0].slice_size == 3
    assert plan.bytes <= budget
    assert_same_as_whole(model, plan, settings)


ADAPTIVE = Settings(sampling="adaptive", tolerance=0.002, edges="all", methods=("attention", "conductance", "internal"))


def test_sentences_with_points_of_their_own_are_the_same_in_slices(model: Model):
    need = needed(model, 11, ADAPTIVE)
    budget = need.results + need.checkpoint * 200 + 8 * need.working
    plan = analysis.prepare(model, instances(), ADAPTIVE, memory=budget)
    assert {batch.slice_size for batch in plan.batches if len(batch.sentences[0].ids) == 11} == {8}
    assert plan.bytes <= budget
    assert_same_as_whole(model, plan, ADAPTIVE)


@pytest.mark.parametrize("room", [4 * POINTS, 2 * POINTS + 4, POINTS + 4, POINTS])
def test_points_that_become_too_many_are_held_of_fewer_sentences_and_then_in_slices(model: Model, room: int):
    same = [replace(instances()[0], id=str(number)) for number in range(2)] + [instances()[3]]
    whole = analysis.prepare(model, same, ADAPTIVE, memory=10**9)
    (batch,) = whole.batches
    assert batch.slice_size is None and batch.most == 512
    short = Plan((replace(batch, room=room),), whole.budget)
    assert_same_as_whole(model, short, ADAPTIVE, same)


def test_fewer_points_than_the_tolerance_needs_are_said_where_there_is_no_memory_for_more(model: Model):
    settings = replace(ADAPTIVE, tolerance=1e-9)
    need = needed(model, 11, settings)
    budget = need.results + need.checkpoint * 40 + 8 * need.working
    plan = analysis.prepare(model, instances()[:1], settings, memory=budget)
    (result,) = analysis.compute(model, plan, settings)
    assert POINTS < result.samples <= 60
    assert result.within_tolerance is False
    assert result.sampling_error is not None and result.sampling_error > 1e-9
    least = need.results + need.checkpoint * POINTS + need.working
    analysis.prepare(model, instances()[:1], settings, memory=least)
    with pytest.raises(InvalidInput, match=f"11 tokens with {POINTS} samples. Allow at least"):
        analysis.prepare(model, instances()[:1], settings, memory=least - 1)


def assert_same_as_whole(
    model: Model, plan: Plan, settings: Settings, sentences: Sequence[Instance] | None = None
) -> None:
    """What a plan gives is what there is without any limit."""
    everything = instances() if sentences is None else sentences
    whole = {result.id: result for result in analysis.analyze(model, everything, settings)}
    found = list(analysis.compute(model, plan, settings))
    assert sorted(result.id for result in found) == sorted(whole)
    for sliced in found:
        same = whole[sliced.id]
        assert (sliced.samples, sliced.within_tolerance) == (same.samples, same.within_tolerance)
        assert sliced.edges is not None
        assert same.edges is not None
        assert sliced.qoi == pytest.approx(same.qoi, rel=1e-12)
        assert list(sliced.edges.influence) == pytest.approx(list(same.edges.influence), rel=1e-9, abs=1e-12)
        for word, other in zip(sliced.words, same.words, strict=True):
            assert (word.path, word.components) == (other.path, other.components)
            assert word.influence == pytest.approx(other.influence, rel=1e-10)
            assert word.attention_influence == pytest.approx(other.attention_influence, rel=1e-9, abs=1e-14)
        for pattern, other in zip(sliced.patterns, same.patterns, strict=True):
            assert (pattern.method, pattern.path, pattern.components) == (other.method, other.path, other.components)
            assert pattern.influence == pytest.approx(other.influence, rel=1e-9, abs=1e-12)


def test_too_little_memory_says_how_much_is_needed(model: Model):
    with pytest.raises(
        InvalidInput, match=r"memory: 10\.0 kB is too little for a sentence of 11 tokens .* Allow at least"
    ):
        analysis.prepare(model, instances(), Settings(), memory=10_000)


def test_the_least_memory_that_the_message_names_is_enough(model: Model):
    need = needed(model, 11, Settings())
    least = need.results + need.checkpoint * 32 + need.working
    plan = analysis.prepare(model, instances()[:1], Settings(), memory=least)
    assert plan.batches[0].slice_size == 1
    with pytest.raises(InvalidInput):
        analysis.prepare(model, instances()[:1], Settings(), memory=least - 1)


def test_default_is_half_of_what_is_free(model: Model):
    assert half_of_free_memory(model.device) == pytest.approx(psutil.virtual_memory().available / 2, rel=0.2)


def test_memory_that_was_lost_meanwhile_halves_the_work(model: Model, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(edges="none")
    expected = {result.id: result.words for result in analysis.analyze(model, instances(), settings)}
    engine = analysis.run_engine
    tried: list[tuple[int, int | None]] = []

    def short_of_memory(model: Model, batch: Batch, settings: Settings, question: analysis.Question):
        tried.append((len(batch.sentences), batch.slice_size))
        if len(batch.sentences) > 1 or batch.slice_size is None or batch.slice_size > 8:
            raise torch.OutOfMemoryError
        return engine(model, batch, settings, question)

    monkeypatch.setattr(analysis, "run_engine", short_of_memory)
    results = {result.id: result.words for result in analysis.analyze(model, instances(), settings)}
    assert tried[:5] == [(2, None), (1, None), (1, 16), (1, 8), (1, None)]
    for name, words in results.items():
        assert [word.path for word in words] == [word.path for word in expected[name]]
        assert [word.influence for word in words] == pytest.approx([word.influence for word in expected[name]])


def test_no_memory_at_all_is_one_clear_error(model: Model):
    sentence = model.encode(replace(instances()[0], origin="s.jsonl:1"))
    with pytest.raises(
        InvalidInput, match=r"s\.jsonl:1: memory: the device has too little left for '0', even one sample"
    ):
        halves(Batch((sentence,), 1, 0), Settings())


# Not ru_maxrss: a new program inherits it from the process that started it, here pytest.
PEAK = """
import json, re, sys
from pathlib import Path
import psutil, torch
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import load_model
from workers.analysis import analysis
from workers.influence.footprint import Footprint
model = load_model(sys.argv[1], device="cpu")
length, share, values = int(sys.argv[2]), float(sys.argv[3]), json.loads(sys.argv[4])
text = [("the", "pilot", "that", "the", "guards", "like")[place % 6] for place in range(length - 3)]
instance = Instance("0", " ".join([*text, "***mask***"]), correct="is", wrong="are")
settings = Settings(**values | {"methods": tuple(values.get("methods", ()))})
list(analysis.analyze(model, [Instance("0", "the pilot ***mask***", correct="is", wrong="are")], settings))
before = psutil.Process().memory_info().rss
whole = analysis.prepare(model, [instance], settings, memory=10**12)
budget = int(share * whole.bytes)
plan = analysis.prepare(model, [instance], settings, memory=budget)
list(analysis.compute(model, plan, settings))
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
print(peak - before, plan.bytes, budget, plan.sliced)
"""


@pytest.mark.whole
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beam": 3, "edges": "all"},
        {"methods": tuple(METHODS), "edges": "none"},
        {"words": "top:10", "refine": "independent"},
    ],
    ids=["default", "beam", "methods", "words"],
)
@pytest.mark.parametrize(
    ("length", "share"),
    [(51, 1.0), (51, 0.5), (120, 1.0), (120, 0.35)],  # at a half, all samples fit into a slice of some
)
def test_a_real_process_takes_what_was_planned(tmp_path, settings: dict[str, Any], length: int, share: float):
    peak, planned, budget, sliced = measured(tmp_path, settings, length, share)
    assert sliced == (share < 1)
    assert peak <= planned <= budget
    assert planned < 2.5 * peak + 20e6  # of small ones, what lies about in the allocator is much


@pytest.mark.whole
@pytest.mark.parametrize(("share", "sliced"), [(1.0, 0), (0.02, 1)])
def test_a_real_process_stays_within_what_was_planned_for_many_points(tmp_path, share: float, sliced: int):
    peak, planned, budget, was_sliced = measured(tmp_path, {"sampling": "adaptive"}, 51, share)
    assert was_sliced == sliced
    assert peak <= planned <= budget


LARGER = {
    "hidden_size": 128,
    "num_attention_heads": 8,
    "num_hidden_layers": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 160,
}


@pytest.mark.whole
@pytest.mark.parametrize("family", ["deberta", "modernbert", "mpnet", "electra"])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_real_process_takes_what_was_planned_for_other_families(tmp_path, family: str, share: float):
    path = save(tmp_path / "model", CHECKPOINTS[family], "masked_lm", **LARGER)
    peak, planned, budget, sliced = measured_of(path, {"edges": "all"}, 120, share)
    assert sliced == (share < 1)
    assert peak <= planned <= budget
    assert planned < 2.5 * peak + 20e6


def measured(folder: Path, settings: dict[str, Any], length: int, share: float) -> tuple[int, ...]:
    """As `measured_of` a BERT."""
    path = random_bert(folder / "model", layers=6, heads=8, width=128, ff=512, max_length=128)
    return measured_of(path, settings, length, share)


def measured_of(path: Path, settings: dict[str, Any], length: int, share: float) -> tuple[int, ...]:
    """Bytes that a process took at most, planned and allowed, and how many sentences were in slices."""
    command = [sys.executable, "-c", PEAK, str(path), str(length), str(share), json.dumps(settings)]
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    return tuple(map(int, run.stdout.split()))


def test_a_plan_of_nothing(model: Model):
    plan = make_plan(model.encoder, [], Settings(), 10**6)
    assert (plan.sentences, plan.bytes, plan.batches) == (0, 0, ())


SHORT = """
import resource, sys
import psutil
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import load_model
from workers.analysis import analysis
model = load_model(sys.argv[1], device="cpu", dtype="float64")
words = ["the", "pilot", "that", "the", "guards", "like"] * 9
instance = Instance("0", " ".join([*words, "***mask***"]), correct="is", wrong="are")
settings = Settings(edges="none")
warm_up = Instance("1", "the pilot ***mask***", correct="is", wrong="are")
list(analysis.analyze(model, [warm_up], settings))
plan = analysis.prepare(model, [instance], settings, memory=10**9)
assert plan.sliced == 0
halvings = []
halves = analysis.halves
analysis.halves = lambda batch, settings: halvings.append(batch) or halves(batch, settings)
if len(sys.argv) > 2:
    mapped = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (mapped + plan.bytes // 3, resource.RLIM_INFINITY))
(result,) = analysis.compute(model, plan, settings)
print(*(f"{word.influence:.10g} {word.path}" for word in result.words), sep="\\n")
print(len(halvings), file=sys.stderr)
"""


@pytest.mark.whole
def test_a_machine_with_less_memory_than_planned_still_gives_the_result(tmp_path):
    path = random_bert(tmp_path / "model", layers=6, heads=8, width=128, ff=512)
    command = [sys.executable, "-c", SHORT, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = functools.partial(subprocess.run, capture_output=True, text=True, check=True, env=environment)
    short, enough = run([*command, "short"]), run(command)
    assert int(short.stderr.splitlines()[-1]) > 0
    assert int(enough.stderr.splitlines()[-1]) == 0
    assert short.stdout == enough.stdout
