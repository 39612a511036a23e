"""Ablated accuracy: shares, spreads and intervals."""

import statistics

import pytest

from workers.evaluation.ablation.accuracy import Tally, Z, wilson
from workers.evaluation.ablation.running import Ablated
from workers.evaluation.ablation.settings import Ablation

GPR, RANDOM = Ablation("gpr", "embedding"), Ablation("random", "embedding")
QUANTITIES = {
    ("a", "SS"): [(1.0, (1.0, 1.0, -1.0)), (-0.1, (1.0, -1.0, -1.0))],
    ("a", "SP"): [(0.0, (1.0, 1.0, 1.0))],  # 0 is not right
    ("b", ""): [(2.0, (-2.0, 1.0, -1.0))],
}


def tally() -> Tally:
    counted = Tally()
    for number in range(2):
        for (task, case), instances in QUANTITIES.items():
            for gpr, draws in instances[number : number + 1]:
                counted.add(Ablated(f"{task}/{case}/{number}", task, case, {GPR: (gpr,), RANDOM: draws}))
    return counted


def test_rows_are_cases_then_the_task_where_it_has_several():
    found = [(row.task, row.case, row.method, row.instances, row.accuracy) for row in tally().rows()]
    assert found == [
        ("a", "SP", "gpr", 1, 0.0),
        ("a", "SP", "random", 1, 1.0),
        ("a", "SS", "gpr", 2, 0.5),
        ("a", "SS", "random", 2, pytest.approx(0.5)),
        ("a", None, "gpr", 3, pytest.approx(1 / 3)),
        ("a", None, "random", 3, pytest.approx(2 / 3)),
        ("b", "", "gpr", 1, 1.0),
        ("b", "", "random", 1, pytest.approx(1 / 3)),
    ]


def test_the_spread_is_that_of_the_accuracy_over_draws():
    rows = {(row.task, row.case, row.method): row for row in tally().rows()}
    assert rows["a", None, "random"].sd == pytest.approx(statistics.stdev([3 / 3, 2 / 3, 1 / 3]))
    assert rows["a", "SS", "random"].sd == pytest.approx(statistics.stdev([2 / 2, 1 / 2, 0]))
    assert rows["a", None, "gpr"].sd is None


def test_rows_hold_the_interval_of_their_accuracy():
    for row in tally().rows():
        assert (row.low, row.high) == wilson(row.accuracy, row.instances)


@pytest.mark.parametrize(("right", "count"), [(0, 5), (5, 5), (27, 30), (1, 2), (499, 1000)])
def test_wilsons_bounds_are_the_shares_at_which_what_was_seen_is_just_not_surprising(right: int, count: int):
    share = right / count
    low, high = wilson(share, count)
    assert low <= share <= high
    for bound in (low, high):
        assert abs(share - bound) == pytest.approx(Z * (bound * (1 - bound) / count) ** 0.5, abs=1e-12)
    assert pytest.approx(1.959963984540054, rel=1e-12) == Z
