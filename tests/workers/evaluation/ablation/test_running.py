"""Results ablated: against hooks on the Hugging Face model that made them, and however the work is cut up."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BertForMaskedLM, BertForSequenceClassification

from cypher.errors import InvalidInput
from tests.oracle.ablation import ablated_logits
from tests.oracle.huggingface import Bert
from tests.random_models import random_bert
from workers.analysis.analysis import analyze
from workers.analysis.results import InstanceResult, PatternResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.ablation.running import Ablated, ablate
from workers.evaluation.ablation.settings import Ablation, AblationSettings
from workers.influence.footprint import AblationFootprint
from workers.models import Model, load_model

ORIGINAL, EMBEDDING, ATTENTION = Ablation("original", None), Ablation("gpr", "embedding"), Ablation("gpr", "attention")
SENTENCES = (
    ("a", "SS", "the pilot that the guards like ***mask*** tall ."),
    ("b", "", "the guard ***mask*** tall ."),
    ("a", "SP", "the farmer that the skaters admire ***mask*** old ."),
    ("b", "", "the author near the doctors ***mask*** short ."),
    ("a", "SS", "a doctor that the women know ***mask*** old ."),
)
SETTINGS = AblationSettings(draws=4)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=32)


@pytest.fixture(scope="module")
def model(path: Path) -> Model:
    return load_model(path, device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def hugging_face(path: Path) -> Bert:
    return BertForMaskedLM.from_pretrained(path, dtype=torch.float64).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def results(model: Model) -> list[InstanceResult]:
    instances = [
        Instance(str(number), text, "is", "are", task=task, case=case)
        for number, (task, case, text) in enumerate(SENTENCES)
    ]
    return sorted(analyze(model, instances, Settings(samples=8)), key=lambda result: result.id)


def ids_of(model: Model, result: InstanceResult) -> list[int]:
    vocabulary = model.tokenizer.get_vocab()
    return [vocabulary[token] for token in result.tokens]


def by_id(found: Sequence[Ablated]) -> dict[str, dict[Ablation, list[float]]]:
    return {each.id: {ablation: list(values) for ablation, values in each.quantities.items()} for each in found}


def assert_same(found: Sequence[Ablated], expected: Sequence[Ablated]) -> None:
    first, second = by_id(found), by_id(expected)
    assert first.keys() == second.keys()
    for name, quantities in first.items():
        for ablation, values in quantities.items():
            assert values == pytest.approx(second[name][ablation], rel=1e-10, abs=1e-12)


def means_of(model: Model, hugging_face: Bert, results: Sequence[InstanceResult]) -> dict[str, Tensor]:
    """By position for task a, whose sentences have one length; over all positions for task b."""
    states = defaultdict(list)
    for result in results:
        found = hugging_face(input_ids=torch.tensor([ids_of(model, result)]), output_hidden_states=True)
        states[result.task].append(torch.stack(found.hidden_states[:3])[:, 0])
    assert len({state.shape for state in states["a"]}) == 1 and len({state.shape for state in states["b"]}) == 2
    return {
        "a": torch.stack(states["a"]).mean(0),
        "b": torch.cat(states["b"], 1).mean(1, keepdim=True).expand(-1, 11, -1),
    }


@pytest.mark.parametrize("instead", ["zeros", "mean"])
def test_hooks_give_the_same(model: Model, hugging_face: Bert, results: list[InstanceResult], instead: str):
    means = means_of(model, hugging_face, results) if instead == "mean" else {}
    settings = replace(SETTINGS, replace=instead)
    found = by_id(list(ablate(model, results, settings)))
    right, wrong = (model.tokenizer.convert_tokens_to_ids(word) for word in ("is", "are"))
    for result in results:
        patterns = [(word.path, word.components) for word in result.words if word.influence > 0]
        assert 1 < len(patterns) < len(result.words)
        for ablation in (EMBEDDING, ATTENTION):
            logits = ablated_logits(
                hugging_face, ids_of(model, result), patterns, str(ablation.level), means.get(result.task)
            )[result.target]
            expected = float(logits[right] - logits[wrong])
            assert found[result.id][ablation] == pytest.approx([expected], rel=1e-10, abs=1e-10)


def test_the_original_is_the_quantity_of_the_result(model: Model, results: list[InstanceResult]):
    found = by_id(list(ablate(model, results, AblationSettings(methods=("original",)))))
    for result in results:
        assert found[result.id] == {ORIGINAL: pytest.approx([result.qoi], rel=1e-12)}


def test_a_classifier(tmp_path):
    path = random_bert(tmp_path / "classifier", kind="classifier", labels=("bad", "soso", "good"))
    model = load_model(path, device="cpu", dtype="float64")
    texts = ("a great movie .", "the film that he likes is boring .")
    instances = [Instance(text, text, label="good") for text in texts]
    hugging_face = BertForSequenceClassification.from_pretrained(path, dtype=torch.float64).eval()
    results = list(analyze(model, instances, Settings(samples=4)))
    found = by_id(list(ablate(model, results, SETTINGS)))
    for result in results:
        patterns = [(word.path, word.components) for word in result.words if word.influence > 0]
        with torch.no_grad():
            logits = ablated_logits(hugging_face, ids_of(model, result), patterns, "attention")
        expected = float(logits[2] - logits[:2].max())
        assert found[result.id][ATTENTION] == pytest.approx([expected], rel=1e-10, abs=1e-10)
        assert found[result.id][ORIGINAL] == pytest.approx([result.qoi])


def test_baseline_patterns_that_results_hold(model: Model, hugging_face: Bert):
    instances = [Instance(text, text, "is", "are") for _, _, text in SENTENCES[:2]]
    asked = Settings(samples=4, methods=("conductance", "attention", "random", "repl_skip"))
    results = list(analyze(model, instances, asked))
    found = by_id(list(ablate(model, results, SETTINGS)))
    right, wrong = (model.tokenizer.get_vocab()[word] for word in ("is", "are"))
    for result in results:
        assert [(each.method, each.level) for each in found[result.id]] == [
            ("original", None),
            ("gpr", "embedding"),
            ("gpr", "attention"),
            ("conductance", "embedding"),
            ("attention", "embedding"),
            ("random", "embedding"),
            ("random", "attention"),
            ("repl_skip", "attention"),
        ]
        positive = {word.position for word in result.words if word.influence > 0}
        for method in ("conductance", "attention"):
            patterns = [
                (each.path, each.components)
                for each in result.patterns
                if each.method == method and each.position in positive
            ]
            logits = ablated_logits(hugging_face, ids_of(model, result), patterns, "embedding")[result.target]
            expected = float(logits[right] - logits[wrong])
            assert found[result.id][Ablation(method, "embedding")] == pytest.approx([expected], rel=1e-10, abs=1e-10)
    plain = by_id(list(ablate(model, list(analyze(model, instances, Settings(samples=4))), SETTINGS)))
    for ablation in (Ablation("random", "embedding"), Ablation("repl_skip", "attention")):  # drawn and made here
        assert all(found[name][ablation] == pytest.approx(plain[name][ablation]) for name in plain)


def test_a_pattern_of_a_word_that_is_not_there(model: Model, results: list[InstanceResult]):
    stray = PatternResult("attention", 99, results[0].words[0].path, None, 0.5)
    with pytest.raises(InvalidInput, match="the result '0' does not hold together"):
        ablate(model, [replace(results[0], patterns=(stray,))])


@pytest.mark.parametrize("instead", ["zeros", "mean"])
def test_neither_batches_nor_memory_change_anything(model: Model, results: list[InstanceResult], instead: str):
    settings = replace(SETTINGS, replace=instead)
    whole = list(ablate(model, results, settings))
    assert [each.id for each in whole] == ["0", "2", "4", "1", "3"]
    need = AblationFootprint.of(model.encoder, 11)
    for budget in (12 * need.kept + need.working, 12 * need.kept + 3 * need.working, 10**7):
        assert_same(list(ablate(model, results, settings, memory=budget)), whole)
    assert_same(list(ablate(model, results[::-1], settings)), whole)


def test_what_is_computed_of_an_instance_depends_on_no_other(model: Model, results: list[InstanceResult]):
    whole = list(ablate(model, results, SETTINGS))
    alone = [found for result in results for found in ablate(model, [result], SETTINGS)]
    assert_same(alone, whole)
    some = replace(SETTINGS, methods=("random",), levels=("attention",))
    for found in ablate(model, results, some):
        ablation = Ablation("random", "attention")
        assert found.quantities.keys() == {ablation}
        assert list(found.quantities[ablation]) == pytest.approx(by_id(whole)[found.id][ablation])


def test_another_seed_changes_random_patterns_alone(model: Model, results: list[InstanceResult]):
    one, other = (by_id(list(ablate(model, results, replace(SETTINGS, seed=seed)))) for seed in (0, 1))
    for name, quantities in one.items():
        for ablation, values in quantities.items():
            assert len(values) == ablation.sets(4) == (4 if ablation.method == "random" else 1)
            assert (values == other[name][ablation]) == (ablation.method != "random")


def test_results_of_another_model(model: Model, results: list[InstanceResult]):
    with pytest.raises(InvalidInput, match=r"model: .* was made by ffff .*Name the model that made the results"):
        ablate(model, [replace(results[0], model="ffff")])


def test_results_of_another_question(model: Model, results: list[InstanceResult]):
    asked = results[0].settings | {"question": "log_probability"}
    with pytest.raises(InvalidInput, match=r"question: '0' answers 'log_probability', and this is 'logit_difference'"):
        ablate(model, [replace(results[0], settings=asked)])


@pytest.mark.parametrize(
    "change",
    [
        {"path": (1, 2, 11, 6)},
        {"path": (1, 2, 3, 6)},
        {"path": (1, 2, 7)},
        {"components": (0, 1, 4)},
        {"components": (-2, 1, 3)},
        {"components": (1, 3)},
    ],
)
def test_patterns_that_the_model_cannot_have(model: Model, results: list[InstanceResult], change: dict):
    word = replace(results[0].words[0], **{"influence": 1.0, **change})
    with pytest.raises(InvalidInput, match="the result '0' does not hold together"):
        ablate(model, [replace(results[0], words=(word,))])


def test_no_results(model: Model):
    with pytest.raises(InvalidInput, match="results: there are none"):
        ablate(model, [])


def test_the_mean_of_one_sentence_is_none(model: Model, results: list[InstanceResult]):
    lone = [results[0], results[1], results[2]]
    with pytest.raises(InvalidInput, match="replace: the task 'b' has one sentence"):
        ablate(model, lone, AblationSettings(replace="mean"))


def test_too_little_memory_says_how_much_is_needed(model: Model, results: list[InstanceResult]):
    with pytest.raises(InvalidInput, match=r"memory: 1\.0 kB is too little to ablate a sentence of 11 tokens"):
        list(ablate(model, results, SETTINGS, memory=1000))
    need = AblationFootprint.of(model.encoder, 11)
    least = 12 * need.kept + need.working
    assert list(ablate(model, results[:1], SETTINGS, memory=least))
    with pytest.raises(InvalidInput):
        list(ablate(model, results[:1], SETTINGS, memory=least - 1))


# Not ru_maxrss: a new program inherits it from the process that started it, here pytest.
PEAK = """
import re, sys
from dataclasses import replace
from pathlib import Path
import psutil
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import load_model
from workers.evaluation.ablation.running import ablate
from workers.evaluation.ablation.settings import AblationSettings
model = load_model(sys.argv[1], device="cpu")
words = ["the", "pilot", "that", "the", "guards", "like"] * 8
texts = [" ".join([*words, "***mask***"]), "the pilot ***mask***"]
instances = [Instance(text, text, correct="is", wrong="are") for text in texts]
long, short = analyze(model, instances, Settings(samples=2, edges="none"))
list(ablate(model, [short], AblationSettings(draws=2)))
before = psutil.Process().memory_info().rss
list(ablate(model, [replace(long, id=str(number)) for number in range(4)], memory=int(sys.argv[2])))
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
print(peak - before)
"""


def test_a_real_process_stays_within_its_memory(tmp_path):
    path = random_bert(tmp_path / "model", layers=6, heads=8, width=128, ff=512)
    budget = 60_000_000
    command = [sys.executable, "-c", PEAK, str(path), str(budget)]
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert budget / 8 < int(run.stdout) < budget
