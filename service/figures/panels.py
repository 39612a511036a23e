"""A panel: one superposition, drawn (paper, Figures 14 and 15).

Places stand on the x axis and layers on the y axis. A line's width is proportional to its share; the skip connection is
dashed. Lines that take the same step lie side by side: positive ones on the left, negative ones on the right, skip
connections between them. The strongest lines bear the number of their most frequent head, where it stands for most of
the line and there is room.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch

from service.figures.canvas import LABEL, TEXT, write_labels
from service.figures.lanes import Point
from service.figures.strokes import FAINT, INK, SOFT, TOP, extent
from service.figures.traffic import Flow, Place, Step, Traffic

FULL = 5.0  # width of a line of the full share
BETWEEN = 0.8  # parallel lines
NODE = 4.5  # height of a node that lines touch
ABOVE, BELOW = 38.0, 9.0  # the highest layer: title and note; the lowest one: where labels hang
RADIUS = 4.6  # of a head's number
STRONG = 0.2  # of the full share: weaker lines bear no number
NUMBERS = 3  # at most, for each place
SPOTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)  # of a number, along its line

Colour = Callable[[Step, Flow], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel, in points from the panel's corner."""

    name: str
    start: Point
    end: Point
    width: float
    colour: str
    dashed: bool
    head: int | None  # that most of it goes through


@dataclass(frozen=True, slots=True)
class Panel:
    """A superposition with a place for everything, in points from its corner: left, and its lowest layer."""

    title: str
    note: str
    width: float
    labels: Mapping[Place, str]
    x: Mapping[Place, float]
    y: Float[np.ndarray, " layer"]  # of layers 0 to L
    lines: Sequence[Line]
    nodes: Mapping[tuple[int, Place], float]  # that lines touch, and their widths
    targets: set[Place]  # where the patterns end


def lay_out(traffic: Traffic, title: str, note: str, full: float, colour: Colour, grid: tuple[float, float]) -> Panel:
    """Lay a superposition out.

    Args:
        full: the share whose line is `FULL` wide.
        colour: of a line.
        grid: from place to place, where lines do not need more, and from layer to layer.
    """
    least, row = grid
    widths = {step: FULL * abs(flow.share) / full for step, flow in traffic.flows.items()}
    offsets = _offsets(widths)
    crowds: defaultdict[tuple[int, Place], float] = defaultdict(float)
    for step, offset in offsets.items():
        reach = 2 * abs(offset) + widths[step] if step.source == step.target else 0.0
        for node in ((step.layer, step.source), (step.layer + 1, step.target)):
            crowds[node] = max(crowds[node], reach)
    columns = [
        max([least, *(crowd + 8 for (_, place), crowd in crowds.items() if place == here)]) for here in traffic.places
    ]
    width = max(sum(columns), extent(title, TEXT + 1), extent(note, LABEL, "normal"))
    edges = accumulate(columns, initial=(width - sum(columns)) / 2)
    x = {place: edge + column / 2 for place, edge, column in zip(traffic.places, edges, columns, strict=False)}
    y = row * np.arange(traffic.layers + 1)
    lines = [
        _line(step, flow, widths[step], offsets[step], colour(step, flow), traffic.case, x, y)
        for step, flow in traffic.flows.items()
        if widths[step]
    ]
    targets = {step.target for step in traffic.flows if step.layer == traffic.layers - 1}
    nodes = {node: max(NODE + 1, crowd + 1) for node, crowd in crowds.items()}
    return Panel(title, note, width, traffic.places, x, y, lines, nodes, targets)


def draw_panel(axes: Axes, panel: Panel, left: float, bottom: float) -> None:
    """Draw a panel whose corner is at (left, bottom)."""
    corner = np.array([left, bottom])
    middle, top = left + panel.width / 2, bottom + panel.y[-1]
    axes.text(middle, top + 28, panel.title, size=TEXT + 1, weight="bold", color=INK, ha="center")
    axes.text(middle, top + 16, panel.note, size=LABEL, color=SOFT, ha="center")
    x = np.array(list(panel.x.values())) + left
    axes.scatter(*np.meshgrid(x, panel.y[:-1] + bottom), s=4, color=FAINT, zorder=1, linewidths=0)
    bold = {index for index, place in enumerate(panel.x) if place in panel.targets}
    write_labels(axes, x, bottom - BELOW, list(panel.labels.values()), bold)
    if not panel.lines:
        axes.text(middle, bottom + panel.y[-1] / 2, "none", size=TEXT, color=SOFT, ha="center", va="center")
    thin_on_top = sorted(panel.lines, key=lambda line: -line.width)
    for order, line in enumerate(thin_on_top):
        draw_line(axes, line.start + corner, line.end + corner, line.width, line.colour, line.dashed, order, line.name)
    for (layer, place), width in panel.nodes.items():
        node = panel.x[place] + left - width / 2, panel.y[layer] + bottom - NODE / 2
        style = f"round,pad=0,rounding_size={NODE / 2}"
        axes.add_artist(FancyBboxPatch(node, width, NODE, style, facecolor="#555555", linewidth=0, zorder=TOP - 1))
    for line, spot in _numbered(thin_on_top, NUMBERS * len(panel.x)):
        draw_number(axes, spot + corner, str(line.head), line.colour)


def draw_line(
    axes: Axes, start: Point, end: Point, width: float, colour: str, dashed: bool, order: int = 0, name: str = ""
) -> None:
    """A straight line on a thin white bed; `order` among the figure's lines, `name` in an SVG."""
    x, y = [start[0], end[0]], [start[1], end[1]]
    style: Any = {"solid_capstyle": "butt", "dash_capstyle": "butt", "zorder": 2 + order / 10_000}
    if width > 0.6:
        axes.add_artist(Line2D(x, y, color="white", linewidth=width + 0.8, **style))
    line = Line2D(x, y, color=colour, linewidth=width, **style)
    axes.add_artist(line)
    if dashed:
        period = max(1.8 * width, 2.4) / width  # in line widths
        line.set_linestyle((0, (0.55 * period, 0.45 * period)))
    if name:
        line.set_gid(name)


def draw_number(axes: Axes, centre: Point, label: str, colour: str) -> None:
    """A head's number on its line."""
    axes.add_artist(Circle((centre[0], centre[1]), RADIUS, facecolor="white", edgecolor=colour, lw=0.9, zorder=TOP))
    axes.text(centre[0], centre[1], label, size=6.5, color=INK, ha="center", va="center_baseline", zorder=TOP)


def _offsets(widths: Mapping[Step, float]) -> dict[Step, float]:
    """How far right of the straight way between its nodes each line runs."""
    together: defaultdict[tuple[int, Place, Place], list[Step]] = defaultdict(list)
    for step in widths:
        together[step.layer, step.source, step.target].append(step)
    offsets = {}
    for steps in together.values():
        steps.sort(key=lambda step: (not step.positive, step.skip == step.positive))
        edge = -(sum(widths[step] for step in steps) + BETWEEN * (len(steps) - 1)) / 2
        for step in steps:
            offsets[step] = edge + widths[step] / 2
            edge += widths[step] + BETWEEN
    return offsets


def _line(
    step: Step,
    flow: Flow,
    width: float,
    offset: float,
    colour: str,
    case: str,
    x: Mapping[Place, float],
    y: Float[np.ndarray, " layer"],
) -> Line:
    start = np.array([x[step.source], y[step.layer]])
    end = np.array([x[step.target], y[step.layer + 1]])
    along = (end - start) / np.linalg.norm(end - start)
    shift = offset * np.array([along[1], -along[0]])
    head, most = max(flow.heads.items(), key=lambda item: abs(item[1]), default=(None, 0.0))
    kind = "skip" if step.skip else "attention" if flow.heads else "step"
    sign = "positive" if step.positive else "negative"
    name = f"{case}/{step.layer}/{step.source}>{step.target}/{kind}/{sign}".replace(" ", "_")
    number = head if abs(most) > abs(flow.share) / 2 else None
    return Line(name, start + shift, end + shift, width, colour, step.skip, number)


def _numbered(lines: Sequence[Line], most: int) -> list[tuple[Line, Point]]:
    """The lines that bear their head's number, and where: the widest first, off other numbers and wide lines."""
    wide = [line for line in lines if line.width > 1]
    ends = np.array([(line.start, line.end) for line in wide]).reshape(-1, 2, 2)
    taken: list[tuple[Line, Point]] = []
    for line in lines:
        if line.head is None or line.width < STRONG * FULL or len(taken) == most:
            continue
        others = ends[[other is not line for other in wide]]
        numbers = np.array([spot for _, spot in taken]).reshape(-1, 2)
        spots = [line.start + share * (line.end - line.start) for share in SPOTS]
        free = [
            (min(_distance(spot, others), 2 * RADIUS) - 12 * abs(share - 0.5), share, spot)
            for share, spot in zip(SPOTS, spots, strict=True)
            if np.linalg.norm(numbers - spot, axis=-1).min(initial=np.inf) > 2 * RADIUS + 1
        ]
        if free:
            taken.append((line, max(free, key=lambda choice: choice[:2])[2]))
    return taken


def _distance(point: Point, lines: Float[np.ndarray, "line end 2"]) -> float:
    """To the nearest of straight lines."""
    start, along = lines[:, 0], lines[:, 1] - lines[:, 0]
    share = ((point - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    return float(np.linalg.norm(nearest - point, axis=-1).min(initial=np.inf))
