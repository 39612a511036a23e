"""Random patterns are uniform over those that there are."""

import pytest
import torch

from workers.influence.component import SKIP
from workers.influence.draws import random_components, random_paths
from workers.influence.graph import Graph

LENGTH, LAYERS, HEADS = 5, 4, 3
GRAPH = Graph(LAYERS, HEADS, LENGTH)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def paths(draws: int, seed: int = 0) -> torch.Tensor:
    sources, target = torch.tensor([[0, 2, 4], [1, 2, 3]]), torch.tensor([3, 0])
    return random_paths(GRAPH, sources, target, draws, seeded(seed))


def assert_uniform(values: torch.Tensor, among: list[int]) -> None:
    """Pearson's chi-square test, at one in a thousand."""
    counts = torch.tensor([int((values == value).sum()) for value in among], dtype=torch.float64)
    assert counts.sum() == values.numel()
    statistic = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    freedom = torch.tensor((len(among) - 1) / 2, dtype=torch.float64)
    assert torch.special.gammaincc(freedom, statistic / 2) > 1e-3


def test_paths_lead_from_their_source_to_their_target():
    drawn = paths(7)
    assert drawn.shape == (2, 3, 7, LAYERS + 1)
    assert (drawn[..., 0] == torch.tensor([[0, 2, 4], [1, 2, 3]])[:, :, None]).all()
    assert (drawn[..., -1] == torch.tensor([3, 0])[:, None, None]).all()


@pytest.mark.parametrize("layer", range(1, LAYERS))
def test_each_node_between_is_uniform_over_the_positions(layer):
    assert_uniform(paths(1000)[..., layer], list(range(LENGTH)))


def test_the_nodes_of_two_layers_are_drawn_apart():
    drawn = paths(1000)
    assert_uniform(drawn[..., 1] * LENGTH + drawn[..., 2], list(range(LENGTH**2)))


def test_a_path_through_one_layer_has_nothing_to_draw():
    drawn = random_paths(Graph(1, HEADS, LENGTH), torch.tensor([[0, 1]]), torch.tensor([2]), 2, seeded(0))
    assert drawn.tolist() == [[[[0, 2]] * 2, [[1, 2]] * 2]]


def test_a_step_that_stays_takes_any_head_or_the_skip_and_one_that_moves_any_head():
    drawn = random_components(GRAPH, torch.tensor([2, 2, 4]).expand(9000, 3), seeded(1))
    assert drawn.shape == (9000, 2)
    assert_uniform(drawn[:, 0], [SKIP, *range(HEADS)])
    assert_uniform(drawn[:, 1], list(range(HEADS)))


def test_the_components_of_two_steps_are_drawn_apart():
    drawn = random_components(GRAPH, torch.tensor([1, 1, 1]).expand(9000, 3), seeded(2)) - SKIP
    assert_uniform(drawn[:, 0] * (HEADS + 1) + drawn[:, 1], list(range((HEADS + 1) ** 2)))


def test_one_seed_draws_one_thing_and_another_another():
    assert torch.equal(paths(20, seed=3), paths(20, seed=3))
    assert not torch.equal(paths(20, seed=3), paths(20, seed=4))
    path = paths(20)
    first, second, third = (random_components(GRAPH, path, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
