"""The counterfactual baseline: each sentence's other text, against the brute force and on the whole way."""

from dataclasses import replace

import pytest
import torch

from cypher.errors import InvalidInput
from tests.oracle.cases import random_case
from tests.oracle.search import refine
from tests.random_models import random_bert
from workers.analysis.analysis import analyze, prepare
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import MASK, MASKED, TASKS, Instance, generate
from workers.influence.engine import influence
from workers.influence.passes.forward import Sentences
from workers.jobs.inputs import from_input, to_input
from workers.models import load_model

TEXT = f"the pilot that the guards like {MASK} tall ."
OTHER = f"the pilots that the guards like {MASK} tall ."
SETTINGS = Settings(samples=4, baseline="counterfactual", edges="all")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(random_bert(tmp_path_factory.mktemp("model"), layers=3), "cpu", "float64")


def sentence(name: str = "1", **changes) -> Instance:
    return replace(Instance(name, TEXT, correct="is", wrong="are", counterfactual=OTHER), **changes)


@pytest.mark.parametrize("how", ["sequential", "independent"])
@pytest.mark.parametrize("block", ["post-ln", "modern", "disentangled"])
def test_every_number_is_the_brute_forces(block, how):
    """A brute force whose baseline is another sentence: each position has a baseline of its own."""
    case = random_case(3, 2, 4, (4, 9, 9, 0, 2), 3, block=block, seed=5)
    others = (4, 7, 9, 0, 11)
    brute = replace(case.brute_force, others=others)
    sentences = Sentences(torch.tensor([case.ids]), torch.tensor([case.target]), torch.tensor([others]), case.interest)
    sources = torch.arange(5)[None]
    found = influence(case.transformer, sentences, case.points(), sources, beam=2, refine=how, edges=True)
    total = brute.total()
    near = 1e-13 * total.abs().sum().item()
    torch.testing.assert_close(found.total[0], total, rtol=1e-10, atol=near)
    assert found.total[0, [0, 2, 3]].abs().max().item() == 0.0  # equal words have no displacement
    assert found.edges is not None and found.embedding is not None and found.attention is not None
    torch.testing.assert_close(found.edges.heads[0], brute.head_edges(), rtol=1e-10, atol=near)
    torch.testing.assert_close(found.edges.skip[0], brute.skip_edges(), rtol=1e-10, atol=near)
    assert found.baseline_quantity.item() == pytest.approx(brute.baseline_qoi, rel=1e-10)
    for source in (1, 4):
        expected = refine(brute, source, 2, how)
        assert tuple(found.embedding.path[0, source].tolist()) == expected.path
        assert tuple(found.attention.components[0, source].tolist()) == expected.components


def test_all_influence_is_of_what_differs(model):
    (result,) = analyze(model, [sentence()], SETTINGS)
    by_token = {word.token: word.influence for word in result.words}
    assert by_token["pilot"] != 0 and all(value == 0 for token, value in by_token.items() if token != "pilot")
    (other,) = analyze(model, [sentence(text=OTHER, counterfactual=None)], replace(SETTINGS, baseline="mask"))
    assert result.baseline_qoi == pytest.approx(other.qoi, rel=1e-12)
    assert (result.counterfactual, result.settings["baseline"]) == (OTHER, "counterfactual")
    assert InstanceResult.from_json(result.to_json()).counterfactual == OTHER


def test_a_batch_is_its_sentences_one_by_one_and_in_slices(model):
    instances = [
        sentence(str(index), counterfactual=text)
        for index, text in enumerate((OTHER, TEXT, OTHER.replace("guards", "guard")))
    ]
    together = list(analyze(model, instances, SETTINGS))
    for instance, result in zip(instances, together, strict=True):
        (alone,) = analyze(model, [instance], SETTINGS)
        assert [word.influence for word in alone.words] == pytest.approx([word.influence for word in result.words])
        assert [word.path for word in alone.words if word.influence] == [w.path for w in result.words if w.influence]
    adaptive = replace(SETTINGS, sampling="adaptive", samples=None, tolerance=0.001)
    for result in analyze(model, instances, adaptive):
        assert result.within_tolerance


@pytest.mark.parametrize(
    ("counterfactual", "problem"),
    [
        (None, "counterfactual: '1' has none. Give every sentence another text"),
        (f"the pilot {MASK} tall .", "has 7 tokens, and text has 11"),
        (f"{MASK} pilot that the guards like the tall .", r"has no \[MASK\] where text has it"),
    ],
)
def test_one_that_cannot_be_used_is_refused(model, counterfactual, problem):
    with pytest.raises(InvalidInput, match=problem):
        prepare(model, [sentence(counterfactual=counterfactual)], SETTINGS)


def test_unknown_words_of_the_other_text_are_told_and_a_text_of_nothing_else_is_refused(model):
    encoded = model.encode(sentence(counterfactual=OTHER.replace("pilots", "日")))
    assert encoded.unknown == ("日",) and encoded.counterfactual is not None
    short = sentence(text=f"pilot {MASK} .", counterfactual=f"日 {MASK} 日")
    with pytest.raises(InvalidInput, match=r"counterfactual: the vocabulary of .* has none of the words"):
        model.encode(short)


def test_it_waits_in_a_job_as_it_was_given():
    assert from_input(to_input(sentence())) == sentence()


@pytest.mark.parametrize("task", MASKED)
def test_generated_ones_differ_in_one_nouns_form(task):
    for case in TASKS[task].cases:
        for noun in ("subject", "attractor"):
            plain = generate(task, case, 20, seed=3)
            for before, made in zip(plain, generate(task, case, 20, 3, noun), strict=True):
                assert replace(made, counterfactual=None) == before and made.counterfactual is not None
                words, others = made.text.split(), made.counterfactual.split()
                assert len(words) == len(others) and words.index(MASK) == others.index(MASK)
                differ = {
                    role for word, other, role in zip(words, others, made.roles or (), strict=True) if word != other
                }
                assert noun in differ and differ <= {noun, "embedded-verb"}


def test_sentiment_has_no_such_nouns():
    with pytest.raises(InvalidInput, match=r"counterfactual: sentences of sa have no subject\. Use one of sva-obj"):
        generate("sa", TASKS["sa"].cases[0], 1, 0, "subject")
