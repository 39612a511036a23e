"""Edges that the graph chooses, against the same choice among all of them."""

from dataclasses import asdict, replace

import pytest

from cypher.errors import InvalidInput
from cypher.store.runs import EdgeChoice
from cypher.store.store import Store
from service.operations.sentences import choose_edges, find_parts, find_sentence
from workers.records.stored_runs import restored

NAME = "sva-obj/SP/3"
CHOICES = [
    EdgeChoice(),
    EdgeChoice(strongest=10**6),
    EdgeChoice(strongest=200),  # as many as there are
    EdgeChoice(strongest=7),
    EdgeChoice(layer=2),
    EdgeChoice(layer=99),
    EdgeChoice(source=2, target=2),
    EdgeChoice(component=-1, strongest=3),
    EdgeChoice(layer=1, component=0),
    EdgeChoice(least=0.3),
    EdgeChoice(target=7, least=0.1, strongest=4),
]


@pytest.fixture(scope="module")
def store(demo_run, neo4j_server):
    with Store.open(neo4j_server) as store:
        yield store


MERGED = [replace(choice, merged=True) for choice in CHOICES if choice.component is None]


@pytest.mark.parametrize("choice", CHOICES + MERGED, ids=str)
def test_the_graph_chooses_as_is_chosen_among_all(store, choice):
    stored = store.find("demo")
    instance = store.instance(stored.id, NAME)
    assert instance is not None
    (whole,) = restored(store, stored, [instance])
    assert whole.edges is not None and len(whole.edges) == 200
    expected = asdict(choose_edges(whole.edges, choice))
    result, edges = find_parts(store, "demo", NAME, choice)
    assert edges is not None
    found = asdict(edges)
    for name in ("influence", "left_out_share"):  # sums, which the graph adds up in another order
        assert found.pop(name) == pytest.approx(expected.pop(name), abs=1e-12)
    assert found == expected
    assert (result.words, result.qoi, result.tokens) == (whole.words, whole.qoi, whole.tokens)


def test_one_component_of_merged_edges_is_refused(store):
    with pytest.raises(InvalidInput, match="is one of those that are merged"):
        find_parts(store, "demo", NAME, EdgeChoice(component=3, merged=True))


def test_edges_that_nobody_asks_for_are_not_read(store):
    result, edges = find_parts(store, "demo", NAME, None)
    assert edges is None and result.edges is not None and len(result.edges) == 0
    assert find_sentence(store, "demo", NAME) == result
