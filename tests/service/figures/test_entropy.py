"""The scatter of entropy and accuracy: every point where it belongs, every name beside its point."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from cypher.store.table import Table
from service.figures import draw_entropy
from tests.service.figures.test_aggregated import check_texts
from tests.service.made_up_reports import ENTROPY, table


def entropies(*rows: tuple[str, str, float, float]) -> Table:
    names = ("task", "case", "entropy", "accuracy")
    return table(ENTROPY, [{"instances": 30, "nodes": 50, **dict(zip(names, row, strict=True))} for row in rows])


def names(figure: Figure, *wanted: str) -> list[np.ndarray]:
    return [np.array(text.get_position()) for text in figure.axes[0].texts if text.get_text() in wanted]


def spread(count: int, size: float) -> Table:
    random = np.random.default_rng(count)
    values = [(0.3 + size * x, min(1.0, 0.97 + size * y)) for x, y in random.normal(size=(count, 2))]
    return entropies(*((f"task{i % 6}", f"C{i:02}", x, y) for i, (x, y) in enumerate(values)))


def test_points_stand_where_entropy_and_accuracy_are():
    figure = draw_entropy(entropies(("sva", "SP", 0.25, 0.5), ("sva", "SS", 0.35, 1.0)), "Title", ["fact"])
    canvas, chart = figure.axes
    marks = {line.get_gid(): np.asarray(line.get_xydata())[0] for line in canvas.lines if line.get_gid()}
    for name, value in (("sva/SP/0.25/0.5", (0.25, 0.5)), ("sva/SS/0.35/1", (0.35, 1.0))):
        assert marks[name] == pytest.approx(chart.transData.transform(value) * 72 / figure.dpi)


@pytest.mark.parametrize("rows", [spread(1, 0.1), spread(24, 0.05), spread(30, 0.01), spread(40, 0.03)])
def test_names_overlap_neither_each_other_nor_points(rows):
    figure = draw_entropy(rows, "Pattern entropy and accuracy (Spearman −0.52)", ["run demo", "model bundled"])
    check_texts(figure)
    marks = [np.asarray(line.get_xydata())[0] for line in figure.axes[0].lines if line.get_gid()]
    assert len(marks) == len(rows.rows)
    for name in names(figure, *(row["case"] for row in rows.dicts())):
        apart = np.abs(name - np.array(marks))
        assert not ((apart[:, 0] < 9) & (apart[:, 1] < 5)).any()


def test_points_on_the_same_spot_each_have_a_name():
    figure = draw_entropy(entropies(*((f"task{i}", "SP", 0.3, 1.0) for i in range(5))), "Title", [])
    found = names(figure, "SP")
    assert len(found) == 5
    check_texts(figure)


def test_a_name_far_from_its_point_has_a_line_to_it():
    crowded = draw_entropy(entropies(*(("task", f"case {i}", 0.3, 1.0) for i in range(12))), "Title", [])
    alone = draw_entropy(entropies(("task", "case", 0.3, 1.0)), "Title", [])
    thin = [[line for line in figure.axes[0].lines if line.get_linewidth() == 0.5] for figure in (crowded, alone)]
    assert thin[0] and not thin[1]


def test_tasks_differ_in_colour_and_marker_and_the_key_names_them():
    figure = draw_entropy(entropies(("sva", "SP", 0.2, 0.9), ("ra", "SP", 0.3, 0.9)), "Title", [])
    drawn = [line for line in figure.axes[0].lines if line.get_gid()]
    assert drawn[0].get_color() != drawn[1].get_color() and drawn[0].get_marker() != drawn[1].get_marker()
    assert {"sva", "ra"} <= {text.get_text() for text in figure.axes[0].texts}


def test_ticks_stay_within_what_can_be():
    chart = draw_entropy(spread(24, 0.05), "Title", []).axes[1]
    assert max(chart.get_yticks()) <= 1
    assert chart.get_ylim()[1] > 1
