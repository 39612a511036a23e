"""What a figure shows of superpositions, so that it fits a page: the most frequent steps, and the places they touch."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cypher.errors import InvalidInput
from service.figures.traffic import Place, Traffic

PLACES, FEWEST, TOGETHER = 40, 16, 120
"""Places that a case has at most, and may always have, and that all cases have together, where nothing is chosen."""
FOLDED = "⋯"
"""The label of neighbouring places without a step that is shown."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which steps are shown. Where neither `least_share` nor `steps` is given, those that fit a page.

    Raises:
        InvalidInput: a share, number or window that cannot be.
    """

    least_share: float | None = None  # of a case's sentences; in a difference, of its size
    steps: int | None = None  # of each case, the most frequent
    positions: tuple[int, int] | None = None  # the first and last that are shown

    def __post_init__(self) -> None:
        if self.least_share is not None and not 0 <= self.least_share <= 1:
            raise InvalidInput("least_share", f"it is {self.least_share:g}", "Give a share from 0 to 1.")
        if self.steps is not None and self.steps < 1:
            raise InvalidInput("steps", f"it is {self.steps}", "Show at least 1.")
        if self.positions is not None and not 0 <= self.positions[0] <= self.positions[1]:
            first, last = self.positions
            raise InvalidInput("positions", f"it is {first}:{last}", "Give the first and the last, such as 10:40.")


def select(cases: Sequence[Traffic], selection: Selection, least: str) -> tuple[list[Traffic], list[str]]:
    """The cases with the steps that are shown, and what to say of it.

    Args:
        least: how a least share is told, such as `steps in at least {} of the sentences`.

    Raises:
        InvalidInput: a window of positions where places are roles, or in which no case has a place.
    """
    shown, notes = list(cases), []
    if selection.positions is not None:
        shown = [_window(traffic, selection.positions) for traffic in shown]
        notes.append(f"positions {selection.positions[0]} to {selection.positions[1]}")
        if not any(traffic.places for traffic in shown):
            last = max((place for traffic in cases for place in traffic.places if isinstance(place, int)), default=0)
            raise InvalidInput("positions", f"no sentence is so long; the last position is {last}", "Choose others.")
    limit = min(PLACES, max(FEWEST, TOGETHER // max(len(cases), 1)))
    share, steps = selection.least_share, selection.steps
    if share is None and steps is None and any(len(traffic.places) > limit for traffic in shown):
        share = _least_that_fits(shown, limit)
        steps = _most_that_fit(shown, limit) if share is None else None
    if share is not None:
        shown = [_at_least(traffic, share) for traffic in shown]
        notes.append(least.format(f"{100 * share:.3g} %"))
    if steps is not None:
        shown = [_strongest(traffic, steps) for traffic in shown]
        notes.append(f"the {steps:,} most frequent steps of each case (of equally frequent ones, the first)")
    if any(len(traffic.places) > limit for traffic in shown):
        shown = [_fold(traffic) for traffic in shown]
    return shown, notes


def _window(traffic: Traffic, positions: tuple[int, int]) -> Traffic:
    first, last = positions
    if not all(isinstance(place, int) for place in traffic.places):
        raise InvalidInput("positions", "places are roles here", "Align sentences by position, or leave it out.")
    within = {place: label for place, label in traffic.places.items() if first <= int(place) <= last}
    flows = {step: flow for step, flow in traffic.flows.items() if {step.source, step.target} <= within.keys()}
    return replace(traffic, places=within, flows=flows)


def _at_least(traffic: Traffic, share: float) -> Traffic:
    return replace(traffic, flows={step: flow for step, flow in traffic.flows.items() if abs(flow.share) >= share})


def _strongest(traffic: Traffic, count: int) -> Traffic:
    ranked = sorted(traffic.flows.items(), key=lambda item: -abs(item[1].share))
    return replace(traffic, flows=dict(ranked[:count]))


def _least_that_fits(cases: Sequence[Traffic], limit: int) -> float | None:
    """The smallest share with which every case fits."""
    shares = sorted({abs(flow.share) for traffic in cases for flow in traffic.flows.values()})
    at = bisect_left(shares, True, key=lambda share: _fit([_at_least(traffic, share) for traffic in cases], limit))
    return shares[at] if at < len(shares) else None


def _most_that_fit(cases: Sequence[Traffic], limit: int) -> int:
    """How many steps each case can show, so that every case fits."""
    most = max(len(traffic.flows) for traffic in cases)
    return bisect_left(
        range(1, most + 1),
        True,
        key=lambda steps: not _fit([_strongest(traffic, steps) for traffic in cases], limit),
    )


def _fit(cases: Sequence[Traffic], limit: int) -> bool:
    return all(len(_fold(traffic).places) <= limit for traffic in cases)


def _fold(traffic: Traffic) -> Traffic:
    """Neighbouring places without a step as one."""
    touched = {place for step in traffic.flows for place in (step.source, step.target)}
    places: dict[Place, str] = {}
    for empty, group in groupby(traffic.places.items(), key=lambda item: item[0] not in touched):
        run = dict(group)
        places |= {f"{FOLDED} {next(iter(run))}": FOLDED} if empty and len(run) > 1 else run
    return replace(traffic, places=places)
