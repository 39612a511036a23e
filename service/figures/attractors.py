"""Which places speak for the wrong answer: bars of influence, and of the share of all negative influence, by case.

Above stands the mean influence of each place, below its share of the case's negative total. Where a case has a matched
one (the same but for the attractor's number or gender, or for the sign of the clause before), a line across marks the
same place's mean in the matched case: how far the bar's end is from it is the contrast.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from cypher.store.table import Table
from service.figures.canvas import (
    LABEL,
    MARGIN,
    NEGATIVE,
    POSITIVE,
    TEXT,
    canvas,
    heading_height,
    label_height,
    left_margin,
    region,
    write_heading,
    write_labels,
)
from service.figures.files import style
from service.figures.strokes import FAINT, INK, SOFT, extent

TALL, LOW = 130.0, 66.0  # the two charts
BETWEEN = 14.0  # them
LEFT = 66.0  # of the first case's charts
GAP = 16.0  # between cases
COLUMN, WIDEST = 16.0, 30.0  # from place to place
NARROWEST, LONGEST = 440.0, 1200.0  # the figure; a line of charts
BAR, TICK = 0.62, 0.84  # of a column: a bar, and the line across it
ABOVE, BELOW = 30.0, 8.0  # the charts: the case's name; where labels hang
KEY = 17.0  # a line of it

Row = Mapping[str, Any]
Cases = Mapping[str, tuple[list[Row], int]]
"""Each case's rows, from left to right, and how many instances it has."""
Limits = tuple[float, float]


def attractors_title(task: str) -> str:
    """The figure's title."""
    return f"{task}: which words speak for the wrong answer"


def draw_attractors(attractors: Table, places: Table, title: str, facts: Sequence[str]) -> Figure:
    """The bars of the report `attractors`.

    Args:
        places: report `positions`, which has the order of the places.
    """
    cases = _cases(attractors, places)
    count = sum(len(rows) for rows, _ in cases.values())
    column = (NARROWEST - LEFT - MARGIN - GAP * (len(cases) - 1)) / max(count, 1)
    column = min(max(column, COLUMN), WIDEST)
    labels = [row["label"] for rows, _ in cases.values() for row in rows]
    with style((title, *facts, *labels, *cases)):
        start = left_margin(labels, LEFT)
        widths = {case: max(column * len(rows), extent(f"{case}  n = 0000", TEXT)) for case, (rows, _) in cases.items()}
        lines = _lines(widths)
        width = max(start + max(map(_across, lines), default=0.0) + MARGIN, NARROWEST)
        line = ABOVE + TALL + BETWEEN + LOW + BELOW + label_height(labels)
        figure, axes = canvas(width, MARGIN + 2 * KEY + line * max(len(lines), 1) + heading_height(title, facts, width))
        write_heading(axes, title, facts)
        limits = (
            _limits([row["influence"] for rows, _ in cases.values() for row in rows] + _matched(cases)),
            _limits([row["negative_total"] for rows, _ in cases.values() for row in rows]),
        )
        for index, of_line in enumerate(lines, start=1):
            bottom = MARGIN + 2 * KEY + line * (len(lines) - index) + label_height(labels) + BELOW
            _draw_line(figure, axes, (start, bottom), {case: cases[case] for case in of_line}, of_line, limits)
        _draw_key(axes, cases)
        return figure


def _draw_line(
    figure: Figure,
    axes: Axes,
    corner: tuple[float, float],
    cases: Cases,
    widths: Mapping[str, float],
    limits: tuple[Limits, Limits],
) -> None:
    """Both charts of every case, side by side, from the lower left corner on."""
    left, bottom = corner
    high = bottom + LOW + BETWEEN + TALL
    for y, text in ((high - TALL / 2, "mean influence"), (bottom + LOW / 2, "share of the\nnegative total")):
        turn = {"rotation": 90, "ha": "center", "va": "center"}
        axes.text(MARGIN + 8, y, text, turn, size=TEXT, color=INK)
    for case, (rows, instances) in cases.items():
        upper = region(figure, left, bottom + LOW + BETWEEN, widths[case], TALL)
        lower = region(figure, left, bottom, widths[case], LOW)
        for chart, ends in zip((upper, lower), limits, strict=True):
            chart.set_ylim(*ends)
            _set_up(chart, len(rows), named=left == corner[0])
        _draw_case(upper, lower, case, rows)
        middle = left + widths[case] / 2
        axes.text(middle, high + 16, case, size=TEXT + 1, weight="bold", color=INK, ha="center")
        axes.text(middle, high + 5, f"n = {instances:,}", size=LABEL, color=SOFT, ha="center")
        x = left + widths[case] * (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
        write_labels(axes, x, bottom - BELOW, [row["label"] for row in rows], set())
        left += widths[case] + GAP


def _lines(widths: Mapping[str, float]) -> list[dict[str, float]]:
    """The cases' charts in as many lines as it takes for none to be longer than `LONGEST`."""
    lines: list[dict[str, float]] = []
    for case, width in widths.items():
        if not lines or _across({**lines[-1], case: width}) > LONGEST:
            lines.append({})
        lines[-1][case] = width
    return lines


def _across(line: Mapping[str, float]) -> float:
    """How wide a line of charts is."""
    return sum(line.values()) + GAP * (len(line) - 1)


def _cases(attractors: Table, places: Table) -> Cases:
    order = {(row["case"], row["place"]): row["position"] for row in places.dicts()}
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in attractors.dicts():
        rows[row["case"]].append(row)
    instances: defaultdict[str, int] = defaultdict(int)
    for row in places.dicts():
        instances[row["case"]] = max(instances[row["case"]], row["instances"])
    return {
        case: (sorted(rows[case], key=lambda row: order[case, row["place"]]), instances[case]) for case in instances
    }


def _matched(cases: Cases) -> list[float]:
    """The means of matched cases."""
    return [
        row["influence"] - row["contrast"] for rows, _ in cases.values() for row in rows if row["contrast"] is not None
    ]


def _limits(values: Sequence[float]) -> Limits:
    """Of an axis that holds 0 and these, with some room."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.06 * (high - low) or 0.1
    return (low - room if low < 0 else 0.0), high + room


def _set_up(chart: Axes, places: int, named: bool) -> None:
    chart.set_xlim(-0.5, max(places, 1) - 0.5)
    chart.set_xticks([])
    chart.spines["bottom"].set_visible(False)
    chart.axhline(0, color=SOFT, linewidth=0.8, zorder=2)
    chart.grid(axis="y", color=FAINT, linewidth=0.6)
    chart.set_axisbelow(True)
    if not named:
        chart.spines["left"].set_visible(False)
        chart.tick_params(labelleft=False, length=0)


def _draw_case(upper: Axes, lower: Axes, case: str, rows: Sequence[Row]) -> None:
    lower.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    lower.yaxis.set_major_locator(MaxNLocator(nbins=3))
    for x, row in enumerate(rows):
        colour = NEGATIVE if row["influence"] < 0 else POSITIVE
        (mean,) = upper.bar(x, row["influence"], BAR, color=colour, zorder=1.5)
        mean.set_gid(f"{case}/{row['place']}/influence".replace(" ", "_"))
        (share,) = lower.bar(x, row["negative_total"], BAR, color=NEGATIVE, zorder=1.5)
        share.set_gid(f"{case}/{row['place']}/negative_total".replace(" ", "_"))
        if row["contrast"] is not None:
            mean = row["influence"] - row["contrast"]
            (tick,) = upper.plot([x - TICK / 2, x + TICK / 2], [mean, mean], color=INK, linewidth=1.5, zorder=3)
            tick.set_gid(f"{case}/{row['place']}/matched".replace(" ", "_"))


def _draw_key(axes: Axes, cases: Cases) -> None:
    pairs = {case: row["matched_case"] for case, (rows, _) in cases.items() for row in rows if row["matched_case"]}
    x, y = MARGIN, MARGIN + KEY
    entries = [(POSITIVE, "for the right answer"), (NEGATIVE, "against it")]
    for colour, text in entries:
        axes.add_patch(Rectangle((x, y), 8, 8, facecolor=colour, linewidth=0))
        axes.text(x + 14, y, text, size=TEXT, color=INK)
        x += 14 + extent(text, TEXT, "normal") + 18
    if pairs:
        axes.plot([MARGIN - 2, MARGIN + 10], [y - KEY + 4] * 2, color=INK, linewidth=1.5)
        text = "the same place in the matched case: " + ", ".join(f"{a} with {b}" for a, b in pairs.items())
        axes.text(MARGIN + 14, y - KEY, text, size=TEXT, color=INK)
