"""The best of all patterns against plain enumeration."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.cases import Case, random_case, shapes
from workers.influence import footprint
from workers.influence.component import ALL, SKIP
from workers.influence.graph import Graph
from workers.influence.passes.forward_backward import ForwardBackward, Remade
from workers.influence.passes.pattern_influence import Patterns, influence_of
from workers.influence.search.exhaustive import Choices, best_of

NEAR = 1e-11


def slices_of(case: Case, slice_size: int | None) -> list[ForwardBackward]:
    sentences, line = case.engine_input
    lines = [line] if slice_size is None else line.slices(slice_size)
    remade = None if slice_size is None else Remade()
    return [ForwardBackward(case.transformer, sentences, run, remade) for run in lines]


def graph_of(case: Case) -> Graph:
    return case.transformer.graph(len(case.ids))


def assert_best(case: Case, choices: Choices, slice_size: int | None = None) -> None:
    """In both signs, of each word, against every single pattern."""
    slices = slices_of(case, slice_size)
    sources = choices.nodes[0]
    sign = torch.tensor([1.0, -1.0] * len(sources), dtype=torch.float64)[: len(sources)]
    between = list(product(*choices.nodes[1:]))
    each = []
    for source in sources:
        every = [((source, *nodes), chosen) for nodes in between for chosen in product(*choices.components)]
        assert len(every) == choices.size
        path, component = (torch.tensor([column]) for column in zip(*every, strict=True))
        each.append((every, influence_of(slices, Patterns(path.unbind(-1), component))[0]))
    for signs in (sign, -sign):
        found = best_of(slices, choices, signs)
        for index, (every, influences) in enumerate(each):
            best = (signs[index] * influences).max() * signs[index]
            assert found.influence[index].item() == pytest.approx(best.item(), rel=NEAR, abs=1e-14)
            row = every.index((tuple(found.path[index].tolist()), tuple(found.components[index].tolist())))
            assert influences[row].item() == pytest.approx(best.item(), rel=NEAR, abs=1e-14)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=3, max_length=4), st.sampled_from([None, 1, 3]))
def test_the_best_of_all_paths(shape, slice_size):
    case = random_case(**shape)
    sources = range(len(case.ids))[::-2]
    assert_best(case, Choices.paths(graph_of(case), sources, case.target), slice_size)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(shapes(max_layers=4, max_heads=3, max_length=4), st.data(), st.sampled_from([None, 1, 3]))
def test_the_best_of_all_components_along_a_path(shape, data, slice_size):
    case = random_case(**shape)
    node = st.integers(0, len(case.ids) - 1)
    path = [*data.draw(st.lists(node, min_size=shape["layers"], max_size=shape["layers"])), case.target]
    assert_best(case, Choices.along(graph_of(case), path), slice_size)


@pytest.mark.parametrize("cut", range(4))
def test_it_does_not_matter_where_it_is_cut(cut, monkeypatch):
    monkeypatch.setattr(Choices, "cut", lambda _: cut)
    case = random_case(4, 2, 3, (4, 9, 0), 2, seed=5)
    assert_best(case, Choices.paths(graph_of(case), [0, 1], 2))
    assert_best(case, Choices.along(graph_of(case), (1, 1, 0, 2, 2)))


def test_nor_how_many_ends_are_worked_on_at_a_time(monkeypatch):
    monkeypatch.setitem(footprint.WIDEST, "cpu", 1)
    case = random_case(3, 2, 3, (4, 9, 0), 2, seed=6)
    assert_best(case, Choices.paths(graph_of(case), [0, 1], 2))


def test_what_the_search_is_over():
    paths = Choices.paths(Graph(layers=3, heads=2, length=5), [3, 1], target=2)
    assert paths.size == 25
    assert [list(nodes) for nodes in paths.nodes] == [[3, 1], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [2]]
    assert paths.components == [[ALL]] * 3
    along = Choices.along(Graph(layers=2, heads=2, length=5), (1, 1, 3))
    assert [list(some) for some in along.components] == [[SKIP, 0, 1], [0, 1]]
    assert along.size == 6


def test_the_cut_carries_few():
    """A million paths, and a few thousand tangents and gradients."""
    choices = Choices.paths(Graph(layers=6, heads=8, length=16), range(10), target=0)
    assert choices.size == 16**5
    assert choices.carried(choices.cut()) < 8000
