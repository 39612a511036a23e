"""The figure of one instance: which path, through which heads, carries each word's effect to the prediction.

Words stand on the x axis and layers on the y axis, the quantity of interest on top (paper, Figure 1). Each chosen
source word has one line, drawn step by step. A head is a solid line that bears the head's number, the skip connection
is dotted; a positive influence is filled, a negative one hollow: only the word's identity rests on colour, and the
line's foot tells that as well. The line's width is the influence through exactly these components.
Of a long sentence, tokens that no line comes near are folded: a column stands for all of them, and says how many.

All coordinates are points (1/72 inch), so that widths, gaps and text share one unit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from cypher.errors import InvalidInput
from service.figures.files import style
from service.figures.lanes import Point, Segment, lanes, route
from service.figures.strokes import COLOURS, FAINT, GAP, INK, SOFT, TOP, badge, cut, extent, foot, stroke, wrap
from workers.analysis.results import InstanceResult, WordResult
from workers.datasets.instance import SIMILARITY
from workers.influence.component import SKIP

THIN, WIDE = 3.2, 7.0  # of lines; the thinnest still shows that it is hollow
LINE = 19.0  # between lines of the key
KEY = 276.0  # width of the key, margin included
LONG = 40  # tokens beyond which some are folded
TITLE = 4  # lines


def strongest(result: InstanceResult, count: int) -> list[WordResult]:
    """The `count` words of largest absolute influence, in the sentence's order."""
    ranked = sorted(result.words, key=lambda word: -abs(word.influence))
    return sorted(ranked[:count], key=lambda word: word.position)


def named(result: InstanceResult, names: Sequence[str]) -> list[WordResult]:
    """The source words that `names` name, by position or by token (every one where a token is repeated).

    The one name `top:K` is the K strongest words.

    Raises:
        InvalidInput: a name that is no source word of this result.
    """
    if not names:
        raise InvalidInput("words", "no word is named", "Name tokens or positions, or leave it out.")
    if len(names) == 1 and (top := re.fullmatch(r"top:([1-9]\d*)", names[0])):
        return strongest(result, int(top[1]))
    chosen = set()
    for name in names:
        matches = {
            word.position
            for word in result.words
            if name in (str(word.position), word.token, result.shown[word.position])
        }
        if not matches:
            known = ", ".join(f"{word.position} {result.shown[word.position]}" for word in result.words)
            raise InvalidInput("words", f"{name!r} is not a source word of {result.id}", f"Use some of: {known}.")
        chosen |= matches
    return [word for word in result.words if word.position in chosen]


def draw(result: InstanceResult, words: Sequence[WordResult]) -> Figure:
    """The instance figure of `result`, with the patterns of `words`."""
    with style((*result.shown, result.text, result.id, result.quantity)):
        widths = line_widths(words)
        layout = _lay_out(result, words, widths)
        figure = Figure(figsize=(layout.width / 72, layout.height / 72))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, layout.width), ylim=(0, layout.height))
        axes.axis("off")
        _draw_graph(axes, layout, result, words)
        _draw_patterns(axes, layout, words, widths)
        _draw_key(axes, layout, result, words, widths)
        return figure


def line_widths(words: Sequence[WordResult]) -> list[float]:
    """Line widths proportional to the absolute influence through the words' own components, down to `THIN`."""
    most = max(abs(word.attention_influence) for word in words)
    return [max(THIN, WIDE * abs(word.attention_influence) / most) if most else THIN for word in words]


@dataclass(frozen=True)
class _Layout:
    """Where everything stands."""

    width: float
    height: float
    x: Float[np.ndarray, " pos"]  # of folded tokens, that of the column that stands for them
    folds: list[range]  # tokens that stand in one column
    y: Float[np.ndarray, " node"]  # of layers 0 to L, then the quantity of interest
    slanted: bool  # token labels
    title: list[str]  # lines
    facts: list[str]  # lines
    key: float  # left edge of the key


def _lay_out(result: InstanceResult, words: Sequence[WordResult], widths: Sequence[float]) -> _Layout:
    longest = max(extent(token, 10) for token in result.shown)
    crowd = sum(widths) + GAP * len(widths)
    column = max(longest + 12, 46.0, 0.9 * crowd)
    folds = _folds(result, words)
    place = np.arange(len(result.tokens)) - sum(_hidden_before(fold, len(result.tokens)) for fold in folds)
    slanted = column * (place[-1] + 1) > 640
    if slanted:
        column = max(34.0, 0.9 * crowd)
    margin = 74.0
    x = margin + column * (place + 0.5)
    key = x[-1] + column / 2 + 30
    width = key + KEY
    floor = 52 + (0.7 * longest if slanted else 0)
    below_key = 16 + LINE * (len(words) + 6) + 24  # of the key, under its first line
    row = max(50 + 0.6 * crowd, (below_key - floor) / (len(words[0].path) - 0.25))
    y = floor + row * np.arange(len(words[0].path) + 1)
    y[-1] -= 0.25 * row
    title = wrap(result.sentence.split(), " ", 12, width - 50)
    title = title if len(title) <= TITLE else [*title[: TITLE - 1], f"{title[TITLE - 1]} …"]
    facts = wrap(_facts(result, words), "   ·   ", 9, width - 40)
    height = float(y[-1]) + 62 + 16 * len(title) + 13 * (len(facts) - 1)
    return _Layout(width, height, x, folds, y, slanted, title, facts, key)


def _folds(result: InstanceResult, words: Sequence[WordResult]) -> list[range]:
    """Runs of tokens, none of them beside one that a path visits, in a sentence that is too long to be drawn whole."""
    length = len(result.tokens)
    if length <= LONG:
        return []
    visited = {result.target, *(position for word in words for position in word.path)}
    near = sorted({-1, length} | {place for position in visited for place in (position - 1, position, position + 1)})
    return [range(before + 1, after) for before, after in pairwise(near) if after - before > 2]


def _hidden_before(fold: range, length: int) -> Int[np.ndarray, " pos"]:
    """By how many columns a fold moves each token to the left."""
    return np.clip(np.arange(length) - fold.start, 0, len(fold) - 1)


def _draw_graph(axes: Axes, layout: _Layout, result: InstanceResult, words: Sequence[WordResult]) -> None:
    """Title, tokens, layers, nodes and the quantity of interest."""
    top = layout.height - 24
    for line in layout.title:
        axes.text(20, top, line, size=12, weight="bold", color=INK)
        top -= 16
    for line in layout.facts:
        axes.text(20, top, line, size=9, color=SOFT)
        top -= 13
    for layer, y in enumerate(layout.y[:-1]):
        axes.text(62, y, f"layer {layer}" if layer else "embedding", size=9, color=SOFT, ha="right", va="center")
    folded = {position for fold in layout.folds for position in fold}
    shown = [position for position in range(len(result.tokens)) if position not in folded]
    axes.scatter(*np.meshgrid(layout.x[shown], layout.y[:-2]), s=10, color=FAINT, zorder=1, linewidths=0)
    for fold in layout.folds:
        for y, text in ((layout.y[0], "⋯"), (layout.y[0] - 30, f"{len(fold)}")):
            axes.text(layout.x[fold.start], y, text, size=9, color=SOFT, ha="center", va="center")
    chosen = {word.position for word in words}
    for position in shown:
        token = result.shown[position]
        weight = "bold" if position in chosen else "normal"
        x, y = layout.x[position], layout.y[0] - 30
        if layout.slanted:
            turn = {"rotation": 45, "rotation_mode": "anchor"}
            axes.text(x + 3, y, token, turn, size=10, weight=weight, color=INK, ha="right", va="center")
        else:
            axes.text(x, y, token, size=10, weight=weight, color=INK, ha="center", va="top")
    label = {"logit_difference": f"{result.correct} − {result.wrong}", SIMILARITY: "cosine"}.get(
        result.settings["question"], result.quantity
    )
    width, x, y = extent(label, 10) + 16, layout.x[result.target], layout.y[-1]
    left = max(x - width / 2, 8)
    frame = FancyBboxPatch((left, y), width, 18, "round,pad=0,rounding_size=4", fc="white", ec=INK, lw=1, zorder=TOP)
    axes.add_patch(frame)
    axes.text(left + width / 2, y + 9, label, size=10, color=INK, ha="center", va="center_baseline", zorder=TOP)


def _draw_patterns(axes: Axes, layout: _Layout, words: Sequence[WordResult], widths: Sequence[float]) -> None:
    """Every word's line, from its foot to the quantity of interest."""
    paths = [(*word.path, word.path[-1]) for word in words]
    offsets = lanes(paths, widths, GAP)
    nodes = [np.stack([layout.x[np.array(path)], layout.y], axis=1) for path in paths]
    routes = [route(points, shift, reach=13) for points, shift in zip(nodes, offsets, strict=True)]
    for points, shift in zip(nodes, offsets, strict=True):
        for node, beside in zip(points[1:-1], np.maximum(np.abs(shift[:-1]), np.abs(shift[1:])), strict=True):
            axes.add_patch(Circle(tuple(node), beside + 9, facecolor=FAINT, linewidth=0, zorder=1))
    badges: list[Point] = []
    for order, (word, width, steps) in enumerate(zip(words, widths, routes, strict=True)):
        colour = COLOURS[order % len(COLOURS)]
        for step, component in zip(steps, (*word.components, None), strict=True):
            stroke(axes, step.line, colour, width, component == SKIP, word.sign < 0, zorder=3 + order)
            if component not in (SKIP, None):
                badges.append(_free_spot(step, [other for steps in routes for other in steps], badges))
                badge(axes, badges[-1], str(component), colour)
        start = steps[0].start
        foot(axes, start, word.sign > 0, colour)
        axes.text(start[0], start[1] - 18, _signed(word.influence), size=8, color=INK, ha="center")


def _draw_key(
    axes: Axes, layout: _Layout, result: InstanceResult, words: Sequence[WordResult], widths: Sequence[float]
) -> None:
    """A table of the words' influences, and what each style of line means."""
    left, y = layout.key, layout.y[-1] + 4
    columns = left + np.array([126, 172, 250])
    axes.text((columns[0] - 44 + columns[-1]) / 2, y, "influence through", size=9, color=SOFT, ha="center")
    axes.plot([columns[0] - 44, columns[-1]], [y - 4, y - 4], color=FAINT, linewidth=0.8)
    y -= 16
    for x, name in zip(columns, ("all paths", "its path", "its components"), strict=True):
        axes.text(x, y, name, size=9, color=SOFT, ha="right")
    for order, word in enumerate(words):
        y -= LINE
        foot(axes, np.array([left + 7, y + 3.5]), word.sign > 0, COLOURS[order % len(COLOURS)])
        axes.text(left + 20, y, cut(result.label(word.position), 9, 62), size=9, color=INK)
        values = (word.influence, word.embedding_influence, word.attention_influence)
        for x, value in zip(columns, values, strict=True):
            axes.text(x, y, _signed(value), size=9, color=INK, ha="right")
    y -= 14
    most = max(abs(word.attention_influence) for word in words)
    samples = [
        ("attention head, with its number", 5.5, "3", False, False),
        ("skip connection", 5.5, None, True, False),
        ("positive influence", 5.5, None, False, False),
        ("negative influence", 5.5, None, False, True),
        (f"±{most:#.2g} through its components", max(widths), None, False, False),
        (f"±{most * THIN / max(widths):#.2g} or less", THIN, None, False, False),
    ]
    for label, width, head, dotted, hollow in samples:
        y -= LINE
        line = np.array([[left + 2, y + 3.5], [left + 34, y + 3.5]])
        stroke(axes, line, SOFT, width, dotted, hollow, zorder=3)
        if head:
            badge(axes, line.mean(0), head, SOFT)
        axes.text(left + 46, y, label, size=9, color=INK)


def _free_spot(step: Segment, steps: Sequence[Segment], badges: Sequence[Point]) -> Point:
    """The point of a step's straight part that is clear of other badges and lines, and near its middle."""
    shares = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82])
    spots = step.start + shares[:, None] * (step.end - step.start)
    others = [np.linspace(other.start, other.end, 30) for other in steps if other is not step]
    score = np.minimum(_distance(spots, badges), 12.5) - 4 * abs(shares - 0.5)
    return spots[np.argmax(score + 0.5 * np.minimum(_distance(spots, np.concatenate(others)), 9))]


def _distance(
    spots: Float[np.ndarray, "spot 2"], points: Sequence[Point] | Float[np.ndarray, "point 2"]
) -> Float[np.ndarray, " spot"]:
    """From each spot to the nearest of `points`."""
    if not len(points):
        return np.full(len(spots), np.inf)
    return np.linalg.norm(spots[:, None] - np.asarray(points), axis=-1).min(axis=1)


def _signed(value: float) -> str:
    """Two decimals; one digit where these would be zeros."""
    return f"{value:{'+.2f' if abs(value) >= 0.005 or value == 0 else '+.0e'}}".replace("-", "−")


def _facts(result: InstanceResult, words: Sequence[WordResult]) -> list[str]:
    verdict = f" ({'right' if result.qoi > 0 else 'wrong'})" if result.tells_right else ""
    quantity = f"{result.quantity} = {_signed(result.qoi)}{verdict}"
    error, distribution = result.completeness_error, result.settings.get("distribution", "line")
    return [
        quantity,
        f"baseline {_signed(result.baseline_qoi)}" + " (counterfactual)" * (result.counterfactual is not None),
        distribution if error is None else f"completeness error {error * 100:.2g} %",
        *_share(result, words),
        result.id,
    ]


def _share(result: InstanceResult, words: Sequence[WordResult]) -> list[str]:
    """How much of all words' influence the chosen ones have, where there are others."""
    others = len(result.words) + result.left_out - len(words)
    whole = sum(abs(word.influence) for word in result.words) / (1 - result.left_out_share)
    if not others or not whole:
        return []
    share = sum(abs(word.influence) for word in words) / whole
    return [f"{len(words)} of {len(words) + others} words, with {share:.0%} of the absolute influence"]
