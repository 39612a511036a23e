"""Baseline patterns against enumeration, autograd and Captum."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.oracle import baselines as oracle
from tests.oracle.brute_force import Pattern
from tests.oracle.cases import BASELINE, Case, random_case, shapes
from workers.influence.baselines.baselines import (
    BaselinePatterns,
    attention_paths,
    conductances,
    internal_influences,
    with_identity,
)
from workers.influence.baselines.methods import METHODS
from workers.influence.component import SKIP
from workers.influence.engine import Influence, influence
from workers.influence.graph import Graph
from workers.influence.passes import forward, forward_backward
from workers.influence.passes.forward import Sentences
from workers.influence.passes.forward_backward import ForwardBackward, Remade, attention_at_input


def samples_of(case: Case, slice_size: int | None = None) -> list[ForwardBackward]:
    sentences, line = case.engine_input
    lines = [line] if slice_size is None else line.slices(slice_size)
    remade = None if slice_size is None else Remade()
    return [ForwardBackward(case.transformer, sentences, run, remade) for run in lines]


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
    found = attention_paths(Graph(layers, 1, length), weights, torch.arange(length)[None], torch.tensor([target]))
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
    found = attention_paths(Graph(3, 1, 3), weights, torch.tensor([[0, 1, 2]]), torch.tensor([0]))
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
    for find in (lambda slices: conductances(slices, sources), internal_influences):
        torch.testing.assert_close(find(samples_of(case, slice_size)), find(samples_of(case)), rtol=1e-10, atol=1e-13)


def found_in(case: Case, *methods: str, **options: Any) -> tuple[Influence, list[BaselinePatterns]]:
    sources = torch.arange(len(case.ids))[None]
    found = influence(case.transformer, *case.engine_input, sources, methods=methods, **options)
    return found, list(found.baselines)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=3, max_length=5))
def test_every_method_has_patterns_at_its_levels_with_their_influence(shape):
    case = random_case(**shape)
    brute = case.brute_force
    found, baselines = found_in(case, *METHODS)
    near = 1e-12 * float(found.total.abs().sum())
    levels = [(each.method, "embedding" if each.components is None else "attention") for each in baselines]
    assert levels == [(method, level) for method, levels in METHODS.items() for level in levels]
    for each in baselines:
        paths = [tuple(path) for path in each.path[0].tolist()]
        assert [(path[0], path[-1]) for path in paths] == [(source, case.target) for source in range(len(case.ids))]
        components = [(None,) * brute.layers] * len(paths)
        if each.components is not None:
            components = [tuple(of) for of in each.components[0].tolist()]
        patterns = [Pattern(path, of) for path, of in zip(paths, components, strict=True)]
        expected = torch.tensor(brute.influences(patterns), dtype=torch.float64)
        torch.testing.assert_close(each.influence[0], expected, rtol=1e-10, atol=near)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=3, max_length=5))
def test_methods_choose_what_they_are_to_choose(shape):
    """The best path, or node of every layer; a node as good as it where rounding alone tells them apart."""
    case = random_case(**shape)
    found, baselines = found_in(case, "attention", "attention_raw", "conductance", "internal")
    paths = {each.method: each.path[0] for each in baselines}
    weights = attention_at_input(case.transformer, *case.engine_input, samples_of(case))
    target = torch.tensor([case.target])
    for method, each in (("attention", with_identity(weights, target)), ("attention_raw", weights)):
        for source, path in enumerate(paths[method].tolist()):
            best = oracle.best_path([layer[0] for layer in each], source, case.target)
            assert oracle.strength([layer[0] for layer in each], path) == pytest.approx(best[1], rel=1e-12)
    sign = torch.where(found.total[0] < 0, -1.0, 1.0)[:, None, None]
    conductance = oracle.conductance(case.brute_force) * sign
    internal = oracle.internal_influence(case.brute_force).sum(-1).expand_as(conductance)
    for method, gain in (("conductance", conductance), ("internal", internal)):
        at = gain.gather(-1, paths[method][:, 1:-1, None])[..., 0]
        torch.testing.assert_close(at, gain.amax(-1), rtol=1e-9, atol=1e-11)


def test_a_word_that_is_the_baseline_has_no_conductance_and_takes_the_lowest_positions():
    found, (conductance,) = found_in(random_case(3, 2, 3, (4, 9, BASELINE, 2), 1), "conductance")
    assert found.total[0, 2] == 0
    assert conductance.path[0, 2].tolist() == [2, 0, 0, 1]


def test_words_against_the_answer_go_by_their_most_negative_conductance():
    case = random_case(3, 2, 3, (4, 9, 7, 2, BASELINE, 5), 4, samples=8)
    found, (conductance,) = found_in(case, "conductance")
    values = conductances(samples_of(case), torch.arange(6)[None])[0]
    negative = [source for source in range(6) if found.total[0, source] < 0]
    assert negative
    for source in negative:
        lowest, highest = values[source].argmin(-1).tolist(), values[source].argmax(-1).tolist()
        assert conductance.path[0, source, 1:-1].tolist() == lowest != highest


def test_the_internal_influence_is_the_same_path_for_every_word():
    _, (internal,) = found_in(random_case(4, 2, 3, (4, 9, 7, 2, 0, 5), 4), "internal")
    assert len({tuple(path) for path in internal.path[0, :, 1:].tolist()}) == 1


def test_repl_skip_is_the_extracted_path_with_skip_connections_alone():
    """No path from another position to the target consists of them, and so nothing flows."""
    found, (replaced,) = found_in(random_case(3, 2, 3, (4, 9, 7, 2, BASELINE, 5), 4), "repl_skip")
    assert found.embedding is not None and replaced.components is not None
    assert torch.equal(replaced.path, found.embedding.path)
    assert (replaced.components == SKIP).all()
    assert (replaced.influence == 0).all()


def test_random_patterns_are_the_sentences_own():
    """The same in any batch; another sentence has others, and so does each word."""
    case = random_case(5, 4, 3, (4, 9, 7, 2, 0, 5), 4)
    alone = {each.components is None: each for each in found_in(case, "random")[1]}
    ids = torch.tensor([(4, 9, 7, 3, 0, 5), case.ids])
    sentences, line = Sentences(ids, torch.tensor([4, 4]), BASELINE, case.interest), case.engine_input[1]
    both = influence(case.transformer, sentences, line, torch.tensor([[1, 3], [5, 0]]), methods=("random",)).baselines
    for each in both:
        one = alone[each.components is None]
        assert torch.equal(each.path[1], one.path[0, [5, 0]])
        assert each.components is None or one.components is not None
        if each.components is not None and one.components is not None:
            assert torch.equal(each.components[1], one.components[0, [5, 0]])
    assert not torch.equal(both[0].path[0, 1, 1:], alone[True].path[0, 3, 1:])
    assert len({tuple(path) for path in alone[True].path[0, :, 1:].tolist()}) > 1


@pytest.mark.parametrize(("sampling", "again"), [("trapezoid", 0), ("paper", 0), ("gauss-legendre", 4)])
def test_the_forward_pass_is_not_run_again(monkeypatch, sampling, again):
    """But once, of the input alone, where that is no sample."""
    calls: list[int] = []
    original = forward.forward_layer

    def counted(*args: Any) -> Any:
        calls.append(args[1].shape[2])  # samples
        return original(*args)

    monkeypatch.setattr(forward, "forward_layer", counted)
    monkeypatch.setattr(forward_backward, "forward_layer", counted)
    case = random_case(4, 2, 3, (4, 9, 7, 2, 0, 5), 4, sampling=sampling, samples=6)
    found_in(case)
    usual = list(calls)
    calls.clear()
    found_in(case, *METHODS)
    assert calls == usual + [1] * again
