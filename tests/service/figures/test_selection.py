"""What an aggregated figure shows of long sentences: it fits a page, and says what it leaves out."""

import time

import pytest

from cypher.errors import InvalidInput
from service.figures import Selection, draw_aggregated, draw_difference, superpositions
from service.figures.aggregated import BROADEST
from service.figures.selection import FOLDED, PLACES, select
from service.figures.traffic import Flow, Step, Traffic
from tests.service.figures.test_aggregated import check_texts, lines, sample
from tests.service.made_up_reports import FLOW, places, steps, table

LEAST = "steps in at least {} of the sentences"


def traffic(*flows: tuple[int, int, int, float], places: int) -> Traffic:
    """Steps of positive words: layer, source, target, share."""
    made = {Step(layer, source, target, False, True): Flow(share, {0: share}) for layer, source, target, share in flows}
    return Traffic("task", "SP", 20, 2, {place: f"word{place}" for place in range(places)}, made)


SHORT = traffic((0, 1, 2, 0.5), (1, 2, 4, 0.05), places=6)
LONG = traffic(*((0, place, 60, 0.01 * (1 + place)) for place in range(60)), (1, 60, 99, 1.0), places=100)


def test_a_figure_that_fits_is_shown_whole():
    assert select([SHORT], Selection(), LEAST) == ([SHORT], [])


def test_of_long_sentences_the_most_frequent_steps_are_shown_that_fit():
    (shown,), (note,) = select([LONG], Selection(), LEAST)
    assert len(shown.places) == PLACES
    least = min(flow.share for flow in shown.flows.values())
    assert note == f"steps in at least {100 * least:.0f} % of the sentences"
    assert len(shown.flows) == sum(flow.share >= least for flow in LONG.flows.values())
    rest = [place for place in shown.places if not str(place).startswith(FOLDED)]
    assert rest == [*range(24, 61), 99]
    assert [label for place, label in shown.places.items() if place not in rest] == [FOLDED, FOLDED]


def test_one_share_is_left_out_in_all_cases():
    other = traffic((0, 1, 2, 0.9), (0, 3, 2, 0.1), places=100)
    shown, _ = select([LONG, other], Selection(), LEAST)
    assert [min(flow.share for flow in each.flows.values()) for each in shown] == [0.25, 0.9]


@pytest.mark.parametrize(
    ("selection", "shares", "note"),
    [
        (Selection(least_share=0.5), {0.5}, "steps in at least 50 % of the sentences"),
        (Selection(least_share=0.05), {0.5, 0.05}, "steps in at least 5 % of the sentences"),
        (Selection(steps=1), {0.5}, "the 1 most frequent steps of each case (of equally frequent ones, the first)"),
        (Selection(positions=(2, 5)), {0.05}, "positions 2 to 5"),
        (Selection(positions=(0, 2)), {0.5}, "positions 0 to 2"),
    ],
)
def test_what_is_asked_for_is_shown_and_told(selection, shares, note):
    (shown,), notes = select([SHORT], selection, LEAST)
    assert ({flow.share for flow in shown.flows.values()}, notes) == (shares, [note])
    if selection.positions:
        first, last = selection.positions
        assert list(shown.places) == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"least_share": 2.0}, "least_share"), ({"steps": 0}, "steps"), ({"positions": (4, 2)}, "positions")],
)
def test_what_cannot_be_is_told(wrong, field):
    with pytest.raises(InvalidInput) as raised:
        Selection(**wrong)
    assert raised.value.field == field


def test_a_window_needs_positions_that_there_are():
    with pytest.raises(InvalidInput, match="the last position is 5"):
        select([SHORT], Selection(positions=(6, 9)), LEAST)
    roles = superpositions(places("SP", labels=["a"]), table(FLOW, []))[0]
    by_role = Traffic("task", "SP", 1, 1, {"subject": "subject"}, roles.flows)
    with pytest.raises(InvalidInput, match="places are roles"):
        select([by_role], Selection(positions=(0, 1)), LEAST)


@pytest.mark.parametrize(("count", "tokens", "layers"), [(8, 120, 8), (1, 512, 12), (2, 120, 8)])
def test_long_sentences_fit_a_page_and_are_drawn_soon(count, tokens, layers):
    cases = sample(*[f"case{number}" for number in range(count)], tokens=tokens, layers=layers)
    started = time.process_time()
    figure = draw_aggregated(cases, "task: how often patterns take each step", ["run demo"])
    width, height = figure.get_size_inches() * 72
    assert width <= BROADEST + 200 and height <= 1500
    check_texts(figure)
    assert time.process_time() - started < 60


def test_of_equally_frequent_steps_so_many_are_shown_as_fit():
    rows = [step for place in range(119) for step in steps("SP", (0, place, 119, None, 1.0, 0.0))]
    (case,) = superpositions(places("SP", labels=[f"w{n}" for n in range(120)]), table(FLOW, rows))
    figure = draw_aggregated([case], "Title", [])
    assert len(lines(figure)) == PLACES - 2  # the target, and the rest folded
    assert any("38 most frequent steps" in text.get_text() for text in figure.axes[0].texts)


def test_what_is_asked_for_is_shown_on_a_page_too():
    rows = [step for place in range(119) for step in steps("SP", (0, place, 119, None, 1.0, 0.0))]
    (case,) = superpositions(places("SP", labels=[f"w{n}" for n in range(120)]), table(FLOW, rows))
    figure = draw_aggregated([case], "Title", [], Selection(steps=1000))
    assert len(lines(figure)) == 119
    assert figure.get_size_inches()[0] * 72 <= BROADEST + 200


def test_small_differences_are_left_out_too():
    one, other = sample("SP", "SS")
    every = lines(draw_difference(one, other, "Title", []))
    some = lines(draw_difference(one, other, "Title", [], Selection(least_share=0.5)))
    assert 0 < len(some) < len(every) and some.keys() < every.keys()
