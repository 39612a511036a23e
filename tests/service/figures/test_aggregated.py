"""The aggregated and the difference figure: widths tell the truth, whatever else is drawn."""

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from service.figures import draw_aggregated, draw_difference, save, superpositions
from service.figures.aggregated import LESS, MORE
from service.figures.canvas import NEGATIVE, POSITIVE
from service.figures.panels import FULL
from service.figures.traffic import Traffic
from tests.service.made_up_reports import FLOW, LAYERS, TARGET, TOKENS, places, steps, table

SVG = "{http://www.w3.org/2000/svg}"


def sample(
    *cases: str, tokens: int = len(TOKENS), layers: int = LAYERS, heads: int = 4, seed: int = 0
) -> list[Traffic]:
    """Superpositions of 20 instances of random patterns."""
    random = np.random.default_rng(seed)
    union, parts = [], []
    for case in cases:
        for layer in range(layers):
            for source, target in {(int(a), int(b)) for a, b in random.integers(tokens, size=(2 * tokens, 2))}:
                positive, negative = (float(share) for share in random.integers(1, 21, size=2) / 20)
                component = -1 if source == target and random.random() < 0.7 else int(random.integers(heads))
                union += steps(case, (layer, source, target, None, positive, negative))
                parts += steps(case, (layer, source, target, component, positive, negative))
    labels = [TOKENS[position % len(TOKENS)] for position in range(tokens)]
    return superpositions(places(*cases, labels=labels), table(FLOW, union), table(FLOW, parts))


def lines(figure: Figure) -> dict[str, Line2D]:
    return {line.get_gid() or "": line for line in figure.axes[0].lines if line.get_gid()}


def svg_widths(path: Path) -> dict[str, float]:
    """The stroke of every named line of an SVG; 1 where it is left out."""
    groups = ElementTree.parse(path).getroot().iter(f"{SVG}g")
    named = {group.get("id", ""): group.find(f"{SVG}path") for group in groups}
    styles = {name: line.get("style", "") for name, line in named.items() if "/" in name and line is not None}
    widths = {name: re.search(r"stroke-width: ([\d.]+)", style) for name, style in styles.items()}
    return {name: float(width[1]) if width else 1.0 for name, width in widths.items()}


SOME = superpositions(
    places("SP", "SS"),
    table(
        FLOW,
        [
            *steps("SP", (0, 2, 2, None, 1.0, 0.0), (0, 4, 2, None, 0.5, 0.25), (1, 2, 5, None, 0.8, 0.0)),
            *steps("SS", (0, 2, 2, None, 0.1, 0.0), (1, 2, 5, None, 0.2, 0.0)),
        ],
    ),
    table(
        FLOW,
        [
            *steps("SP", (0, 2, 2, -1, 1.0, 0.0), (0, 4, 2, 3, 0.5, 0.25), (1, 2, 5, 6, 0.8, 0.0)),
            *steps("SS", (0, 2, 2, -1, 0.1, 0.0), (1, 2, 5, 6, 0.2, 0.0)),
        ],
    ),
)
SHARES = {
    "SP/0/2>2/skip/positive": 1.0,
    "SP/0/4>2/attention/positive": 0.5,
    "SP/0/4>2/attention/negative": 0.25,
    "SP/1/2>5/attention/positive": 0.8,
    "SS/0/2>2/skip/positive": 0.1,
    "SS/1/2>5/attention/positive": 0.2,
}


def test_widths_in_the_file_are_the_shares_on_one_scale_for_all_cases(tmp_path):
    save(draw_aggregated(SOME, "Title", ["fact"]), tmp_path / "figure.svg")
    assert svg_widths(tmp_path / "figure.svg") == pytest.approx({name: FULL * share for name, share in SHARES.items()})


def test_a_case_alone_is_drawn_on_the_same_scale(tmp_path):
    save(draw_aggregated(SOME[1:], "Title", []), tmp_path / "figure.svg")
    expected = {name: FULL * share for name, share in SHARES.items() if name.startswith("SS")}
    assert svg_widths(tmp_path / "figure.svg") == pytest.approx(expected)


def test_colour_is_the_sign_and_dashes_are_the_skip_connection():
    drawn = lines(draw_aggregated(SOME, "Title", []))
    assert drawn.keys() == SHARES.keys()
    for name, line in drawn.items():
        assert line.get_color() == (POSITIVE if name.endswith("positive") else NEGATIVE)
        assert line.is_dashed() == ("skip" in name)


def test_lines_lead_from_their_source_up_to_their_target():
    figure = draw_aggregated(SOME[:1], "Title", [])
    labels = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts if text.get_rotation()}
    line = np.asarray(lines(figure)["SP/1/2>5/attention/positive"].get_xydata())
    assert line[0, 0] == pytest.approx(labels["pilot"], abs=4)
    assert line[1, 0] == pytest.approx(labels["[MASK]"], abs=4)
    assert line[1, 1] - line[0, 1] == pytest.approx(40)


def test_what_takes_the_same_step_lies_side_by_side():
    drawn = lines(draw_aggregated(SOME[:1], "Title", []))
    one, other = drawn["SP/0/4>2/attention/positive"], drawn["SP/0/4>2/attention/negative"]
    first, second = (np.asarray(line.get_xydata()) for line in (one, other))
    along = (first[1] - first[0]) / np.linalg.norm(first[1] - first[0])
    apart = abs(np.cross([*along, 0], [*(second[0] - first[0]), 0])[2])
    assert apart >= (one.get_linewidth() + other.get_linewidth()) / 2


def test_the_key_s_widths_are_those_of_their_shares():
    figure = draw_aggregated(SOME, "Title", [])
    texts = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    for label, share in (("100 % of the sentences", 1), ("50 %", 0.5), ("20 %", 0.2)):
        x, y = texts[label]
        strokes = [line for line in figure.axes[0].lines if line.get_color() != "white"]
        ends = [(line, np.asarray(line.get_xydata())[1]) for line in strokes]
        beside = [line for line, end in ends if abs(end[1] - y) < 5 and 0 < x - end[0] < 10]
        assert [line.get_linewidth() for line in beside] == [pytest.approx(FULL * share)]


def test_the_strongest_lines_bear_their_head_and_weak_or_mixed_ones_none():
    cases = superpositions(
        places("SP"),
        table(FLOW, steps("SP", (0, 1, 5, None, 1, 0), (1, 2, 5, None, 1, 0), (2, 3, 5, None, 0.1, 0))),
        table(
            FLOW,
            steps("SP", (0, 1, 5, 6, 1, 0), (1, 2, 5, 2, 0.5, 0), (1, 2, 5, 7, 0.5, 0), (2, 3, 5, 4, 0.1, 0)),
        ),
    )
    shown = [
        text.get_text() for text in draw_aggregated(cases, "Title", []).axes[0].texts if text.get_fontsize() == 6.5
    ]
    assert shown == ["6", "3"]  # the second is the key's


@pytest.mark.parametrize(("count", "tokens", "layers"), [(1, 3, 1), (4, 3, 1), (1, 8, 3), (4, 8, 3), (1, 40, 12)])
def test_no_two_texts_overlap_and_none_leaves_the_figure(count, tokens, layers):
    cases = sample(*["PP", "PS", "SP", "SS"][:count], tokens=tokens, layers=layers)
    check_texts(draw_aggregated(cases, "sva-obj: how often patterns take each step", ["run demo", "model bundled"] * 4))


def check_texts(figure: Figure) -> None:
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(text, text.get_window_extent(renderer)) for axes in figure.axes for text in axes.texts if text.get_text()]
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text
    level = [(text, box) for text, box in boxes if not text.get_rotation()]
    for (one, first), (other, second) in combinations(level, 2):
        assert not first.overlaps(second), (one, other)
    slanted = [text.get_position() for text, _ in boxes if text.get_rotation() == 45]
    assert all(after[0] - before[0] >= 13 for before, after in pairwise(slanted) if before[1] == after[1])


def test_a_long_role_at_the_left_is_not_cut_off():
    rows = places("SP", labels=["a-very-long-role-of-the-first-word-of-all", "b"])
    check_texts(draw_aggregated(superpositions(rows, table(FLOW, [])), "Title", []))


def test_a_case_without_patterns_says_so():
    cases = superpositions(places("SP", "SS"), table(FLOW, steps("SP", (0, 2, TARGET, None, 1, 0))))
    shown = [text.get_text() for text in draw_aggregated(cases, "Title", []).axes[0].texts]
    assert shown.count("none") == 1 and "SS" in shown


def test_nothing_at_all_is_still_a_figure():
    check_texts(draw_aggregated(superpositions(places("SP"), table(FLOW, [])), "Title", []))


def test_a_difference_is_as_wide_as_its_size_and_coloured_by_the_larger(tmp_path):
    figure = draw_difference(SOME[0], SOME[1], "Title", [])
    drawn = lines(figure)
    expected = {
        "SP_−_SS,_positive_words/0/2>2/skip/positive": 0.9,
        "SP_−_SS,_positive_words/0/4>2/attention/positive": 0.5,
        "SP_−_SS,_negative_words/0/4>2/attention/negative": 0.25,
        "SP_−_SS,_positive_words/1/2>5/attention/positive": 0.6,
    }
    assert {name: line.get_linewidth() for name, line in drawn.items()} == pytest.approx(
        {name: FULL * share for name, share in expected.items()}
    )
    assert {line.get_color() for line in drawn.values()} == {MORE}
    other_way = draw_difference(SOME[1], SOME[0], "Title", [])
    assert {line.get_color() for line in lines(other_way).values()} == {LESS}


def test_small_differences_are_drawn_on_a_finer_scale_that_the_key_tells():
    one, other = superpositions(
        places("SP", "SS"),
        table(FLOW, [*steps("SP", (0, 2, 2, None, 0.55, 0)), *steps("SS", (0, 2, 2, None, 0.4, 0))]),
    )
    figure = draw_difference(one, other, "Title", [])
    (line,) = lines(figure).values()
    assert line.get_linewidth() == pytest.approx(FULL * 0.15 / 0.2)
    assert "20 percentage points" in [text.get_text() for text in figure.axes[0].texts]


def test_equal_cases_differ_in_nothing():
    figure = draw_difference(SOME[0], SOME[0], "Title", [])
    assert lines(figure) == {}
    assert [text.get_text() for text in figure.axes[0].texts].count("none") == 2


@pytest.mark.parametrize(("extension", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF"), (".png", b"\x89PNG")])
def test_every_format_is_written_the_same_twice_with_where_it_is_from(tmp_path, extension, start):
    about = {"run": "c0ffee", "name": "demo"}
    for name in ("first", "second"):
        save(draw_aggregated(sample("SP", "SS"), "Title", ["fact"]), tmp_path / f"{name}{extension}", about)
    written = (tmp_path / f"first{extension}").read_bytes()
    assert written == (tmp_path / f"second{extension}").read_bytes()
    assert written.startswith(start)
    assert b"c0ffee" in written and b"demo" in written
