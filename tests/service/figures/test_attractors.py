"""The attractors' bars: heights, colours, and where the matched case stands."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cypher.store.table import Table
from service.figures import draw_attractors
from service.figures.canvas import NEGATIVE, POSITIVE
from tests.service.figures.test_aggregated import check_texts
from tests.service.made_up_reports import ATTRACTORS, PLACES, places, table


def attractors(
    case: str, *influences: float, matched: str | None = None, contrast: float = -0.5
) -> list[dict[str, Any]]:
    total = -sum(influence for influence in influences if influence < 0)
    return [
        {
            "task": "sva",
            "case": case,
            "place": place,
            "label": f"word{place}",
            "influence": influence,
            "negative_total": max(0.0, -influence) / total if total else 0.0,
            "matched_case": matched,
            "contrast": contrast if matched else None,
        }
        for place, influence in enumerate(influences)
    ]


def draw(*rows: dict[str, Any], cases: tuple[str, ...] = ("SP", "SS"), labels: str = "abc") -> Figure:
    by_rank = sorted(rows, key=lambda row: (row["case"], -row["negative_total"]))  # as the report has them
    return draw_attractors(table(ATTRACTORS, by_rank), places(*cases, labels=labels), "Title", ["fact"])


def bars(figure: Figure) -> dict[str, Rectangle]:
    found = [bar for axes in figure.axes[1:] for bar in axes.patches if isinstance(bar, Rectangle)]
    return {bar.get_gid() or "": bar for bar in found}


def test_bars_are_as_high_as_the_influence_and_its_share():
    drawn = bars(draw(*attractors("SP", 2.0, -1.5, -0.5), *attractors("SS", 1.0, 0.5, 0.25)))
    heights = {name: bar.get_height() for name, bar in drawn.items()}
    assert heights["SP/0/influence"] == 2.0 and heights["SP/1/influence"] == -1.5
    assert (heights["SP/1/negative_total"], heights["SP/2/negative_total"]) == (0.75, 0.25)
    assert heights["SS/1/negative_total"] == 0
    assert len(drawn) == 12


def test_colour_is_the_sign():
    drawn = bars(draw(*attractors("SP", 2.0, -1.5)))
    assert to_hex(drawn["SP/0/influence"].get_facecolor()).upper() == POSITIVE
    assert to_hex(drawn["SP/1/influence"].get_facecolor()).upper() == NEGATIVE


def test_bars_stand_in_the_order_of_places_not_of_ranks():
    drawn = bars(draw(*attractors("SP", 2.0, -0.5, -1.5)))
    assert [drawn[f"SP/{place}/influence"].get_center()[0] for place in range(3)] == [0, 1, 2]


def test_a_line_across_stands_at_the_matched_case_s_mean():
    figure = draw(*attractors("SP", 2.0, -1.5, matched="SS", contrast=-0.5), *attractors("SS", 2.5, -1.0))
    lines = [line for axes in figure.axes[1:] for line in axes.lines if line.get_gid()]
    assert {line.get_gid(): np.asarray(line.get_xydata())[:, 1].tolist() for line in lines} == {
        "SP/0/matched": [2.5, 2.5],
        "SP/1/matched": [-1.0, -1.0],
    }
    assert any("SP with SS" in text.get_text() for text in figure.axes[0].texts)


def test_without_matched_cases_the_key_says_nothing_of_them():
    figure = draw(*attractors("SP", 2.0, -1.5), cases=("SP",))
    assert not any("matched" in text.get_text() for text in figure.axes[0].texts)


def test_all_cases_share_one_scale():
    figure = draw(*attractors("SP", 2.0, -1.5), *attractors("SS", 0.1, -0.1))
    uppers, lowers = figure.axes[1::2], figure.axes[2::2]
    for charts in (uppers, lowers):
        assert len({chart.get_ylim() for chart in charts}) == 1
    assert uppers[0].get_ylim()[0] < -1.5 and uppers[0].get_ylim()[1] > 2


@pytest.mark.parametrize("count", [1, 3, 12, 40])
@pytest.mark.parametrize("cases", [("SP",), ("PP", "PS", "SP", "SS")])
def test_no_text_overlaps_or_leaves_the_figure(count, cases):
    rows = [row for case in cases for row in attractors(case, *([1.0, -1.0] * count)[:count], matched="SS")]
    known: Table = table(
        PLACES,
        [
            {"task": "sva", "case": case, "place": place, "label": "", "instances": 9, "position": place}
            for case in cases
            for place in range(count)
        ],
    )
    check_texts(draw_attractors(table(ATTRACTORS, rows), known, "sva: which words speak for the wrong answer", []))


def test_charts_that_are_too_many_for_one_line_go_on_below():
    cases = ("PP", "PS", "SP", "SS")
    rows = [row for case in cases for row in attractors(case, *[1.0, -1.0] * 12)]
    figure = draw(*rows, cases=cases, labels="abcdefghijklmnopqrstuvwx")
    charts = [chart.get_position() for chart in figure.axes[1::2]]
    assert charts[0].y0 == charts[1].y0 == charts[2].y0 > charts[3].y0 and charts[0].x0 == charts[3].x0
    assert figure.get_figwidth() * 72 < 1300 and len(bars(figure)) == 2 * 24 * 4


def test_a_case_without_words_is_an_empty_chart():
    check_texts(draw(*attractors("SP", 1.0)))
