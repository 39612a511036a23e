"""The identities that influence obeys whatever the weights (Lu et al. 2021, section 3.1 and Proposition 1)."""

import pytest
import torch
from hypothesis import given, settings

from tests.oracle.cases import Case, random_case, shapes
from workers.influence.component import SKIP
from workers.influence.passes.edges import Tangents, score_slices
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.search.refinement import pass_all, pass_component

anything = settings(max_examples=40, deadline=None, derandomize=True)
ROUNDING = 1e-12


@anything
@given(shapes())
def test_edges_of_every_layer_add_up_to_the_total_influence(shape):
    found = random_case(**shape).influence(sources=(), edges=True)
    heads, skip, total = found["edges.heads"][0], found["edges.skip"][0], found["total"][0]
    scale = heads.abs().sum((1, 2, 3)).max() + skip.abs().sum(1).max()
    by_layer = heads.sum((1, 2, 3)) + skip.sum(1)
    torch.testing.assert_close(by_layer, total.sum().expand_as(by_layer), rtol=0, atol=ROUNDING * scale.item())


@anything
@given(shapes())
def test_edges_that_leave_a_word_add_up_to_its_influence(shape):
    found = random_case(**shape).influence(sources=(), edges=True)
    leaving = found["edges.heads"][0, 0].sum((0, 1)) + found["edges.skip"][0, 0]
    scale = found["edges.heads"][0, 0].abs().sum() + found["edges.skip"][0, 0].abs().sum()
    torch.testing.assert_close(leaving, found["total"][0], rtol=0, atol=ROUNDING * scale.item())


@anything
@given(shapes())
def test_what_enters_a_node_leaves_it(shape):
    """The chain rule at every node between the embeddings and the quantity of interest."""
    found = random_case(**shape).influence(sources=(), edges=True)
    heads, skip = found["edges.heads"][0], found["edges.skip"][0]
    entering = heads.sum((1, 3)) + skip  # [layer, node of the next layer]
    leaving = heads.sum((1, 2)) + skip  # [layer, node]
    scale = heads.abs().sum((1, 2, 3)).max() + skip.abs().sum(1).max()
    torch.testing.assert_close(entering[:-1], leaving[1:], rtol=0, atol=ROUNDING * scale.item())


@pytest.mark.parametrize("kind", ["masked-lm", "two-classes", "custom"])
def test_completeness(kind):
    """The words' influences are the change of q, up to a quadrature error that more nodes remove."""
    errors = []
    for samples in (4, 16, 64):
        found = random_case(
            3, 2, 4, (4, 9, 0, 2, 7), 2, kind=kind, scale=0.3, sampling="gauss-legendre", samples=samples
        ).influence(sources=())
        change = (found["quantity"] - found["baseline_quantity"]).item()
        error = abs(found["total"].sum().item() - change) / found["total"].abs().sum().item()
        assert found["completeness_error"].item() == pytest.approx(error, rel=1e-9, abs=1e-15)
        errors.append(error)
    assert errors[2] < 1e-10 and errors[2] < errors[1] < errors[0]


@pytest.mark.parametrize("seed", range(8))
def test_a_sentence_that_is_its_own_baseline_has_no_completeness_error(seed):
    """No word is displaced: no influence, and no error relative to it, whatever q's last bits are."""
    found = random_case(3, 4, 4, (0, 0), 0, seed=seed, samples=5).influence()
    assert found["total"].tolist() == [[0.0, 0.0]]
    assert found["completeness_error"].item() == 0


def starts_of(case: Case) -> tuple[list[ForwardBackward], list[Tangents], torch.Tensor]:
    """The engine's own pieces: all samples, and every word's tangent at its own node."""
    sentences, line = case.engine_input
    one = ForwardBackward(case.transformer, sentences, line)
    tangents = Tangents.everywhere(one.projection(0), one.tangent)
    return [one], [tangents], tangents.nodes


def score_of(
    case: Case, slices: list[ForwardBackward], index: int, rows: list[Tangents]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Influence of each row's pattern with one more edge: `[row, head, node]`, and the skip `[row]`."""
    scores = score_slices(slices, index, rows)
    heads = scores.heads[0]
    if index == len(case.transformer.layers) - 1:  # only the target is computed there
        everywhere = heads.new_zeros(*heads.shape[:2], len(case.ids))
        everywhere[..., case.target] = heads[..., 0]
        heads = everywhere
    return heads, scores.skip[0]


def test_summing_out_the_next_node_gives_the_pattern_without_it():
    """Proposition 1, on the rules that carry a pattern on: through everything, and through one component."""
    case = random_case(3, 2, 3, (4, 9, 0, 2), 2, seed=5)
    slices, rows, everywhere = starts_of(case)
    heads, skip = score_of(case, slices, 0, rows)
    for node in range(4):
        to = torch.full_like(everywhere, node)
        stays = torch.arange(4) == node
        after, after_skip = score_of(case, slices, 1, [pass_all(slices[0], 0, rows[0], to)])
        torch.testing.assert_close(after.sum((1, 2)) + after_skip, heads[:, :, node].sum(1) + skip * stays)
        for component in range(2):
            chosen = pass_component(slices[0], 0, rows[0], to, torch.full_like(to, component))
            after, after_skip = score_of(case, slices, 1, [chosen])
            torch.testing.assert_close(after.sum((1, 2)) + after_skip, heads[:, component, node])


def test_all_complete_paths_add_up_to_the_total_influence():
    """Every path of the attention-level graph, enumerated: 7 edges leave each of the 3 nodes in each layer."""
    case = random_case(3, 2, 3, (4, 0, 7), 1, seed=2)
    slices, rows, _ = starts_of(case)
    source = torch.arange(3)
    for index in range(2):
        here = rows[0].nodes[0]
        edges = [
            (row, node, component)
            for row in range(len(here))
            for node in range(3)
            for component in (SKIP, 0, 1)
            if component != SKIP or node == here[row]
        ]
        row, node, component = torch.tensor(edges).T[:, None]
        rows = [pass_component(slices[0], index, rows[0].take(row), node, component)]
        source = source[row[0]]
    assert len(source) == 3 * 7 * 7
    heads, skip = score_of(case, slices, 2, rows)
    by_source = torch.zeros(3, dtype=torch.float64).index_add_(0, source, heads.sum((1, 2)) + skip)
    torch.testing.assert_close(by_source, case.influence(sources=())["total"][0], rtol=1e-11, atol=1e-13)
