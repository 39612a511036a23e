"""Which places speak for the wrong answer: bars of influence, and of the share of all negative influence, by case.

Above stands the mean influence of each place, below its share of the case's negative total. Where a case has a matched
one (the same but for the attractor's number or gender, or for the sign of the clause before), a line across marks the
same place's mean in the matched case: how far the bar's end is from it is the contrast.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from cypher.table import Table
from service.figures.files import STYLE
from service.figures.sheet import (
    LABEL,
    MARGIN,
    NEGATIVE,
    POSITIVE,
    TEXT,
    heading_height,
    label_height,
    left_margin,
    region,
    sheet,
    write_heading,
    write_labels,
)
from service.figures.strokes import FAINT, INK, SOFT, extent

TALL, LOW = 130.0, 66.0  # the two charts
BETWEEN = 14.0  # them
LEFT = 66.0  # of the first case's charts
GAP = 16.0  # between cases
COLUMN, WIDEST = 16.0, 30.0  # from place to place
NARROWEST = 440.0
BAR, TICK = 0.62, 0.84  # of a column: a bar, and the line across it
ABOVE, BELOW = 30.0, 8.0  # the charts: the case's name; where labels hang
LINE = 17.0  # of the key

Row = Mapping[str, Any]


def draw_attractors(attractors: Table, places: Table, title: str, facts: Sequence[str]) -> Figure:
    """The bars of the report `attractors`.

    Args:
        places: report `positions`, which has the order of the places.
    """
    cases = _cases(attractors, places)
    count = sum(len(rows) for rows, _ in cases.values())
    column = (NARROWEST - LEFT - MARGIN - GAP * (len(cases) - 1)) / max(count, 1)
    column = min(max(column, COLUMN), WIDEST)
    with matplotlib.rc_context(STYLE):
        labels = [row["label"] for rows, _ in cases.values() for row in rows]
        left = left_margin(labels, LEFT)
        widths = {case: max(column * len(rows), extent(f"{case}  n = 0000", TEXT)) for case, (rows, _) in cases.items()}
        width = max(left + sum(widths.values()) + GAP * (len(cases) - 1) + MARGIN, NARROWEST)
        bottom = MARGIN + 2 * LINE + label_height(labels) + BELOW
        high = bottom + LOW + BETWEEN + TALL
        figure, axes = sheet(width, high + ABOVE + heading_height(title, facts, width))
        write_heading(axes, title, facts)
        for y, text in ((high - TALL / 2, "mean influence"), (bottom + LOW / 2, "share of the\nnegative total")):
            turn = {"rotation": 90, "ha": "center", "va": "center"}
            axes.text(MARGIN + 8, y, text, turn, size=TEXT, color=INK)
        first = next(iter(cases), None)
        influences = _limits([row["influence"] for rows, _ in cases.values() for row in rows] + _matched(cases))
        totals = _limits([row["negative_total"] for rows, _ in cases.values() for row in rows])
        for case, (rows, instances) in cases.items():
            upper = region(figure, left, bottom + LOW + BETWEEN, widths[case], TALL)
            lower = region(figure, left, bottom, widths[case], LOW)
            for chart, limits in ((upper, influences), (lower, totals)):
                chart.set_ylim(*limits)
                _set_up(chart, len(rows), named=case == first)
            _draw_case(upper, lower, case, rows)
            middle = left + widths[case] / 2
            axes.text(middle, high + 16, case, size=TEXT + 1, weight="bold", color=INK, ha="center")
            axes.text(middle, high + 5, f"n = {instances:,}", size=LABEL, color=SOFT, ha="center")
            x = left + widths[case] * (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
            write_labels(axes, x, bottom - BELOW, [row["label"] for row in rows], set())
            left += widths[case] + GAP
        _draw_key(axes, cases)
        return figure


def _cases(attractors: Table, places: Table) -> dict[str, tuple[list[Row], int]]:
    """Each case's rows, from left to right, and how many instances it has."""
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


def _matched(cases: Mapping[str, tuple[list[Row], int]]) -> list[float]:
    """The means of matched cases."""
    return [
        row["influence"] - row["contrast"] for rows, _ in cases.values() for row in rows if row["contrast"] is not None
    ]


def _limits(values: Sequence[float]) -> tuple[float, float]:
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


def _draw_key(axes: Axes, cases: Mapping[str, tuple[list[Row], int]]) -> None:
    pairs = {case: row["matched_case"] for case, (rows, _) in cases.items() for row in rows if row["matched_case"]}
    x, y = MARGIN, MARGIN + LINE
    entries = [(POSITIVE, "for the right answer"), (NEGATIVE, "against it")]
    for colour, text in entries:
        axes.add_patch(Rectangle((x, y), 8, 8, facecolor=colour, linewidth=0))
        axes.text(x + 14, y, text, size=TEXT, color=INK)
        x += 14 + extent(text, TEXT, "normal") + 18
    if pairs:
        axes.plot([MARGIN - 2, MARGIN + 10], [y - LINE + 4] * 2, color=INK, linewidth=1.5)
        text = "the same place in the matched case: " + ", ".join(f"{a} with {b}" for a, b in pairs.items())
        axes.text(MARGIN + 14, y - LINE, text, size=TEXT, color=INK)
