"""Pattern entropy against accuracy: a point for each case (paper, section 5).

Each point bears its case's name: beside it where there is room, else further off at the end of a thin line. Names are
set one after the other, each at the nearest spot that is free of points, names and lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cypher.store.table import Table
from service.figures.canvas import LABEL, MARGIN, TEXT, canvas, heading_height, region, write_heading
from service.figures.files import style
from service.figures.lanes import Point
from service.figures.strokes import COLOURS, FAINT, INK, SOFT, TOP, extent

WIDTH, HEIGHT = 440.0, 270.0  # of the canvas, of the chart
LEFT, BELOW = 58.0, 46.0  # the chart
MARKERS = "osD^vP"  # of tasks
DOT = 6.5  # across a marker
DISTANCES = (6.0, 10.0, 16.0, 23.0, 31.0, 40.0, 50.0, 62.0, 76.0, 92.0)  # of a name from its point
ANGLES = np.radians([0, 180, 90, 270, 45, 135, 315, 225, *range(15, 360, 30)])
NEAR = 7.0  # a name further off than this has a line to its point
LINE = 15.0  # of the key


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that others keep off."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: "Box") -> bool:
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top

    def nearest(self, point: Point) -> Point:
        return np.clip(point, (self.left, self.bottom), (self.right, self.top))


def entropy_title(spearman: float | None) -> str:
    """The figure's title, with the rank correlation where there is one."""
    title = "Pattern entropy and accuracy"
    return title if spearman is None else f"{title} (Spearman {spearman:.2f})".replace("-", "−")


def draw_entropy(entropies: Table, title: str, facts: Sequence[str]) -> Figure:
    """The scatter of the report `pattern-entropy`."""
    rows = entropies.dicts()
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    with style((title, *facts, *(text for row in rows for text in (row["task"], row["case"])))):
        key = _key(tasks)
        floor = MARGIN + BELOW + LINE * (1 + max((line for _, line in key), default=0))
        figure, axes = canvas(WIDTH, floor + HEIGHT + heading_height(title, facts, WIDTH))
        write_heading(axes, title, facts)
        chart = region(figure, LEFT, floor, WIDTH - LEFT - MARGIN, HEIGHT)
        values = np.array([(row["entropy"], row["accuracy"]) for row in rows]).reshape(-1, 2)
        _set_up(chart, values)
        points = chart.transData.transform(values) * 72 / figure.dpi
        for row, point, value in zip(rows, points, values, strict=True):
            name = f"{row['task']}/{row['case']}/{value[0]:.6g}/{value[1]:.6g}"
            _mark(axes, point, tasks.index(row["task"]), name)
        room = Box(LEFT + 2, floor + 2, WIDTH - 4, floor + HEIGHT + 6)
        _write_names(axes, points, [row["case"] for row in rows], room)
        for order, (x, line) in enumerate(key):
            y = MARGIN + LINE * (max(line for _, line in key) - line) + 3.5
            _mark(axes, np.array([x, y]), order)
            axes.text(x + 8, y - 3.5, tasks[order], size=TEXT, color=INK)
        return figure


def _set_up(chart: Axes, values: Float[np.ndarray, "case 2"]) -> None:
    """Axes with ticks within what can be, and room around the points."""
    chart.set_xlabel("pattern entropy (bits, mean over nodes)", size=TEXT, color=INK)
    chart.set_ylabel("accuracy", size=TEXT, color=INK)
    chart.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    chart.grid(color=FAINT, linewidth=0.6)
    chart.set_axisbelow(True)
    for axis, column in ((chart.xaxis, values[:, 0]), (chart.yaxis, values[:, 1])):
        low, high = column.min(initial=1.0), column.max(initial=0.0)
        margin = max(0.12 * (high - low), 0.02)
        ticks = MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(low - margin, high + margin)
        axis.set_ticks([tick for tick in ticks if -1e-9 <= tick <= 1 + 1e-9])
        (chart.set_xlim if axis is chart.xaxis else chart.set_ylim)(low - margin, high + margin)


def _mark(axes: Axes, point: Point, task: int, name: str = "") -> None:
    (mark,) = axes.plot(*point, color=COLOURS[task % len(COLOURS)], markersize=DOT, zorder=TOP - 1)
    mark.set(marker=MARKERS[task % len(MARKERS)], markeredgecolor="white", markeredgewidth=0.7)
    if name:
        mark.set_gid(name)


def _key(tasks: Sequence[str]) -> list[tuple[float, int]]:
    """Where each task stands in the key: from the left, and on which line."""
    spots, x, line = [], MARGIN + 4, 0
    for task in tasks:
        room = 8 + extent(task, TEXT, "normal") + 18
        if x + room > WIDTH and spots:
            x, line = MARGIN + 4, line + 1
        spots.append((x, line))
        x += room
    return spots


def _write_names(axes: Axes, points: Float[np.ndarray, "case 2"], names: Sequence[str], room: Box) -> None:
    """A name for each point, as near as others let it be; the most crowded point first."""
    marks = [_around(point, DOT / 2, DOT / 2) for point in points]
    written: list[Box] = []
    links: list[Box] = []
    crowd = [-np.exp(-np.linalg.norm(points - point, axis=-1) / 20).sum() for point in points]
    for index in map(int, np.argsort(crowd, kind="stable")):
        point, name = points[index], names[index]
        spots = list(_spots(point, extent(name, LABEL, "normal") / 2 + 1, LABEL / 2))
        taken = [*marks, *written, *links]
        free = [spot for spot in spots if room.holds(spot) and not any(map(spot.overlaps, taken))]
        others = [*written, *(mark for mark in marks if not mark.overlaps(marks[index]))]
        clear = (spot for spot in free if not any(part.overlaps(o) for part in _link(point, spot) for o in others))
        box = next(clear, (free or spots)[0])
        middle = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        axes.text(*middle, s=name, size=LABEL, color=INK, ha="center", va="center_baseline", zorder=TOP)
        link = _link(point, box)
        if link:
            axes.plot(*zip(point, box.nearest(point), strict=True), color=SOFT, linewidth=0.5, zorder=TOP - 2)
        written.append(box)
        links += link


def _link(point: Point, name: Box) -> list[Box]:
    """What the line from a point to its name takes; nothing where the name stands beside it."""
    way = name.nearest(point) - point
    if np.linalg.norm(way) <= NEAR:
        return []
    return [_around(point + share * way, 1, 1) for share in np.linspace(0.05, 0.95, 16)]


def _spots(point: Point, across: float, up: float) -> Iterator[Box]:
    """Where a name of that half width and half height could stand, the nearest spots first."""
    for distance in DISTANCES:
        for angle in ANGLES:
            way = np.round([np.cos(angle), np.sin(angle)], 6)
            yield _around(point + distance * way + np.sign(way) * (across, up), across, up)


def _around(point: Point, across: float, up: float) -> Box:
    return Box(point[0] - across, point[1] - up, point[0] + across, point[1] + up)
