"""Every path, component and value of the engine against the brute force, in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.cases import INTERESTS, Case, random_case, shapes
from tests.oracle.random_transformer import BLOCKS
from tests.oracle.search import refine

RELATIVE = 1e-10


def assert_patterns_agree(case: Case, how: str, beam: int) -> None:
    """Paths, components, values and traces of every word."""
    found, brute = case.influence(refine=how, beam=beam), case.brute_force
    total = brute.total()
    near = 1e-13 * total.abs().sum().item()  # rounding of a word's own influence, where paths cancel
    torch.testing.assert_close(found["total"][0], total, rtol=RELATIVE, atol=near)
    for source in range(len(case.ids)):
        expected = refine(brute, source, beam, how)
        assert tuple(found["embedding.path"][0, source].tolist()) == expected.path
        assert tuple(found["attention.components"][0, source].tolist()) == expected.components
        embedding_trace, attention_trace = found["embedding.trace"][0, source], found["attention.trace"][0, source]
        assert embedding_trace.tolist() == pytest.approx(expected.embedding_trace, rel=RELATIVE, abs=near)
        assert embedding_trace[-1].item() == pytest.approx(expected.embedding_influence, rel=RELATIVE, abs=near)
        assert attention_trace.tolist() == pytest.approx(expected.attention_trace, rel=RELATIVE, abs=near)
        attention_influence = found["attention.influence"][0, source].item()
        assert attention_influence == pytest.approx(expected.attention_influence, rel=RELATIVE, abs=near)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(shapes(), st.sampled_from(["sequential", "independent"]), st.integers(1, 3))
def test_patterns(shape, how, beam):
    assert_patterns_agree(random_case(**shape), how, beam)


@pytest.mark.parametrize("how", ["sequential", "independent"])
@pytest.mark.parametrize("beam", [1, 2, 3])
@pytest.mark.parametrize(
    ("block", "kind"), [*(("post-ln", kind) for kind in INTERESTS), *((block, "masked-lm") for block in BLOCKS[1:])]
)
def test_patterns_for_every_search_and_quantity_of_interest(block, kind, beam, how):
    case = random_case(3, 3, 3, (4, 9, 9, 0, 2), 3, block=block, kind=kind, seed=17, sampling="paper")
    assert_patterns_agree(case, how, beam)


@pytest.mark.parametrize("how", ["sequential", "independent"])
def test_a_beam_wider_than_there_are_patterns(how):
    """Then the search is exhaustive."""
    assert_patterns_agree(random_case(3, 2, 3, (4, 0, 7), 1), how, 100)


def test_patterns_of_the_largest_shape():
    ids = (4, 9, 9, 2, 11, 3, 0, 5, 9, 17, 1, 2)
    assert_patterns_agree(random_case(6, 8, 2, ids, 6, seed=3, samples=2), "sequential", 1)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=4, max_length=6))
def test_edges_and_quantity(shape):
    case = random_case(**shape)
    found, brute = case.influence(sources=(), edges=True), case.brute_force
    near = 1e-13 * brute.total().abs().sum().item()
    torch.testing.assert_close(found["edges.heads"][0], brute.head_edges(), rtol=RELATIVE, atol=near)
    torch.testing.assert_close(found["edges.skip"][0], brute.skip_edges(), rtol=RELATIVE, atol=near)
    assert found["quantity"].item() == pytest.approx(brute.qoi, rel=RELATIVE)
    assert found["baseline_quantity"].item() == pytest.approx(brute.baseline_qoi, rel=RELATIVE)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(shapes(), st.sampled_from(["sequential", "independent"]), st.integers(1, 3))
def test_patterns_thoroughly(shape, how, beam):
    assert_patterns_agree(random_case(**shape), how, beam)
