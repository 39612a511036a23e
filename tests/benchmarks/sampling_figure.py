"""docs/sampling.svg: true error of the words' influences against points, as measured (docs/sampling.json)."""

import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from service.figures.canvas import LABEL, MARGIN, TEXT, canvas, heading_height, region, write_heading
from service.figures.files import save, style
from service.figures.strokes import COLOURS, INK, SOFT

DOCS = Path(__file__).parents[2] / "docs"
ACROSS = 2
WIDTH, HEIGHT, GAP = 250.0, 150.0, 60.0  # of a chart, and beside and below it
NAMES = {"adaptive": "as many as each sentence needs", "trapezoid": "equally spaced (trapezoid)"}
TITLE = "True error of the words' influences against points a sentence"
FACTS = ("Σ|I − I′| / Σ|I′|, I′ with a tolerance of 0.01 %: median of the sentences, and the worst (thin).",)


def draw(measured: list[dict[str, Any]]) -> Figure:
    """A chart for each group of sentences."""
    with style((TITLE, *FACTS)):
        rows = -(-len(measured) // ACROSS)
        width = MARGIN + ACROSS * (GAP + WIDTH)
        floor = rows * (HEIGHT + GAP)
        figure, axes = canvas(width, floor + heading_height(TITLE, FACTS, width))
        write_heading(axes, TITLE, FACTS)
        for number, each in enumerate(measured):
            left = GAP + number % ACROSS * (WIDTH + GAP)
            bottom = floor - HEIGHT - 22 - number // ACROSS * (HEIGHT + GAP)
            _chart(region(figure, left, bottom, WIDTH, HEIGHT), each, first=number == 0)
    return figure


def _chart(chart: Axes, measured: dict[str, Any], first: bool) -> None:
    for colour, (sampling, name) in zip(COLOURS, NAMES.items(), strict=False):
        rows = sorted((row for row in measured["errors"] if row["sampling"] == sampling), key=lambda row: row["points"])
        points = [row["points"] for row in rows]
        chart.plot(points, [100 * row["median"] for row in rows], color=colour, marker="o", markersize=3.5, label=name)
        chart.plot(points, [100 * row["worst"] for row in rows], color=colour, linewidth=0.6)
    chart.set_xscale("log", base=2)
    chart.set_yscale("log")
    for axis in (chart.xaxis, chart.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    chart.set_title(f"{measured['name']} ({measured['sentences']} sentences)", size=TEXT, color=INK, loc="left")
    chart.set_ylabel("error, %", size=LABEL, color=SOFT)
    chart.set_xlabel("points", size=LABEL, color=SOFT)
    if first:
        chart.legend(frameon=False, fontsize=LABEL)


if __name__ == "__main__":
    save(draw(json.loads((DOCS / "sampling.json").read_text())), DOCS / "sampling.svg")
