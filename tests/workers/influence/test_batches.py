"""How the work is cut up changes nothing: sentences, samples, source words."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.oracle.cases import BASELINE, random_case, shapes, tensors_of
from tests.oracle.random_transformer import random_masked_lm_head, random_transformer
from workers.influence.baselines.methods import METHODS
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import influence
from workers.influence.interest import Around, Distribution, Line
from workers.influence.passes.forward import Sentences

ENCODER = random_transformer(4, 3, 3, seed=8)
IDS = torch.tensor([[4, 9, 0, 9, 2], [0, 3, 3, 3, 3], [7, 6, 5, 4, 0]])
TARGET = torch.tensor([2, 0, 4])
CORRECT, WRONG = torch.tensor([5, 8, 1]), torch.tensor([6, 2, 9])
EVERY = torch.arange(5).expand(3, 5)
ALL = [0, 1, 2]


def run(
    chosen: list[int],
    sources: Tensor = EVERY,
    ids: Tensor = IDS,
    encoder: Transformer = ENCODER,
    distribution: Distribution | None = None,
    **options: Any,
) -> dict[str, Tensor]:
    """Everything about the chosen sentences, each with its own target and words to tell apart."""
    head = random_masked_lm_head(encoder)
    sentences = Sentences(
        ids[chosen],
        TARGET[chosen],
        BASELINE,
        lambda hidden: head.difference(hidden, CORRECT[chosen], WRONG[chosen]),
    )
    points = distribution or Line.of("trapezoid", 7, encoder.word_embeddings)
    found = influence(encoder, sentences, points, sources[chosen], edges=True, methods=tuple(METHODS), **options)
    return tensors_of(found)


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-13)


def of_words(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is computed of each source word."""
    return {name: tensor for name, tensor in found.items() if name.startswith(("embedding", "attention", "baselines"))}


searches = pytest.mark.parametrize(("refine", "beam"), [("sequential", 1), ("sequential", 3), ("independent", 2)])


@searches
def test_a_batch_is_its_sentences_one_by_one(refine, beam):
    together = run(ALL, refine=refine, beam=beam)
    for sentence in ALL:
        row = {name: tensor[sentence : sentence + 1] for name, tensor in together.items()}
        assert_same(run([sentence], refine=refine, beam=beam), row)


@pytest.mark.parametrize(
    "distribution",
    [
        Line.at(0.4, like=ENCODER.word_embeddings),
        Around.of("gaussian", 0.3, 5, ENCODER.word_embeddings),
        Around.of("uniform", 0.3, 5, ENCODER.word_embeddings),
    ],
)
def test_a_batch_is_its_sentences_in_any_order_whatever_the_distribution(distribution):
    together = run([2, 0, 1], distribution=distribution, slice_size=2)
    for row, sentence in enumerate([2, 0, 1]):
        alone = run([sentence], distribution=distribution)
        assert_same(alone, {name: tensor[row : row + 1] for name, tensor in together.items()})


def test_other_sentences_of_the_batch_play_no_part():
    others = IDS.clone()
    others[[0, 2]] = torch.tensor([[1, 1, 0, 1, 1], [19, 18, 17, 16, 0]])
    before, after = run(ALL, beam=2), run(ALL, ids=others, beam=2)
    assert_same({name: after[name][1] for name in after}, {name: before[name][1] for name in before})
    assert not torch.allclose(before["total"][0], after["total"][0])


@searches
@pytest.mark.parametrize("slice_size", [1, 2, 3, 6, 7, 100])
def test_slices_of_samples_give_the_whole(slice_size, refine, beam):
    whole = run(ALL, refine=refine, beam=beam)
    assert_same(run(ALL, refine=refine, beam=beam, slice_size=slice_size), whole)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shapes(max_samples=9), st.integers(1, 9), st.integers(1, 3), st.sampled_from(["sequential", "independent"]))
def test_slices_give_the_whole_for_any_shape(shape, slice_size, beam, refine):
    case = random_case(**shape)
    whole = case.influence(beam=beam, refine=refine, edges=True)
    sliced = case.influence(beam=beam, refine=refine, edges=True, slice_size=slice_size)
    near = 1e-12 * float(whole["edges.heads"].abs().sum() + whole["edges.skip"].abs().sum())
    torch.testing.assert_close(sliced, whole, rtol=1e-10, atol=near)


@searches
@pytest.mark.parametrize("chosen", [[3], [4, 1], [2, 2]])
def test_single_source_words_are_those_of_the_run_with_all(chosen, refine, beam):
    every = run(ALL, refine=refine, beam=beam)
    expected = every | {name: tensor[:, chosen] for name, tensor in of_words(every).items()}
    assert_same(run(ALL, sources=torch.tensor([chosen] * 3), refine=refine, beam=beam), expected)


def test_sentences_with_different_sources():
    every, sources = run(ALL), torch.tensor([[0, 1], [4, 2], [3, 0]])
    rows = torch.arange(3)[:, None]
    expected = every | {name: tensor[rows, sources] for name, tensor in of_words(every).items()}
    assert_same(run(ALL, sources=sources), expected)


def test_no_sources_give_totals_and_edges_alone():
    every = run(ALL)
    expected = {name: tensor for name, tensor in every.items() if name not in of_words(every)}
    assert_same(run(ALL, sources=torch.zeros(3, 0, dtype=torch.long)), expected)


def test_float32_is_float64_to_its_rounding():
    exact = run(ALL, encoder=random_transformer(4, 3, 3, seed=8, scale=0.3))
    rough = run(ALL, encoder=random_transformer(4, 3, 3, seed=8, scale=0.3, dtype=torch.float32))
    assert rough["total"].dtype == torch.float32
    torch.testing.assert_close(rough, exact, rtol=1e-3, atol=1e-5, check_dtype=False)


def test_repeated_runs_are_bitwise_equal():
    first, second = run(ALL, beam=2), run(ALL, beam=2)
    assert all(torch.equal(first[name], second[name]) for name in first)
