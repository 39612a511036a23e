"""From rows of reports to superpositions: what becomes one line, and how wide it is."""

import pytest

from cypher.store.table import Table
from service.figures.traffic import Flow, Step, difference, superpositions
from tests.service.made_up_reports import FLOW, PLACES, TOKENS, places, steps, table

UNION = steps("SP", (0, 2, 2, None, 0.9, 0.0), (0, 4, 2, None, 0.6, 0.3), (1, 2, 5, None, 0.8, 0.1))
PARTS = steps(
    "SP",
    (0, 2, 2, -1, 0.7, 0.0),
    (0, 2, 2, 1, 0.5, 0.0),
    (0, 2, 2, 3, 0.45, 0.0),
    (0, 4, 2, 1, 0.4, 0.0),
    (0, 4, 2, 2, 0.35, 0.3),
    (1, 2, 5, 0, 0.8, 0.1),
)


def test_heads_between_two_nodes_are_one_line_as_frequent_as_the_step_itself():
    (traffic,) = superpositions(places("SP"), table(FLOW, UNION), table(FLOW, PARTS))
    assert traffic.flows[Step(0, 4, 2, skip=False, positive=True)] == Flow(0.6, {1: 0.4, 2: 0.35})
    assert traffic.flows[Step(0, 4, 2, skip=False, positive=False)] == Flow(0.3, {2: 0.3})


def test_from_a_place_to_itself_skip_and_attention_are_two_lines():
    (traffic,) = superpositions(places("SP"), table(FLOW, UNION), table(FLOW, PARTS))
    assert traffic.flows[Step(0, 2, 2, skip=True, positive=True)] == Flow(0.7, {})
    # The heads' sum is 0.95, and no more than 0.9 of the instances take the step at all.
    assert traffic.flows[Step(0, 2, 2, skip=False, positive=True)] == Flow(0.9, {1: 0.5, 3: 0.45})


def test_nothing_that_never_happens_is_there():
    (traffic,) = superpositions(places("SP"), table(FLOW, UNION), table(FLOW, PARTS))
    assert len(traffic.flows) == 6
    assert all(flow.share > 0 for flow in traffic.flows.values())


def test_at_the_level_of_embeddings_a_step_is_one_line_a_sign():
    (traffic,) = superpositions(places("SP"), table(FLOW, UNION))
    assert traffic.flows == {
        Step(0, 2, 2, False, True): Flow(0.9, {}),
        Step(0, 4, 2, False, True): Flow(0.6, {}),
        Step(0, 4, 2, False, False): Flow(0.3, {}),
        Step(1, 2, 5, False, True): Flow(0.8, {}),
        Step(1, 2, 5, False, False): Flow(0.1, {}),
    }


def test_a_superposition_knows_its_size():
    (traffic,) = superpositions(places("SP"), table(FLOW, UNION), table(FLOW, PARTS))
    assert (traffic.task, traffic.case, traffic.instances, traffic.layers) == ("sva", "SP", 20, 2)
    assert list(traffic.places.values()) == TOKENS


def test_cases_share_the_number_of_layers_and_one_without_patterns_is_empty():
    cases = superpositions(places("SP", "SS"), table(FLOW, UNION))
    assert [(traffic.case, traffic.layers, len(traffic.flows)) for traffic in cases] == [("SP", 2, 5), ("SS", 2, 0)]
    assert cases[1].instances == 20


def test_roles_stand_in_the_order_of_their_mean_position():
    rows = [
        {"task": "sva", "case": "SP", "place": role, "label": role, "instances": 3, "position": position}
        for role, position in (("attractor", 3.5), ("cls", 0.0), ("subject", 1.5), ("verb", 9.5), ("det", 1.0))
    ]
    (traffic,) = superpositions(table(PLACES, rows), table(FLOW, []))
    assert list(traffic.places) == ["cls", "det", "subject", "attractor", "verb"]


def test_a_difference_is_share_minus_share_and_leaves_out_what_is_equal():
    one, other = superpositions(
        places("SP", "SS"),
        table(
            FLOW,
            [
                *steps("SP", (0, 2, 2, None, 0.75, 0.0), (0, 4, 2, None, 0.5, 0.25), (0, 1, 1, None, 0.5, 0)),
                *steps("SS", (0, 2, 2, None, 0.25, 0.0), (0, 4, 2, None, 0.5, 0.5), (0, 3, 3, None, 0.25, 0)),
            ],
        ),
    )
    both = difference(one, other)
    assert both.flows == {
        Step(0, 2, 2, False, True): Flow(0.5, {}),
        Step(0, 4, 2, False, False): Flow(-0.25, {}),
        Step(0, 1, 1, False, True): Flow(0.5, {}),
        Step(0, 3, 3, False, True): Flow(-0.25, {}),
    }
    assert difference(other, one).flows == {step: Flow(-flow.share, {}) for step, flow in both.flows.items()}


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("abc", "abc", "abc"),
        ("abc", "axc", ["a", "b / x", "c"]),
        ("ab", "abc", "abc"),
        ("", "ab", "ab"),
    ],
)
def test_a_difference_has_the_places_of_both(one, other, together):
    rows: Table = Table(places("SP", "SS").columns, [*places("SP", labels=one).rows, *places("SS", labels=other).rows])
    cases = {traffic.case: traffic for traffic in superpositions(rows, table(FLOW, []))}
    empty = superpositions(places("SP", labels="a"), table(FLOW, []))[0]
    for case in ("SP", "SS"):
        cases.setdefault(case, type(empty)("sva", case, 0, 1, {}, {}))
    assert list(difference(cases["SP"], cases["SS"]).places.values()) == list(together)


def test_roles_of_one_case_alone_stand_beside_their_neighbours():
    def case(name: str, *roles: str) -> list[dict[str, object]]:
        return [
            {"task": "sva", "case": name, "place": role, "label": role, "instances": 2, "position": float(position)}
            for position, role in enumerate(roles)
        ]

    rows = case("SP", "cls", "subject", "verb", "sep") + case("SS", "first", "cls", "subject", "prep", "verb", "sep")
    one, other = superpositions(table(PLACES, rows), table(FLOW, []))
    assert list(difference(one, other).places) == ["first", "cls", "subject", "prep", "verb", "sep"]
