"""Paths side by side: nothing that takes the same step overlaps, and every line is one piece."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.figures.lanes import lanes, route

PATHS = st.integers(2, 6).flatmap(
    lambda layers: st.lists(
        st.lists(st.integers(0, 4), min_size=layers, max_size=layers), min_size=1, max_size=6, unique_by=tuple
    )
)


def test_a_path_alone_runs_on_the_middle_line():
    assert lanes([[0, 1, 1]], [4], gap=2) == [[0, 0]]


def test_two_paths_on_one_step_stand_beside_each_other_left_one_first():
    # Both take 1 -> 1; the first comes from the right and the second from the left.
    assert lanes([[2, 1, 1], [0, 1, 1]], [4, 6], gap=2) == [[0, 4], [0, -3]]


@given(PATHS, st.data())
def test_paths_on_the_same_step_are_a_gap_apart(paths, data):
    widths = data.draw(st.lists(st.floats(1, 8), min_size=len(paths), max_size=len(paths)))
    offsets = lanes(paths, widths, gap=2)
    for step in range(len(paths[0]) - 1):
        for first in range(len(paths)):
            for second in range(first):
                if paths[first][step : step + 2] == paths[second][step : step + 2]:
                    apart = abs(offsets[first][step] - offsets[second][step])
                    assert apart >= (widths[first] + widths[second]) / 2 + 2 - 1e-9


@given(PATHS)
def test_a_route_is_one_connected_line_from_first_node_to_last(paths):
    offsets = lanes(paths, [4.0] * len(paths), gap=2)
    for path, shift in zip(paths, offsets, strict=True):
        nodes = np.array([[60.0 * x, 50.0 * y] for y, x in enumerate(path)])
        steps = route(nodes, shift, reach=12)
        for before, after in pairwise(steps):
            assert before.line[-1] == pytest.approx(after.line[0])
        assert np.linalg.norm(steps[0].line[0] - nodes[0]) == pytest.approx(abs(shift[0]))
        assert np.linalg.norm(steps[-1].line[-1] - nodes[-1]) == pytest.approx(abs(shift[-1]))


@given(PATHS)
def test_the_straight_part_lies_at_the_offset_from_the_middle_line(paths):
    offsets = lanes(paths, [4.0] * len(paths), gap=2)
    for path, shift in zip(paths, offsets, strict=True):
        nodes = np.array([[60.0 * x, 50.0 * y] for y, x in enumerate(path)])
        for index, step in enumerate(route(nodes, shift, reach=12)):
            along = (nodes[index + 1] - nodes[index]) / np.linalg.norm(nodes[index + 1] - nodes[index])
            right = np.array([along[1], -along[0]])
            assert (step.start - nodes[index]) @ right == pytest.approx(shift[index], abs=1e-6)
            assert (step.end - nodes[index]) @ right == pytest.approx(shift[index], abs=1e-6)
