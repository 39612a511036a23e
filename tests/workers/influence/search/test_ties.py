"""Equals are decided by place: the lowest position, the skip connection before head 0."""

from dataclasses import replace

import pytest
import torch

from tests.oracle.cases import random_case
from workers.influence.blocks.block import Block
from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.transformer import Transformer
from workers.influence.search.refinement import choose

searches = pytest.mark.parametrize(("refine", "beam"), [("sequential", 1), ("sequential", 3), ("independent", 1)])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_choose_takes_the_first_of_equals(sign):
    values = sign * torch.tensor([[[[1.0, 2.0, 2.0], [2.0, 0.0, 2.0]]]])
    choice = choose(values, torch.ones_like(values, dtype=torch.bool), torch.tensor([[sign]]), 3)
    assert choice.parent.tolist() == [[[0, 0, 1]]]
    assert choice.candidate.tolist() == [[[1, 2, 0]]]
    assert choice.value.tolist() == [[[2 * sign] * 3]]


def test_choose_passes_over_what_does_not_exist():
    values = torch.tensor([[[[9.0, -1.0, -1.0]]]])
    choice = choose(values, torch.tensor([[[[False, True, True]]]]), torch.tensor([[1.0]]), 1)
    assert choice.candidate.item() == 1 and choice.value.item() == -1.0


@searches
def test_a_word_that_is_the_baseline_has_nothing_but_ties(refine, beam):
    """No displacement: every pattern's influence is 0, so every choice is the lowest."""
    case = random_case(3, 2, 3, (4, 9, 0, 2), 1)
    found = case.influence(sources=(2,), refine=refine, beam=beam)
    assert found["total"][0, 2] == 0
    assert found["embedding.path"][0, 0].tolist() == [2, 0, 0, 1]
    assert found["attention.components"][0, 0].tolist() == [0, -1, 0]  # a skip only from 0 to 0
    assert found["attention.influence"].item() == 0


@searches
@pytest.mark.parametrize("kind", ["masked-lm", "custom"])
def test_of_two_equal_heads_the_lower_is_chosen(refine, beam, kind):
    """Every layer's head 1 is a copy of head 0, so their scores are the same numbers."""
    case = random_case(3, 2, 4, (4, 9, 0, 2), 2, kind=kind)
    layers = tuple(twin_heads(layer) for layer in case.transformer.layers)
    twins = replace(case, transformer=replace(case.transformer, layers=layers))
    found = twins.influence(refine=refine, beam=beam, edges=True)
    torch.testing.assert_close(found["edges.heads"][:, :, 0], found["edges.heads"][:, :, 1])
    assert 0 in found["attention.components"] and 1 not in found["attention.components"]


def twin_heads(layer: Block) -> PostLN:
    """Two heads of width 4 that read and write the same.

    Every row of the projections has a single entry, a power of two, so that no order of summation can tell the two
    apart in the last bit.
    """
    assert isinstance(layer, PostLN)
    rows = torch.zeros(3, 2, 4, 8, dtype=torch.float64)
    for part, scale in enumerate((2.0, 1.0, 4.0)):
        for column in range(4):
            rows[part, :, column, (3 * column + part) % 8] = scale
    out = torch.cat([torch.eye(4, dtype=torch.float64)] * 2, 1).repeat(2, 1)
    qkv = Linear(rows.flatten(0, 2), torch.zeros(24, dtype=torch.float64))
    output = HeadOutputs(Linear(out, layer.output.out.bias), heads=2)
    return replace(layer, projection=FusedProjection(qkv, heads=2), output=output)


@searches
def test_of_two_equal_positions_the_lower_is_chosen(refine, beam):
    """Words 0 and 1 are the same and positions are not told apart: whatever passes one could pass the other."""
    transformer = indifferent_transformer()
    case = replace(
        random_case(ids=(4, 4, 0, 7), target=2), transformer=transformer, interest=lambda hidden: hidden[..., 0]
    )
    found = case.influence(refine=refine, beam=beam, edges=True)
    edges = found["edges.heads"][0, 0, 0]
    assert edges[0, 3] == edges[1, 3] != 0
    path = found["embedding.path"][0, 3]
    assert path.tolist() == [3, 0, 2]


def indifferent_transformer() -> Transformer:
    """Two layers that attend evenly to all positions and subtract what they read: two reads beat a read and a skip."""
    eye, zero = torch.eye(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    norm = LayerNorm(torch.ones(4, dtype=torch.float64), zero, 0.05)
    nothing = Linear(0 * eye, zero)
    layer = PostLN(
        FusedProjection(Linear(torch.cat([0 * eye, 0 * eye, eye]), zero.repeat(3)), heads=1),
        HeadOutputs(Linear(-8 * eye, zero), heads=1),
        norm,
        FeedForward(nothing, "relu", nothing),
        norm,
    )
    words = torch.zeros(20, 4, dtype=torch.float64)
    words[4, 1], words[7, 0] = 1.0, 2.0
    embeddings = BertEmbeddings(words, torch.zeros(12, 4, dtype=torch.float64), zero, norm)
    return Transformer(embeddings, (layer, layer))
