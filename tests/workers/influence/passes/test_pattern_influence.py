"""The influence of given patterns against the brute force, and the identities that it obeys."""

import random
from dataclasses import replace
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.brute_force import Pattern
from tests.oracle.cases import Case, random_case, shapes
from workers.influence import footprint
from workers.influence.component import ALL, SKIP
from workers.influence.passes import pattern_influence as patterns
from workers.influence.passes.forward_backward import ForwardBackward, Remade
from workers.influence.passes.pattern_influence import Patterns, influence_of

RELATIVE = 1e-10


def slices_of(case: Case, slice_size: int | None = None) -> list[ForwardBackward]:
    sentences, line = case.engine_input
    lines = [line] if slice_size is None else line.slices(slice_size)
    remade = None if slice_size is None else Remade()
    return [ForwardBackward(case.transformer, sentences, run, remade) for run in lines]


def influences(case: Case, patterns: list[Pattern], slice_size: int | None = None) -> torch.Tensor:
    """Of patterns that leave the same layers open."""
    columns = zip(*(pattern.positions for pattern in patterns), strict=True)
    nodes = [None if column[0] is None else torch.tensor([column]) for column in columns]
    components = [[ALL if one is None else one for one in pattern.components] for pattern in patterns]
    return influence_of(slices_of(case, slice_size), Patterns(nodes, torch.tensor([components])))[0]


def some_patterns(case: Case, fixed: list[bool], count: int, seed: int) -> list[Pattern]:
    """Patterns with nodes at the `fixed` layers, and components chosen, or not, at random; some do not exist."""
    draw = random.Random(seed)
    length, heads = len(case.ids), case.transformer.heads

    def pattern() -> Pattern:
        between = (draw.randrange(length) if is_fixed else None for is_fixed in fixed)
        components = (draw.choice([None, SKIP, *range(heads)]) for _ in range(len(fixed) + 1))
        return Pattern((draw.randrange(length), *between, case.target), tuple(components))

    return [pattern() for _ in range(count)]


def assert_agree(case: Case, patterns: list[Pattern], slice_size: int | None = None) -> None:
    near = 1e-13 * case.brute_force.total().abs().sum().item()
    expected = torch.tensor(case.brute_force.influences(patterns), dtype=torch.float64)
    torch.testing.assert_close(influences(case, patterns, slice_size), expected, rtol=RELATIVE, atol=near)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(shapes(max_layers=5, max_heads=4, max_length=6), st.data())
def test_any_patterns(shape, data):
    case = random_case(**shape)
    fixed = data.draw(st.lists(st.booleans(), min_size=shape["layers"] - 1, max_size=shape["layers"] - 1))
    count = data.draw(st.sampled_from([1, 2, 40]))
    slice_size = data.draw(st.sampled_from([None, 1, 3]))
    assert_agree(case, some_patterns(case, fixed, count, data.draw(st.integers(0, 10**6))), slice_size)


SMALL = random_case(4, 2, 3, (4, 9, 0, 2), 2, seed=5)
"""Four words, four layers, two heads."""


@pytest.mark.parametrize("meet", range(4))
@pytest.mark.parametrize("fixed", [(True, True, True), (True, False, True), (False, False, True)], ids=str)
def test_it_does_not_matter_where_prefixes_and_suffixes_meet(fixed, meet, monkeypatch):
    monkeypatch.setattr(patterns, "cheapest", lambda *_: meet)
    assert_agree(SMALL, some_patterns(SMALL, list(fixed), 30, seed=1))


@pytest.mark.parametrize("fixed", [(True, True, True), (True, False, True)], ids=str)
def test_nor_how_many_are_worked_on_at_a_time(fixed, monkeypatch):
    monkeypatch.setitem(footprint.WIDEST, "cpu", 1)
    assert_agree(SMALL, some_patterns(SMALL, list(fixed), 30, seed=2))


def test_sentences_of_a_batch_have_their_own_patterns():
    cases = [replace(SMALL, ids=ids, target=target) for ids, target in (((4, 9, 0, 2), 2), ((7, 0, 3, 3), 1))]
    drawn = [some_patterns(case, [True] * 3, 25, seed) for seed, case in enumerate(cases)]
    drawn[1] = drawn[1][:2] + drawn[1][:1] * 23  # fewer distinct ones
    sentences = [case.engine_input[0] for case in cases]
    both = replace(
        sentences[0], **{name: torch.cat([getattr(one, name) for one in sentences]) for name in ("ids", "target")}
    )
    both_of = ForwardBackward(SMALL.transformer, both, SMALL.engine_input[1])
    nodes = torch.tensor([[pattern.positions for pattern in some] for some in drawn]).unbind(-1)
    component = [[[ALL if c is None else c for c in pattern.components] for pattern in some] for some in drawn]
    found = influence_of([both_of], Patterns(nodes, torch.tensor(component)))
    for row, case, some in zip(found, cases, drawn, strict=True):
        torch.testing.assert_close(row, influences(case, some), rtol=RELATIVE, atol=1e-14)


def test_all_complete_paths_of_a_word_add_up_to_its_influence():
    for source in range(4):
        paths = torch.tensor([[(source, *between, SMALL.target) for between in product(range(4), repeat=3)]])
        total = influence_of(slices_of(SMALL), Patterns.along(paths)).sum()
        torch.testing.assert_close(total, SMALL.brute_force.total()[source], rtol=1e-11, atol=1e-14)


def test_all_components_along_a_path_add_up_to_it():
    path = (0, 0, 3, 2, 2)
    through = [Pattern(path, chosen) for chosen in product((SKIP, 0, 1), repeat=4)]
    whole = influences(SMALL, [Pattern(path, (None,) * 4)])
    torch.testing.assert_close(influences(SMALL, through).sum()[None], whole, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("others", [(1, 3, 0), (1, None, None), (None, 2, None)], ids=str)
def test_summing_over_the_nodes_of_a_layer_gives_the_pattern_without_it(layer, others):
    """Proposition 1."""

    def pattern(node: int | None) -> Pattern:
        between = list(others)
        between[layer - 1] = node
        return Pattern((1, *between, 2), (None, SKIP, 1, None))

    inserted = influences(SMALL, [pattern(node) for node in range(4)])
    torch.testing.assert_close(inserted.sum()[None], influences(SMALL, [pattern(None)]), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("nodes", [(1, 1, 1), (1, 3, 0), (1, None, 0)], ids=str)
def test_summing_over_the_components_of_a_step_gives_the_pattern_without_them(nodes, step):
    def pattern(component: int | None) -> Pattern:
        chosen: list[int | None] = [0, None, 1, None]
        chosen[step] = component
        return Pattern((1, *nodes, 2), tuple(chosen))

    inserted = influences(SMALL, [pattern(component) for component in (SKIP, 0, 1)])
    torch.testing.assert_close(inserted.sum()[None], influences(SMALL, [pattern(None)]), rtol=1e-11, atol=1e-14)


def test_a_skip_connection_that_moves_has_no_influence():
    assert influences(SMALL, [Pattern((1, 2, 2, 2, 2), (SKIP, None, None, None))]).item() == 0


def test_patterns_that_begin_and_end_alike_are_carried_once():
    drawn = some_patterns(SMALL, [True] * 3, 50, seed=3)
    path = torch.tensor([[pattern.positions for pattern in drawn]])
    whole = Patterns.along(path)
    for layer, shared in enumerate(patterns.shared_prefixes(whole)):
        assert shared.count == len({pattern.positions[: layer + 1] for pattern in drawn})
        assert torch.equal(path[0, shared.example[0, shared.member[0]], : layer + 1], path[0, :, : layer + 1])
    for layer, shared in enumerate(patterns.shared_suffixes(whole)):
        assert shared.count == len({pattern.positions[layer:] for pattern in drawn})
        assert torch.equal(path[0, shared.example[0, shared.member[0]], layer:], path[0, :, layer:])
