"""One layer, one head, width 2, worked out on paper.

Every vector below is a multiple of e = (1, -1), so each is given by one number. LayerNorm with gain 1 and bias 0 takes
`v e` to `f(v) e`, `f(v) = v / sqrt(v² + eps)`, with `f'(v) = eps / (v² + eps)^(3/2)`; for eps = 16 and v = ±3 that is
±3/5 and 16/125. Words: mask 0, A = 6, B = -6; positions and type 0. One sample, α = 1/2 (the one Gauss-Legendre node).

Sentence "A B" with B the target (position 1), so z = (3, -3):

    h0 = 3/5, h1 = -3/5, with tangents for the displacements 6 and -6:  t0 = 6 · 16/125 = 96/125,  t1 = -96/125.

Attention: Wq = Wk = identity with query bias β, Wv = 2 · identity, and an output matrix that takes e to e. For vectors
a e and b e the dot product is 2 a b, so with β = 3/5 + 5/12 ln 3

    q1 = -3/5 + β = 5/12 ln 3,  score(1,0) = 2 q1 3/5 = 1/2 ln 3,  score(1,1) = -1/2 ln 3,
    P(1,0) : P(1,1) = √3 : 1/√3, so P = (3/4, 1/4);  v = (6/5, -6/5);  o1 = 3/4 · 6/5 - 1/4 · 6/5 = 3/5.

With output bias 3, u1 = h1 + o1 + 3 = 3, so LN1 gives 3/5 and its slope is 16/125. The feed-forward block (identities,
relu) maps (3/5, -3/5) to (3/5, 0); with its residual (6/5, -3/5): beside its mean, 9/10 e. A step dy e there changes
it by (2 dy, -dy), that is 3/2 dy e. LN2 with eps = 36/25: sqrt(81/100 + 144/100) = 3/2, so f = 3/5 and
f' = 1.44 / 3.375 = 32/75. The quantity of interest is twice the first entry of h', so q = 2 · 3/5 = 6/5 and

    dq/du1 = C = 2 · 32/75 · 3/2 · 16/125 = 512/3125 a unit of e.

The edges (tangent times the local rule, times C):

    A → B, head:  ds = 2 q1 t0 = 5/6 ln 3 t0;  do = P(1,0) [ds (v0 - o1) + 2 t0] = 3/4 [1/2 ln 3 + 2] t0
    B → B, head:  key and value: 1/4 [5/6 ln 3 (-6/5 - 3/5) + 2] t1 = [1/2 - 3/8 ln 3] t1;
                  query: Σ_k P(1,k) (2 t1 h_k) (v_k - o1) = [3/4 · 6/5 · 3/5 + 1/4 · (-6/5) (-9/5)] t1 = 27/25 t1
    B → B, skip:  t1
"""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.oracle.cases import Case
from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.transformer import Transformer

LN3 = math.log(3)
C = 512 / 3125
T0, T1 = 96 / 125, -96 / 125
A_HEAD = C * (3 / 8 * LN3 + 3 / 2) * T0
B_HEAD = C * (1 / 2 - 3 / 8 * LN3 + 27 / 25) * T1
B_SKIP = C * T1
MASK, A, B = 0, 1, 2


def tensor(rows: list) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def norm(eps: float) -> LayerNorm:
    return LayerNorm(tensor([1, 1]), tensor([0, 0]), eps)


def case_of(ids: tuple[int, ...], target: int, value: float = 2.0, output_bias: float = 3.0) -> Case:
    beta = 3 / 5 + 5 / 12 * LN3
    qkv = Linear(tensor([[1, 0], [0, 1], [1, 0], [0, 1], [value, 0], [0, value]]), tensor([beta, -beta, 0, 0, 0, 0]))
    out = Linear(tensor([[0, -1], [-1, 0]]), tensor([output_bias, -output_bias]))  # (1, -1) to (1, -1)
    identity = Linear(tensor([[1, 0], [0, 1]]), tensor([0, 0]))
    layer = PostLN(
        projection=FusedProjection(qkv, heads=1),
        output=HeadOutputs(out, heads=1),
        norm1=norm(16.0),
        feed_forward=FeedForward(identity, "relu", identity),
        norm2=norm(36 / 25),
    )
    words = tensor([[0, 0], [6, -6], [-6, 6]])
    embeddings = BertEmbeddings(words, torch.zeros(2, 2, dtype=torch.float64), tensor([0, 0]), norm(16.0))
    return Case(Transformer(embeddings, (layer,)), ids, target, lambda hidden: 2 * hidden[..., 0], "gauss-legendre", 1)


def test_every_edge():
    found = case_of((A, B), target=1).influence(edges=True)
    torch.testing.assert_close(found["edges.heads"][0, 0, 0], tensor([[0, 0], [A_HEAD, B_HEAD]]))
    torch.testing.assert_close(found["edges.skip"][0, 0], tensor([0, B_SKIP]))


def test_totals_paths_and_components():
    """B's influence is negative: of its two components the head, -0.144, is more so than the skip, -0.126."""
    found = case_of((A, B), target=1).influence()
    torch.testing.assert_close(found["total"][0], tensor([A_HEAD, B_HEAD + B_SKIP]))
    assert found["embedding.path"][0].tolist() == [[0, 1], [1, 1]]
    assert found["attention.components"][0].tolist() == [[0], [0]]
    torch.testing.assert_close(found["embedding.trace"][0], tensor([[A_HEAD], [B_HEAD + B_SKIP]]))
    torch.testing.assert_close(found["attention.influence"][0], tensor([A_HEAD, B_HEAD]))


def test_a_negated_quantity_negates_every_influence_and_keeps_the_patterns():
    case = case_of((A, B), target=1)
    found = replace(case, interest=lambda hidden: -2 * hidden[..., 0]).influence()
    torch.testing.assert_close(found["total"][0], -tensor([A_HEAD, B_HEAD + B_SKIP]))
    assert found["attention.components"][0].tolist() == [[0], [0]]
    torch.testing.assert_close(found["attention.influence"][0], -tensor([A_HEAD, B_HEAD]))


@pytest.mark.parametrize(("value", "component"), [(2.0, 0), (0.5, -1)])
def test_a_single_word_by_head_or_by_skip(value, component):
    """Sentence "A": P = 1, so o = v = value · 3/5 and do = value · t; the skip carries t. The larger one is chosen.

    The output bias 12/5 - value · 3/5 again gives u = 3/5 + value · 3/5 + bias = 3, and C as above.
    """
    found = case_of((A,), target=0, value=value, output_bias=12 / 5 - value * 3 / 5).influence()
    torch.testing.assert_close(found["total"][0, 0].item(), C * (value + 1) * T0)
    assert found["embedding.path"][0, 0].tolist() == [0, 0]
    assert found["attention.components"][0, 0].item() == component
    torch.testing.assert_close(found["attention.influence"][0, 0].item(), C * max(value, 1) * T0)


def test_quantity_at_the_sample():
    """q(z) = 6/5 at α = 1/2, the point worked out above, reached here as the sentence whose words are halved."""
    case = case_of((A, B), target=1)
    embeddings = case.transformer.embeddings
    assert isinstance(embeddings, BertEmbeddings)
    words = replace(embeddings, word_embeddings=embeddings.word_embeddings / 2)
    halved = replace(case, transformer=replace(case.transformer, embeddings=words))
    torch.testing.assert_close(halved.influence(sources=())["quantity"].item(), 6 / 5)
