"""The canvas that a figure over a run is drawn on: heading, facts, labels of places, in points (1/72 inch)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from service.figures.strokes import COLOURS, INK, SOFT, extent, wrap

MARGIN = 14.0
TITLE, TEXT, LABEL = 12.0, 9.0, 8.5  # sizes of letters
POSITIVE, NEGATIVE = COLOURS[:2]
PLAIN = "#8a8a8a"
SLANT = 45
APART = 12.5  # slanted labels, at least


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure, and axes over all of it whose unit is the point."""
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    axes.set_zorder(1)  # above its regions
    return figure, axes


def region(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes of their own on a part of the canvas, with what every chart has."""
    across, up = figure.get_size_inches() * 72
    axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PLAIN)
    axes.tick_params(colors=SOFT, labelsize=LABEL, width=0.8, length=3)
    return axes


def heading_height(title: str, facts: Sequence[str], width: float) -> float:
    """Of the heading with the space below it."""
    return MARGIN + 16 * len(_title(title, width)) + 13 * len(_facts(facts, width)) + 8


def write_heading(axes: Axes, title: str, facts: Sequence[str]) -> None:
    """Title and facts at the top of the canvas."""
    (_, width), (_, height) = axes.get_xlim(), axes.get_ylim()
    y = height - MARGIN + 4
    for line in _title(title, width):
        y -= 16
        axes.text(MARGIN, y, line, size=TITLE, weight="bold", color=INK)
    y -= 2
    for line in _facts(facts, width):
        y -= 13
        axes.text(MARGIN, y, line, size=TEXT, color=SOFT)


def _title(title: str, width: float) -> list[str]:
    return wrap(title.split(" "), " ", TITLE, width - 2 * MARGIN)


def _facts(facts: Sequence[str], width: float) -> list[str]:
    return wrap(facts, "   ·   ", TEXT, width - 2 * MARGIN, "normal")


def label_height(labels: Sequence[str]) -> float:
    """What slanted labels take below the line they hang from."""
    return max((extent(label, LABEL) for label in labels), default=0) * np.sin(np.radians(SLANT))


def left_margin(labels: Sequence[str], least: float) -> float:
    """Room on the left for what stands there, and for slanted labels that reach beyond the first place."""
    return max(least, label_height(labels))


def write_labels(
    axes: Axes, x: Sequence[float] | Float[np.ndarray, " place"], y: float, labels: Sequence[str], bold: set[int]
) -> None:
    """Slanted labels that end at the points (x, y); those of the indices `bold` are bold.

    Where points are too near each other for their labels, some have none.
    """
    down = 0.27 * LABEL * np.array([np.sin(np.radians(SLANT)), -np.cos(np.radians(SLANT))])  # half a small letter
    last = -np.inf
    for index, (at, label) in enumerate(zip(x, labels, strict=True)):
        if at - last < APART:
            continue
        last = at
        turn = {"rotation": SLANT, "rotation_mode": "anchor"}
        weight = "bold" if index in bold else "normal"
        axes.text(at + down[0], y + down[1], label, turn, size=LABEL, weight=weight, color=INK, ha="right")
