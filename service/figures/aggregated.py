"""The aggregated figure (paper, Figures 14 and 15), and the difference of two cases: panels in a row, and their key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from service.figures.canvas import (
    MARGIN,
    NEGATIVE,
    POSITIVE,
    TEXT,
    canvas,
    heading_height,
    label_height,
    left_margin,
    write_heading,
)
from service.figures.files import style
from service.figures.panels import ABOVE, BELOW, FULL, Panel, draw_line, draw_number, draw_panel, lay_out
from service.figures.strokes import COLOURS, INK, SOFT, extent
from service.figures.traffic import Flow, Step, Traffic, difference

MORE, LESS = COLOURS[2:4]  # where the first of two cases has more, and the other
LAYERS = 58.0  # width of the layers' names
GAP = 22.0  # between panels
NARROWEST = 440.0
COLUMN, WIDEST = 16.0, 30.0  # from place to place
ROW = 40.0  # from layer to layer
LINE = 17.0  # of the key
SAMPLE = 26.0  # length of its lines
FULLS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the key explains."""

    text: str
    width: float
    colour: str = SOFT
    dashed: bool = False
    number: str = ""

    @property
    def room(self) -> float:
        return SAMPLE + 7 + extent(self.text, TEXT, "normal") + 18


def draw_aggregated(cases: Sequence[Traffic], title: str, facts: Sequence[str]) -> Figure:
    """The superposition of each case, all on one scale: a line of full width is a step in all of a case's instances."""
    grid = _grid(cases)
    panels = [
        lay_out(traffic, traffic.case, f"n = {traffic.instances:,}", 1.0, _colour_of_sign, grid) for traffic in cases
    ]
    signs = [
        Entry("step of a positive word's pattern", 0.6 * FULL, POSITIVE),
        Entry("of a negative word's", 0.6 * FULL, NEGATIVE),
    ]
    return _draw(panels, [signs, _kinds(cases), _widths(1.0, "% of the sentences")], title, facts)


def draw_difference(one: Traffic, other: Traffic, title: str, facts: Sequence[str]) -> Figure:
    """By how much the shares of two cases differ, for positive and for negative patterns."""
    both = difference(one, other)
    most = max((abs(flow.share) for flow in both.flows.values()), default=0)
    full = min((full for full in FULLS if full >= most), default=FULLS[0])
    note = f"n = {one.instances:,} and {other.instances:,}"
    halves = [
        replace(both, case=f"{both.case}, {name}", flows={s: f for s, f in both.flows.items() if s.positive is sign})
        for name, sign in (("positive words", True), ("negative words", False))
    ]
    grid = _grid(halves)
    panels = [lay_out(half, half.case, note, full, _colour_of_difference, grid) for half in halves]
    signs = [
        Entry(f"more often in {one.case}", 0.6 * FULL, MORE),
        Entry(f"more often in {other.case}", 0.6 * FULL, LESS),
    ]
    return _draw(panels, [signs, _kinds(halves), _widths(full, "percentage points")], title, facts)


def _colour_of_sign(step: Step, _: Flow) -> str:
    return POSITIVE if step.positive else NEGATIVE


def _colour_of_difference(_: Step, flow: Flow) -> str:
    return MORE if flow.share > 0 else LESS


def _grid(cases: Sequence[Traffic]) -> tuple[float, float]:
    """From place to place: more than the least where a figure would be narrower than its key. From layer to layer: more
    than the least where sentences are so long that lines would lie flat."""
    places = [len(traffic.places) for traffic in cases]
    free = NARROWEST - LAYERS - 2 * MARGIN - GAP * (len(cases) - 1)
    column = min(max(COLUMN, free / max(sum(places), 1)), WIDEST)
    return column, max(ROW, column * max(places, default=0) / 8)


def _kinds(cases: Iterable[Traffic]) -> list[Entry]:
    flows = [item for traffic in cases for item in traffic.flows.items()]
    entries = []
    if any(flow.heads for _, flow in flows):
        entries.append(Entry("attention; number: its most frequent head", 0.4 * FULL, number="3"))
    if any(step.skip for step, _ in flows):
        entries.append(Entry("skip connection", 0.4 * FULL, dashed=True))
    return entries


def _widths(full: float, unit: str) -> list[Entry]:
    shares = (full, full / 2, full / 5)
    return [
        Entry(f"{100 * share:.3g} {unit if share == full else unit[: unit.startswith('%')]}", FULL * share / full)
        for share in shares
    ]


def _draw(panels: Sequence[Panel], key: Sequence[Sequence[Entry]], title: str, facts: Sequence[str]) -> Figure:
    labels = [label for panel in panels for label in panel.labels.values()]
    with style((title, *facts, *labels, *(panel.title for panel in panels))):
        floor = label_height(labels)
        left = left_margin(labels, MARGIN + LAYERS)
        width = max(left + sum(panel.width for panel in panels) + GAP * (len(panels) - 1) + MARGIN, NARROWEST)
        rows = _rows(key, width - 2 * MARGIN)
        bottom = MARGIN + LINE * len(rows) + 4 + floor + BELOW
        high = max(float(panel.y[-1]) for panel in panels)
        figure, axes = canvas(width, bottom + high + ABOVE + heading_height(title, facts, width))
        write_heading(axes, title, facts)
        for layer, y in enumerate(max((panel.y for panel in panels), key=len) + bottom):
            name = f"layer {layer}" if layer else "embedding"
            axes.text(left - 6, y, name, size=TEXT, color=SOFT, ha="right", va="center")
        for panel in panels:
            draw_panel(axes, panel, left, bottom)
            left += panel.width + GAP
        _draw_key(axes, rows)
        return figure


def _rows(groups: Sequence[Sequence[Entry]], width: float) -> list[list[Entry]]:
    """The key in lines of at most `width`, groups unbroken."""
    rows: list[list[Entry]] = []
    for group in filter(None, groups):
        if rows and sum(entry.room for entry in (*rows[-1], *group)) <= width:
            rows[-1] += group
        else:
            rows.append([*group])
    return rows


def _draw_key(axes: Axes, rows: Sequence[Sequence[Entry]]) -> None:
    y = MARGIN + LINE * len(rows)
    for row in rows:
        y -= LINE
        x = MARGIN
        for entry in row:
            start, end = np.array([[x, y + 3.5], [x + SAMPLE, y + 3.5]])
            draw_line(axes, start, end, entry.width, entry.colour, entry.dashed)
            if entry.number:
                draw_number(axes, (start + end) / 2, entry.number, entry.colour)
            axes.text(x + SAMPLE + 7, y, entry.text, size=TEXT, color=INK)
            x += entry.room
