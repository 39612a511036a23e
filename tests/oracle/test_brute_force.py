"""The brute force against Hugging Face's BERT, products of Jacobians and the identities it has to obey."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.func import jacrev
from transformers import BertForMaskedLM, BertForSequenceClassification

from tests.oracle.brute_force import SKIP, BruteForce, Pattern, apply_layer, embed, quadrature
from tests.oracle.huggingface import classifier_head_of, encoder_of, masked_lm_head_of, random_bert
from tests.oracle.random_transformer import random_masked_lm_head, random_transformer
from tests.oracle.search import refine

SMALL = {
    "vocab_size": 30,
    "hidden_size": 12,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 10,
    "initializer_range": 0.5,
}


def masked_lm_difference(head, correct: int, wrong: int) -> Callable[[Tensor], Tensor]:
    return lambda hidden: head.difference(hidden, torch.tensor([correct]), torch.tensor([wrong]))


def small_brute_force(layers: int = 2, heads: int = 2, ids: tuple[int, ...] = (5, 3, 0, 5), **options) -> BruteForce:
    encoder = random_transformer(layers, heads, 3, seed=layers + heads)
    interest = masked_lm_difference(random_masked_lm_head(encoder), 7, 9)
    return BruteForce(encoder, ids, ids.index(0), interest, baseline_id=0, **{"samples": 4, **options})


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_forward_pass_is_hugging_face_berts(activation):
    model = random_bert(BertForMaskedLM, hidden_act=activation, **SMALL)
    encoder, ids = encoder_of(model), [4, 9, 1, 9, 20]
    brute = BruteForce(encoder, ids, 2, masked_lm_difference(masked_lm_head_of(model), 11, 12), baseline_id=1)
    expected = model(torch.tensor([ids]), output_hidden_states=True)
    hidden = embed(encoder, brute.words[None, None])
    for number, layer in enumerate(encoder.layers):
        hidden = apply_layer(layer, hidden, brute.edges_of(brute.prefix())[None, number])
    torch.testing.assert_close(hidden[0, 0], expected.hidden_states[-1][0], rtol=1e-12, atol=1e-12)
    assert brute.qoi == pytest.approx((expected.logits[0, 2, 11] - expected.logits[0, 2, 12]).item(), rel=1e-11)


def test_total_influence_is_autograd_through_hugging_faces_classifier():
    model = random_bert(BertForSequenceClassification, num_labels=3, **SMALL)
    ids, points, weights = [4, 9, 1, 9], *quadrature("trapezoid", 6)
    head = classifier_head_of(model)
    brute = BruteForce(
        encoder_of(model), ids, 0, lambda hidden: head.difference(hidden, torch.tensor([2])), 1, samples=6
    )
    table = model.bert.embeddings.word_embeddings.weight
    words, baseline = table[ids], table[[1] * 4]
    expected = torch.zeros(4, dtype=torch.float64)
    for alpha, weight in zip(points, weights, strict=True):
        leaf = (baseline + alpha * (words - baseline)).clone().requires_grad_()
        logits = model(inputs_embeds=leaf[None]).logits[0]
        (gradient,) = torch.autograd.grad(logits[2] - torch.maximum(logits[0], logits[1]), leaf)
        expected += weight * (gradient * (words - baseline)).sum(-1)
    torch.testing.assert_close(brute.total(), expected, rtol=1e-11, atol=1e-13)


def test_stop_gradients_leave_the_values_as_they_are():
    brute = small_brute_force()
    masks = [brute.prefix(), brute.prefix((0, 1, 2), (0, 1)), brute.edge(1, 2, 2, SKIP)]
    words = brute.words.repeat(3, 1, 1, 1)
    interest = brute.forward(words, torch.stack([brute.edges_of(mask) for mask in masks]))
    assert interest[0].item() == interest[1].item() == interest[2].item()


def test_side_by_side_equals_one_pattern_at_a_time():
    brute = small_brute_force(layers=3)
    patterns = [
        Pattern((i, j, None, 2), (component, None, None)) for i in range(4) for j in range(4) for component in range(2)
    ]
    together = brute.influences(patterns)
    assert together == pytest.approx([brute.influence(pattern) for pattern in patterns], rel=1e-12, abs=1e-15)


def test_embedding_level_influence_is_a_product_of_jacobian_blocks():
    """Layer by layer Jacobians, multiplied block by block along the path, inside the expectation."""
    brute = small_brute_force()
    encoder, path = brute.transformer, (0, 3, 2)
    everything = brute.edges_of(brute.prefix())

    def stage(number: int) -> Callable[[Tensor], Tensor]:
        return lambda hidden: apply_layer(encoder.layers[number], hidden[None, None], everything[None, number])[0, 0]

    displacement, influence = (brute.words - brute.baseline)[path[0]], 0.0
    for alpha, weight in zip(*quadrature(brute.sampling, brute.samples), strict=True):
        words = brute.baseline + float(alpha) * (brute.words - brute.baseline)
        hidden = embed(encoder, words)
        tangent = jacrev(lambda inputs: embed(encoder, inputs))(words)[path[0], :, path[0]] @ displacement
        for number in range(2):
            tangent = jacrev(stage(number))(hidden)[path[number + 1], :, path[number]] @ tangent
            hidden = stage(number)(hidden)
        gradient = jacrev(lambda last: brute.interest(last[None, None])[0, 0])(hidden[2])
        influence += weight * (gradient @ tangent).item()
    assert brute.influence(brute.prefix(path)) == pytest.approx(influence, rel=1e-11)


def test_all_complete_paths_add_up_to_the_total_influence():
    brute = small_brute_force()
    for source in range(4):
        paths = [
            Pattern((source, middle, brute.target), components)
            for middle in range(4)
            for components in itertools.product((SKIP, 0, 1), repeat=2)
            if (components[0] != SKIP or middle == source) and (components[1] != SKIP or middle == brute.target)
        ]
        assert sum(brute.influences(paths)) == pytest.approx(brute.total()[source].item(), rel=1e-11, abs=1e-13)


def test_summing_out_a_node_or_a_component_gives_the_pattern_without_it():
    """The chain rule (Proposition 1)."""
    brute = small_brute_force(layers=3)
    nodes = [Pattern((1, None, node, 2), (None, 0, None)) for node in range(4)]
    assert sum(brute.influences(nodes)) == pytest.approx(
        brute.influence(Pattern((1, None, None, 2), (None, 0, None))), rel=1e-11
    )
    components = [Pattern((1, 1, 3, 2), (component, 1, None)) for component in (SKIP, 0, 1)]
    assert sum(brute.influences(components)) == pytest.approx(
        brute.influence(Pattern((1, 1, 3, 2), (None, 1, None))), rel=1e-11
    )


def test_edges_of_every_layer_add_up_to_the_total_influence():
    brute = small_brute_force()
    by_layer = brute.head_edges().sum((1, 2, 3)) + brute.skip_edges().sum(1)
    torch.testing.assert_close(by_layer, brute.total().sum().expand(2), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("sampling", ["paper", "trapezoid", "gauss-legendre"])
def test_quadrature(sampling):
    points, weights = quadrature(sampling, 5)
    assert weights.sum() == pytest.approx(1) and (weights @ points) == pytest.approx(0.5)
    square = {"paper": 0.375, "trapezoid": 0.34375, "gauss-legendre": 1 / 3}[sampling]  # of 0, 1/4, 1/2, 3/4, 1
    assert weights @ points**2 == pytest.approx(square)


def test_completeness_error_vanishes_with_more_nodes():
    few, many = (small_brute_force(sampling="gauss-legendre", samples=count).completeness_error() for count in (2, 64))
    assert many < 1e-6 < few


def test_a_wide_beam_finds_the_best_path_of_all():
    brute = small_brute_force(layers=3)
    found = refine(brute, source=1, beam=16)
    paths = [brute.prefix((1, *middle, brute.target)) for middle in itertools.product(range(4), repeat=2)]
    assert found.embedding_influence == pytest.approx(found.sign * max(found.sign * v for v in brute.influences(paths)))


@pytest.mark.parametrize("how", ["sequential", "independent"])
def test_refinement_ends_on_what_it_reports(how):
    brute = small_brute_force(layers=3)
    found = refine(brute, source=3, how=how)
    assert found.path[0] == 3 and found.path[-1] == brute.target and len(found.components) == 3
    assert found.embedding_trace[-1] == pytest.approx(found.embedding_influence, rel=1e-12)
    if how == "sequential":
        assert found.attention_trace[-1] == pytest.approx(found.attention_influence, rel=1e-12)
