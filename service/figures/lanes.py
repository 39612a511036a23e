"""Routes of several paths through one layered graph, side by side wherever they take the same step.

1. On every step the paths that take it get parallel lanes, as wide as their lines, ordered by where they come from.
2. At every node a path changes from its lane before to its lane after along a cubic curve, cut in the middle, so
   that each step is one polyline.

Pure geometry: coordinates, widths and gaps share one unit.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

Point = Float[np.ndarray, "2"]

SAMPLES = np.linspace(0, 1, 17)[:, None]
"""Where a node's curve is sampled; it is cut at the middle one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The line of one step: half of the curve it starts with, a straight part, half of the curve it ends with."""

    line: Float[np.ndarray, "point 2"]
    start: Point  # of the straight part
    end: Point


def lanes(paths: Sequence[Sequence[int]], widths: Sequence[float], gap: float) -> list[list[float]]:
    """How far right of its step's middle line each path runs, for each of its steps.

    Args:
        paths: the positions that each path visits, all equally many.
        widths: of the paths' lines.
        gap: between neighbouring lines.
    """
    offsets = [[0.0] * (len(path) - 1) for path in paths]
    together = defaultdict(list)
    for index, path in enumerate(paths):
        for step, ends in enumerate(pairwise(path)):
            together[step, ends].append(index)
    for (step, _), users in together.items():
        users.sort(key=lambda index: tuple(reversed(paths[index][: step + 1])))
        edge = -(sum(widths[index] for index in users) + gap * (len(users) - 1)) / 2
        for index in users:
            offsets[index][step] = edge + widths[index] / 2
            edge += widths[index] + gap
    return offsets


def route(nodes: Float[np.ndarray, "node 2"], offsets: Sequence[float], reach: float) -> list[Segment]:
    """The steps of one path through `nodes`, `offsets` right of the middle lines, bending within `reach` of nodes."""
    along = np.diff(nodes, axis=0)
    unit = along / np.linalg.norm(along, axis=1, keepdims=True)
    right = unit[:, ::-1] * (1, -1)
    shift = right * np.array(offsets)[:, None]
    starts, ends = nodes[:-1] + shift, nodes[1:] + shift
    curves = []
    for i in range(len(along) - 1):
        before, after = _corner(nodes[i + 1], unit[i : i + 2], right[i : i + 2], offsets[i : i + 2])
        ends[i], starts[i + 1] = before - reach * unit[i], after + reach * unit[i + 1]
        curves.append(
            _cubic(ends[i], ends[i] + reach / 2 * unit[i], starts[i + 1] - reach / 2 * unit[i + 1], starts[i + 1])
        )
    middle = len(SAMPLES) // 2
    heads = [starts[:1], *(curve[middle:] for curve in curves)]
    tails = [*(curve[: middle + 1] for curve in curves), ends[-1:]]
    return [
        Segment(np.concatenate(halves), start, end)
        for *halves, start, end in zip(heads, tails, starts, ends, strict=True)
    ]


def _corner(
    node: Point, unit: Float[np.ndarray, "2 2"], right: Float[np.ndarray, "2 2"], offsets: Sequence[float]
) -> tuple[Point, Point]:
    """The points that the lanes before and after a node head for: where they meet, or beside the node.

    Lanes that are nearly parallel meet nowhere, or too far off.
    """
    if abs(np.linalg.det(unit)) > 0.35:
        meeting = np.linalg.solve(right, right @ node + offsets)
        return meeting, meeting
    return node + right[0] * offsets[0], node + right[1] * offsets[1]


def _cubic(start: Point, control1: Point, control2: Point, end: Point) -> Float[np.ndarray, "point 2"]:
    t = SAMPLES
    return (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * control1 + 3 * (1 - t) * t**2 * control2 + t**3 * end
