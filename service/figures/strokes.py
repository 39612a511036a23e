"""Strokes and text of the figures, in points: what is a head, a skip, positive, negative, whatever the colour."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle
from matplotlib.textpath import TextPath

from service.figures.lanes import Point

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito's colour-blind-safe set
INK, SOFT, FAINT = "#222222", "#666666", "#e3e3e3"
GAP = 3.0  # between parallel lines
RIM = 0.95  # of a hollow line
TOP = 100  # zorder of what stands on the lines


def stroke(
    axes: Axes, line: Float[np.ndarray, "point 2"], colour: str, width: float, dotted: bool, hollow: bool, zorder: float
) -> None:
    """A line on a white bed: dots where `dotted`, only its outline where `hollow`."""
    x, y = line[:, 0], line[:, 1]
    axes.plot(x, y, color="white", linewidth=width + GAP / 2, solid_capstyle="butt", zorder=zorder)
    # Dots are evenly spaced across steps: a whole number of periods a line, half of one before the first dot.
    length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    period = length / max(1, round(length / (1.5 * width)))
    coats = [(width, colour)] + ([(width - 2 * RIM, "white")] if hollow else [])
    for order, (coat, shade) in enumerate(coats, start=1):
        dots = (period / 2 / coat, (0.001, period / coat - 0.001))  # in line widths, as matplotlib takes them
        axes.plot(
            x,
            y,
            color=shade,
            linewidth=coat,
            linestyle=dots if dotted else "solid",
            dash_capstyle="round",
            solid_capstyle="round",
            zorder=zorder + order / 10,
        )


def badge(axes: Axes, centre: Point, label: str, colour: str) -> None:
    """A head's number on its line."""
    axes.add_patch(Circle((centre[0], centre[1]), 5.4, facecolor="white", edgecolor=colour, linewidth=1, zorder=TOP))
    axes.text(centre[0], centre[1], label, size=7, color=INK, ha="center", va="center_baseline", zorder=TOP)


def foot(axes: Axes, centre: Point, positive: bool, colour: str) -> None:
    """Where a word's line begins, with its sign."""
    fill, ink = (colour, "white") if positive else ("white", INK)
    axes.add_patch(Circle((centre[0], centre[1]), 6.5, facecolor=fill, edgecolor=colour, linewidth=1.6, zorder=TOP))
    style = {"size": 10, "weight": "bold", "ha": "center", "va": "center_baseline"}
    axes.text(centre[0], centre[1], "+" if positive else "−", style, color=ink, zorder=TOP)


@lru_cache(maxsize=10_000)
def extent(text: str, size: float, weight: str = "bold") -> float:
    """How wide `text` is set, in points."""
    if not text.strip():
        return 0.0
    return TextPath((0, 0), text, size=size, prop=FontProperties(weight=weight)).get_extents().width


def wrap(parts: Sequence[str], separator: str, size: float, width: float, weight: str = "bold") -> list[str]:
    """The parts in lines of at most `width` points."""
    between = extent(f"|{separator}|", size, weight) - 2 * extent("|", size, weight)
    lines: list[list[str]] = []
    left = 0.0
    for part in parts:
        needed = extent(part, size, weight)
        if lines and between + needed <= left:
            lines[-1].append(part)
            left -= between + needed
        else:
            lines.append([part])
            left = width - needed
    return [separator.join(line) for line in lines]


def cut(text: str, size: float, width: float) -> str:
    """The text, its end replaced by an ellipsis where it is wider than `width` points."""
    while extent(text, size) > width:
        text = text.removesuffix("…")[:-1] + "…"
    return text
