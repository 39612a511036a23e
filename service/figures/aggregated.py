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
from service.figures.selection import Selection, select
from service.figures.strokes import COLOURS, INK, SOFT, extent
from service.figures.traffic import Flow, Step, Traffic, difference

MORE, LESS = COLOURS[2:4]  # where the first of two cases has more, and the other
LAYERS = 58.0  # width of the layers' names
GAP = 22.0  # between panels
LEFT = MARGIN + LAYERS
NARROWEST, BROADEST = 440.0, 1400.0  # of a figure; where panels in a row would take more, they take several rows
COLUMN, WIDEST = 16.0, 30.0  # from place to place
ROW, HIGHEST = 40.0, 120.0  # from layer to layer
LINE = 17.0  # of the key
SAMPLE = 26.0  # length of its lines
FITTING = Selection()
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


def draw_aggregated(
    cases: Sequence[Traffic], title: str, facts: Sequence[str], selection: Selection = FITTING
) -> Figure:
    """The superposition of each case, all on one scale: a line of full width is a step in all of a case's instances."""
    cases, notes = select(cases, selection, "steps in at least {} of the sentences")
    grid = _grid(cases)
    panels = [
        lay_out(traffic, traffic.case, f"n = {traffic.instances:,}", 1.0, _colour_of_sign, grid) for traffic in cases
    ]
    signs = [
        Entry("step of a positive word's pattern", 0.6 * FULL, POSITIVE),
        Entry("of a negative word's", 0.6 * FULL, NEGATIVE),
    ]
    return _draw(panels, [signs, _kinds(cases), _widths(1.0, "% of the sentences")], title, [*facts, *notes])


def draw_difference(
    one: Traffic, other: Traffic, title: str, facts: Sequence[str], selection: Selection = FITTING
) -> Figure:
    """By how much the shares of two cases differ, for positive and for negative patterns."""
    both = difference(one, other)
    most = max((abs(flow.share) for flow in both.flows.values()), default=0)
    full = min((full for full in FULLS if full >= most), default=FULLS[0])
    note = f"n = {one.instances:,} and {other.instances:,}"
    halves = [
        replace(both, case=f"{both.case}, {name}", flows={s: f for s, f in both.flows.items() if s.positive is sign})
        for name, sign in (("positive words", True), ("negative words", False))
    ]
    halves, notes = select(halves, selection, "steps whose shares differ by at least {}")
    grid = _grid(halves)
    panels = [lay_out(half, half.case, note, full, _colour_of_difference, grid) for half in halves]
    signs = [
        Entry(f"more often in {one.case}", 0.6 * FULL, MORE),
        Entry(f"more often in {other.case}", 0.6 * FULL, LESS),
    ]
    return _draw(panels, [signs, _kinds(halves), _widths(full, "percentage points")], title, [*facts, *notes])


def _colour_of_sign(step: Step, _: Flow) -> str:
    return POSITIVE if step.positive else NEGATIVE


def _colour_of_difference(_: Step, flow: Flow) -> str:
    return MORE if flow.share > 0 else LESS


def _grid(cases: Sequence[Traffic]) -> tuple[float, float]:
    """From place to place: more than the least where a figure would be narrower than its key, and less where one panel
    would be broader than a page. From layer to layer: more than the least where sentences are so long that lines would
    lie flat."""
    places = [len(traffic.places) for traffic in cases]
    most = max(places, default=0)
    free = NARROWEST - LAYERS - 2 * MARGIN - GAP * (len(cases) - 1)
    column = min(max(COLUMN, free / max(sum(places), 1)), WIDEST, BROADEST / max(most, 1))
    return column, min(max(ROW, column * most / 8), HIGHEST)


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
        bands = _bands(panels)
        margins = [left_margin([label for panel in band for label in panel.labels.values()], LEFT) for band in bands]
        width = max(NARROWEST, *(margin + _width(band) + MARGIN for margin, band in zip(margins, bands, strict=True)))
        rows = _rows(key, width - 2 * MARGIN)
        heights = [_height(band) for band in bands]
        bottom = MARGIN + LINE * len(rows) + 4
        figure, axes = canvas(width, bottom + sum(heights) + heading_height(title, facts, width))
        write_heading(axes, title, facts)
        bottom += sum(heights)
        for band, left, height in zip(bands, margins, heights, strict=True):
            bottom -= height
            _draw_band(axes, band, left, bottom + _below(band))
        _draw_key(axes, rows)
        return figure


def _bands(panels: Sequence[Panel]) -> list[list[Panel]]:
    """The panels side by side, in as many rows as keep the figure from being broader than a page."""
    bands: list[list[Panel]] = [[]]
    for panel in panels:
        if bands[-1] and LEFT + _width([*bands[-1], panel]) + MARGIN > BROADEST:
            bands.append([])
        bands[-1].append(panel)
    return bands


def _width(band: Sequence[Panel]) -> float:
    return sum(panel.width for panel in band) + GAP * (len(band) - 1)


def _below(band: Sequence[Panel]) -> float:
    """What labels take below the lowest layer."""
    return label_height([label for panel in band for label in panel.labels.values()]) + BELOW


def _height(band: Sequence[Panel]) -> float:
    return _below(band) + max((float(panel.y[-1]) for panel in band), default=0.0) + ABOVE


def _draw_band(axes: Axes, band: Sequence[Panel], left: float, bottom: float) -> None:
    """Panels side by side whose lowest layer is at `bottom`, with the names of the layers."""
    for layer, y in enumerate(max((panel.y for panel in band), key=len) + bottom):
        name = f"layer {layer}" if layer else "embedding"
        axes.text(left - 6, y, name, size=TEXT, color=SOFT, ha="right", va="center")
    for panel in band:
        draw_panel(axes, panel, left, bottom)
        left += panel.width + GAP


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
