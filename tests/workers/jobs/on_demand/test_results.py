"""Results that travel as answers."""

from dataclasses import replace

import pytest

from tests.workers.some_results import some_results
from workers.analysis.results import Edges
from workers.jobs.on_demand.results import from_answer, to_answer

(RESULT,) = some_results(1)
NONE = Edges.of([])


@pytest.mark.parametrize("edges", [RESULT.edges, NONE, None], ids=["some", "none", "not kept"])
def test_a_result_travels_whole(edges):
    result = replace(RESULT, edges=edges)
    line, data = to_answer(result)
    assert '"edges"' not in line.replace('"edges": "', "")  # the setting alone
    found = from_answer(line, data)
    assert found == result and (found.edges is None) == (edges is None)
    if edges is not None and found.edges is not None:
        assert found.edges.influence.tolist() == edges.influence.tolist()
        assert all(getattr(found.edges, name).dtype == getattr(edges, name).dtype for name in Edges.__slots__)


def test_a_line_that_holds_its_edges_is_read_as_it_is():
    assert from_answer(RESULT.to_json(), None) == RESULT
