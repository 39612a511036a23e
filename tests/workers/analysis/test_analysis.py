"""From instances to results: what every result says, and that it says the engine's numbers."""

import json
import math
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from tests.workers.models.kinds import KINDS, model_of
from workers.analysis import analysis
from workers.analysis.analysis import analyze
from workers.analysis.questions import Question, logit_difference, of_logits
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.influence.component import SKIP
from workers.influence.interest import Around
from workers.models import Encoded, Model, load_model

SENTENCE = Instance(
    "a",
    "the pilot that the guards like ***mask*** tall .",
    correct="is",
    wrong="are",
    task="sva-obj",
    case="SP",
    roles=("det", "subject", "that", "det", "attractor", "verb", "target", "adjective", "period"),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(tmp_path_factory.mktemp("model"), layers=3, heads=4, width=32)
    return load_model(path, device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = random_bert(
        tmp_path_factory.mktemp("classifier"), kind="classifier", labels=("bad", "fair", "good"), layers=2
    )
    return load_model(path, device="cpu", dtype="float64")


def one(model: Model, instance: Instance = SENTENCE, settings: Settings | None = None) -> InstanceResult:
    (result,) = analyze(model, [instance], settings)
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_has_its_tokens_as_they_are_spelled_and_as_they_read(tmp_path, kind):
    model = model_of(tmp_path, kind)
    text = "is the pilot near the zebra ***mask*** tall."
    result = one(model, Instance("a", text, "is", "are"))
    assert [word.token for word in result.words] == [each for each in result.tokens if each != "<mask>"]
    assert (result.texts is None) == (kind == "WordLevel")
    labels = [result.label(position) for position in range(len(result.tokens))]
    assert labels[:6] == ["<s>", "is", "the·2", "pilot", "near", "the·5"]
    assert len(set(labels)) == len(labels)
    assert not any(sign in label for label in labels for sign in ("Ġ", "▁", "##"))
    again = InstanceResult.from_json(result.to_json())
    assert again == result and again.shown == result.shown
    assert ("texts" in json.loads(result.to_json())) == (result.texts is not None)
    assert result.as_spelled().shown == result.tokens


def test_a_result_says_how_many_points_it_took_and_how_exact_it_is(model: Model):
    result = one(model, settings=Settings(sampling="adaptive", tolerance=0.001))
    assert result.samples > 17 and result.within_tolerance is True
    assert result.sampling_error is not None and result.sampling_error <= 0.001
    assert result.completeness_error is not None and result.completeness_error <= result.sampling_error + 1e-12
    values = json.loads(result.to_json())
    assert (values["samples"], values["sampling_error"]) == (result.samples, result.sampling_error)
    assert InstanceResult.from_json(result.to_json()) == result
    short = one(model, settings=Settings(sampling="adaptive", samples=20, tolerance=1e-9))
    assert short.samples == 19 and short.within_tolerance is False


@pytest.mark.parametrize(
    ("settings", "samples"),
    [(Settings(samples=5), 5), (Settings(distribution="point:1"), 1), (Settings(distribution="gaussian:1"), 32)],
)
def test_what_settings_say_of_samples_is_not_written_again(model: Model, settings: Settings, samples: int):
    result = one(model, settings=settings)
    assert (result.samples, result.sampling_error, result.within_tolerance) == (samples, None, None)
    assert not {"samples", "sampling_error", "within_tolerance"} & json.loads(result.to_json()).keys()
    assert InstanceResult.from_json(result.to_json()) == result


def test_a_result_says_what_made_it(model: Model):
    result = one(model)
    assert result.model == model.fingerprint
    assert result.settings == {**Settings().to_dict(), "dtype": "float64", "question": "logit_difference"}
    assert result.versions["torch"] == torch.__version__
    assert (result.id, result.task, result.case, result.text) == ("a", "sva-obj", "SP", SENTENCE.text)
    assert result.tokens[result.target] == "[MASK]"
    assert result.roles == ("cls", *(SENTENCE.roles or ()), "sep")
    assert (result.correct, result.wrong) == ("is", "are")


def test_words_and_completeness(model: Model):
    result = one(model)
    assert [word.position for word in result.words] == [place for place in range(11) if place != result.target]
    total = sum(word.influence for word in result.words) + result.target_influence
    scale = sum(abs(word.influence) for word in result.words)
    difference = abs(total - (result.qoi - result.baseline_qoi))
    assert result.completeness_error == pytest.approx(difference / scale)
    assert result.completeness_error is not None and 0 < result.completeness_error < 0.05
    for word in result.words:
        assert word.token == result.tokens[word.position]
        assert word.path[0] == word.position
        assert word.path[-1] == result.target
        assert len(word.path) == 4
        assert len(word.components) == len(word.embedding_trace) == len(word.attention_trace) == 3
        assert word.sign == math.copysign(1, word.influence)
        assert word.embedding_influence == word.embedding_trace[-1]
        assert word.attention_influence == word.attention_trace[-1]


def test_json_round_trip(model: Model):
    result = one(model, settings=Settings(edges="top:7"))
    again = InstanceResult.from_json(result.to_json())
    assert again == result
    line = json.loads(result.to_json())
    assert set(line["edges"][0]) == {"layer", "source", "target", "component", "influence"}
    assert "edges" not in json.loads(one(model, settings=Settings(edges="none")).to_json())


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"tokens": 3, "roles": null, "words": []}'])
def test_a_line_that_is_no_result(line: str):
    with pytest.raises(ValueError):  # noqa: PT011
        InstanceResult.from_json(line)


def test_edges_that_are_kept(model: Model):
    everything = one(model, settings=Settings(edges="all")).edges
    assert everything is not None
    # Two whole layers, and a last one whose only target is the mask: N·N·A + N, and N·A + 1.
    assert len(everything) == 2 * (11 * 11 * 4 + 11) + 11 * 4 + 1
    strength = np.abs(everything.influence)
    assert (np.diff(strength) <= 0).all()
    top = one(model, settings=Settings(edges="top:9")).edges
    assert top is not None
    assert list(top) == list(everything)[:9]
    mass = one(model, settings=Settings(edges="mass:0.5")).edges
    assert mass is not None
    assert list(mass) == list(everything)[: len(mass)]
    assert strength[: len(mass)].sum() >= strength.sum() / 2 > strength[: len(mass) - 1].sum()
    # The mask's own word stands at the baseline already, so that its edges carry nothing.
    assert len(one(model, settings=Settings(edges="mass:1.0")).edges or ()) == (strength > 0).sum()


def test_edges_of_every_layer_add_up(model: Model):
    result = one(model, settings=Settings(edges="all"))
    assert result.edges is not None
    total = sum(word.influence for word in result.words)
    for layer in range(3):
        assert result.edges.influence[result.edges.layer == layer].sum() == pytest.approx(total, rel=1e-12)
    skips = [edge for edge in result.edges if edge.component == SKIP]
    assert all(edge.source == edge.target for edge in skips)


def test_sources_alone(model: Model):
    chosen = one(model, settings=Settings(sources=(2, 5))).words
    among_all = [word for word in one(model).words if word.position in (2, 5)]
    assert [word.position for word in chosen] == [2, 5]
    for word, same in zip(chosen, among_all, strict=True):
        assert (word.path, word.components) == (same.path, same.components)
        assert word.embedding_trace == pytest.approx(same.embedding_trace, rel=1e-12)
        assert word.attention_trace == pytest.approx(same.attention_trace, rel=1e-12)


@pytest.mark.parametrize("distribution", ["point:1", "gaussian:0.1", "uniform:0.1"])
def test_only_the_line_has_a_completeness_error(model: Model, distribution: str):
    result = one(model, settings=Settings(distribution=distribution))
    assert result.completeness_error is None
    assert (result.qoi, result.baseline_qoi) == pytest.approx((one(model).qoi, one(model).baseline_qoi))
    assert result.settings["distribution"] == distribution
    assert InstanceResult.from_json(result.to_json()) == result
    assert json.loads(result.to_json())["completeness_error"] is None


@pytest.mark.parametrize("baseline", ["zero", "token:[PAD]", "token:the"])
def test_influences_add_up_to_the_change_from_any_baseline(model: Model, baseline: str):
    result = one(model, settings=Settings(baseline=baseline, samples=200))
    total = sum(word.influence for word in result.words) + result.target_influence
    assert total == pytest.approx(result.qoi - result.baseline_qoi, rel=1e-3)
    assert result.baseline_qoi != one(model).baseline_qoi
    assert result.target_influence != 0
    of_the = [word.influence for word in result.words if word.token == "the"]
    assert (of_the == [0, 0]) == (baseline == "token:the")


def test_a_scale_is_a_share_of_the_word_embeddings_spread(model: Model):
    around = analysis.distribution_of(Settings(distribution="gaussian:0.5"), model.encoder)
    assert isinstance(around, Around)
    assert around.scale == pytest.approx(0.5 * model.encoder.word_embeddings.std().item())
    assert around.samples == 32


def test_a_baseline_that_the_model_does_not_know(model: Model):
    with pytest.raises(InvalidInput, match="baseline: 'zebra' is not a token of"):
        analyze(model, [SENTENCE], Settings(baseline="token:zebra"))


@pytest.mark.parametrize(("source", "problem"), [(7, "is the target"), (11, "is beyond its 11 tokens")])
def test_sources_that_are_none(model: Model, source: int, problem: str):
    with pytest.raises(InvalidInput, match=f"sources: position {source} of 'a' {problem}"):
        one(model, settings=Settings(sources=(source,)))


def test_bad_instances_can_be_left_out(model: Model):
    bad = Instance("b", "no mask here", correct="is", wrong="are", origin="s.jsonl:2")
    problems: list[InvalidInput] = []
    plan = analysis.prepare(model, [SENTENCE, bad], Settings(), on_bad=problems.append)
    assert [str(problem).split(":")[:3] for problem in problems] == [["s.jsonl", "2", " text"]]
    assert plan.sentences == 1
    with pytest.raises(InvalidInput):
        analysis.prepare(model, [SENTENCE, bad], Settings())


def test_a_classifier_names_the_best_other_class(classifier: Model):
    instance = Instance("c", "the film is great .", label="fair")
    result = one(classifier, instance)
    assert (result.target, result.correct) == (0, "fair")
    by_wrong = {}
    for label in ("bad", "good"):
        (other,) = analyze(classifier, [Instance("c", instance.text, label=label)])
        by_wrong[label] = other
    # The label whose own lead over "fair" is larger (or less negative) is the best other class.
    assert result.wrong in by_wrong
    assert result.qoi == pytest.approx(-by_wrong[result.wrong].qoi) or by_wrong[result.wrong].wrong != "fair"
    assert len(result.words) == len(result.tokens) - 1
    total = result.target_influence + sum(word.influence for word in result.words)
    assert total == pytest.approx(result.qoi - result.baseline_qoi, rel=0.05)
    assert result.target_influence != 0


def test_any_quantity_of_interest(model: Model):
    def probability(model: Model, sentences):
        correct = torch.tensor([sentence.correct for sentence in sentences])

        def interest(hidden: Tensor) -> Tensor:
            chances = model.objective.outputs(hidden).softmax(-1)
            return chances.gather(-1, correct[:, None, None].expand(*chances.shape[:2], 1))[..., 0]

        return interest

    (result,) = analyze(model, [SENTENCE], question=probability)
    assert result.settings["question"] == "probability"
    assert 0 < result.qoi < 1
    total = sum(word.influence for word in result.words)
    assert total == pytest.approx(
        result.qoi - result.baseline_qoi, abs=0.05 * sum(abs(w.influence) for w in result.words)
    )


def test_a_function_of_logits_is_a_question(model: Model):
    """The built-in quantity, written as a function of one sentence's logits: for sentences of a batch, each its own."""

    @of_logits
    def difference(logits: Tensor, sentence: Encoded) -> Tensor:
        return logits[:, sentence.correct] - logits[:, sentence.wrong]

    swapped = Instance("b", SENTENCE.text, correct="are", wrong="is")
    for found, expected in zip(
        analyze(model, [SENTENCE, swapped], question=difference), analyze(model, [SENTENCE, swapped]), strict=True
    ):
        assert found.settings["question"] == "difference"
        assert found.qoi == pytest.approx(expected.qoi, rel=1e-10)
        assert [word.path for word in found.words] == [word.path for word in expected.words]
        influences = [word.influence for word in expected.words]
        assert [word.influence for word in found.words] == pytest.approx(influences, rel=1e-8, abs=1e-12)


def test_a_function_of_a_classifiers_logits(classifier: Model):
    @of_logits
    def good(logits: Tensor, sentence: Encoded) -> Tensor:
        return logits[:, 2]

    (result,) = analyze(classifier, [Instance("c", "the film is great .", label="fair")], question=good)
    total = result.target_influence + sum(word.influence for word in result.words)
    assert total == pytest.approx(result.qoi - result.baseline_qoi, rel=0.05)


@pytest.mark.parametrize(
    "question",
    [lambda model, sentences: lambda hidden: hidden.sum(-1), partial(logit_difference)],
    ids=["lambda", "partial"],
)
def test_a_question_without_a_name(model: Model, question: Question):
    with pytest.raises(InvalidInput, match="question: it has no name to keep results under"):
        list(analyze(model, [SENTENCE], question=question))


def test_the_model_decides_the_answer(model: Model):
    swapped = Instance("a", SENTENCE.text, correct="are", wrong="is")
    assert one(model, swapped).qoi == pytest.approx(-one(model).qoi)


def test_two_instances_of_one_id(model: Model):
    with pytest.raises(InvalidInput, match="id: 'a' appears twice"):
        analyze(model, [SENTENCE, SENTENCE])


def test_a_quantity_of_the_wrong_shape(model: Model):
    def mean(model: Model, sentences):
        return lambda hidden: hidden.mean()

    with pytest.raises(ValueError, match=r"must give a value for each sentence and sample, \[1, 32\]; it gives \[\]"):
        list(analyze(model, [SENTENCE], question=mean))


def test_one_instance_is_no_list():
    """Without run-time type checks, as users have it."""
    code = (
        "from influence_graph import Instance, InvalidInput, analyze, load_model\n"
        "model = load_model('bundled')\n"
        "for given in (Instance('a', 'the pilot ***mask***', 'is', 'are'), 'the pilot ***mask***'):\n"
        "    try: analyze(model, given)\n"
        "    except InvalidInput as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.count("is one of them. Give a list of instances.\n") == 2
