"""Baseline patterns against enumeration, autograd and Captum."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.oracle import baselines as oracle
from tests.oracle.cases import Case, random_case, shapes
from workers.influence.baselines import attention_paths, conductances, internal_influences, with_identity
from workers.influence.forward import Samples


def samples_of(case: Case, slice_size: int | None = None) -> list[Samples]:
    sentences, line = case.engine_input
    lines = [line] if slice_size is None else line.slices(slice_size)
    return [Samples(case.encoder, sentences, part, keep=slice_size is None) for part in lines]


def random_weights(layers: int, length: int, target: int, seed: int, levels: int | None = None) -> list[Tensor]:
    """Attention weights of each layer, those of the last one of the target alone; of few different values for ties."""
    generator = torch.Generator().manual_seed(seed)
    if levels is None:
        whole = torch.rand(layers, length, length, generator=generator, dtype=torch.float64).softmax(-1)
    else:
        whole = 0.5 ** torch.randint(levels, (layers, length, length), generator=generator).double()
    return [*whole[:-1, None], whole[-1:, target : target + 1]]


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 10**6), st.sampled_from([None, 1, 2, 3]), st.data())
def test_attention_takes_the_path_of_largest_product(layers, length, seed, levels, data):
    """With few levels there are ties: weights are powers of two, so that equal products are equal numbers."""
    target = data.draw(st.integers(0, length - 1))
    weights = random_weights(layers, length, target, seed, levels)
    found = attention_paths(weights, torch.arange(length)[None], torch.tensor([target]))
    for source in range(length):
        expected, _ = oracle.best_path([each[0] for each in weights], source, target)
        assert tuple(found[0, source].tolist()) == expected


def test_with_identity_is_half_of_what_each_position_attends_to_itself():
    weights = [torch.tensor([[[0.2, 0.8], [0.6, 0.4]]]), torch.tensor([[[0.3, 0.7]]])]
    below, last = with_identity(weights, torch.tensor([1]))
    torch.testing.assert_close(below, torch.tensor([[[0.6, 0.4], [0.3, 0.7]]]))
    torch.testing.assert_close(last, torch.tensor([[[0.15, 0.85]]]))


def test_nodes_without_any_attention_are_left_out():
    """A weight that is 0 is as good as no step; where there is no other the lowest position stands for it."""
    weights = [torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])] * 2 + [
        torch.tensor([[[0.0, 1.0, 0.0]]])
    ]
    found = attention_paths(weights, torch.tensor([[0, 1, 2]]), torch.tensor([0]))
    assert found.tolist() == [[[0, 0, 0, 0], [1, 2, 1, 0], [2, 0, 0, 0]]]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=3, max_length=6))
def test_conductance_and_internal_influence_are_autograds(shape):
    case = random_case(**shape)
    brute, sources = case.brute_force, torch.arange(len(case.ids))[None]
    expected = oracle.conductance(brute)
    torch.testing.assert_close(conductances(samples_of(case), sources)[0], expected, rtol=1e-9, atol=1e-11)
    expected = oracle.internal_influence(brute).sum(-1)
    torch.testing.assert_close(internal_influences(samples_of(case))[0], expected, rtol=1e-9, atol=1e-11)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(shapes(max_layers=5))
def test_conductance_of_a_layer_adds_up_to_the_words_influence(shape):
    """Completeness: every path from a word passes exactly one node of each layer."""
    case = random_case(**{**shape, "layers": max(2, shape["layers"])})
    found = conductances(samples_of(case), torch.arange(len(case.ids))[None])[0].sum(-1)
    total = case.influence()["total"][0]
    near = 1e-12 * float(total.abs().sum())
    torch.testing.assert_close(found, total[:, None].expand_as(found), rtol=1e-10, atol=near)


@pytest.mark.parametrize("slice_size", [1, 2, 5])
def test_slices_give_the_same_conductance_and_internal_influence(slice_size):
    case = random_case(3, 2, 3, (4, 9, 0, 9, 2), 2, samples=7)
    sources = torch.tensor([[4, 0]])
    for find in (lambda parts: conductances(parts, sources), internal_influences):
        torch.testing.assert_close(find(samples_of(case, slice_size)), find(samples_of(case)), rtol=1e-10, atol=1e-13)
