"""The sentences of a run over HTTP: page by page, and one of them by parts, against its results file."""

import json
from collections import defaultdict

import pytest

PATH = "/v1/runs/demo/sentences"


@pytest.fixture
def results(demo_run) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, demo_run.results.read_text().splitlines())}


def test_page_by_page_in_the_order_of_the_input(client, results):
    seen, cursor = [], None
    while True:
        chosen = {"limit": 77, **({"cursor": cursor} if cursor else {})}
        page = client.get(PATH, params=chosen).json()
        seen += page["sentences"]
        if (cursor := page["next"]) is None:
            break
    assert [each["id"] for each in seen] == list(results)
    for each in seen[::40]:
        own = results[each["id"]]
        assert (each["text"], each["task"], each["case"]) == (own["text"], own["task"], own["case"])
        assert (each["qoi"], each["positive"]) == (own["qoi"], own["qoi"] > 0)
        assert each["completeness_error"] == own["completeness_error"]


def test_of_a_task_and_a_case(client, results):
    page = client.get(PATH, params={"task": "ra-na", "case": "SP", "limit": 1000}).json()
    assert [each["id"] for each in page["sentences"]] == [name for name in results if name.startswith("ra-na/SP")]
    assert client.get(PATH, params={"task": "none"}).json() == {"sentences": [], "next": None}
    assert client.get(PATH, params={"cursor": "x"}).status_code == 422


def test_a_sentence_by_parts(client, results):
    name = "sva-obj/SP/3"
    own = results[name]
    plain = client.get(f"{PATH}/{name}").json()
    assert (plain["qoi"], plain["text"], plain["tokens"]) == (own["qoi"], own["text"], own["tokens"])
    assert plain["edges"] is None and plain["patterns"] is None and plain["settings"] == own["settings"]
    assert plain["quantity"].startswith("logit(") and plain["words_left_out"] == 0
    for word, expected in zip(plain["words"], own["words"], strict=True):
        assert all(word[field] == expected[field] for field in ("position", "influence", "path", "components"))

    both = client.get(f"{PATH}/{name}", params={"part": ["edges", "patterns"], "strongest": 5}).json()
    assert both["words"] is None and both["patterns"] == []
    strongest = sorted(own["edges"], key=lambda edge: -abs(edge["influence"]))
    assert both["edges"] == strongest[:5]
    assert both["edges_left_out"] == len(own["edges"]) - 5 and both["edges_stored"] == len(own["edges"])
    whole = sum(abs(edge["influence"]) for edge in own["edges"])
    left = sum(abs(edge["influence"]) for edge in strongest[5:])
    assert both["edges_left_out_share"] == pytest.approx(left / whole)


@pytest.mark.parametrize(
    "chosen",
    [{"layer": 2}, {"source": 2}, {"target": 7}, {"component": -1}, {"layer": 5, "component": 3}, {"least": 0.5}],
)
def test_edges_that_are_wanted(client, results, chosen):
    name = "sva-obj/PP/0"
    found = client.get(f"{PATH}/{name}", params={"part": "edges", **chosen}).json()["edges"]
    least = chosen.get("least", 0)
    expected = [
        edge
        for edge in results[name]["edges"]
        if all(edge[field] == value for field, value in chosen.items() if field != "least")
        and abs(edge["influence"]) >= least
    ]
    assert found == sorted(expected, key=lambda edge: -abs(edge["influence"])) and found


def test_heads_merged_into_one_edge_a_step(client, results):
    name = "sva-obj/SP/1"
    stored = results[name]["edges"]
    sums: dict[tuple[int, int, int], float] = defaultdict(float)
    for edge in stored:
        sums[edge["layer"], edge["source"], edge["target"]] += edge["influence"]
    expected = sorted(sums.items(), key=lambda item: -abs(item[1]))
    assert len(expected) < len(stored)

    chosen = {"part": ["edges", "network"], "merged": True, "strongest": 100_000}
    found = client.get(f"{PATH}/{name}", params=chosen).json()
    assert [edge["influence"] for edge in found["edges"]] == pytest.approx([value for _, value in expected])
    assert {edge["component"] for edge in found["edges"]} == {None} and found["edges_left_out"] == 0
    assert found["edges_stored"] == len(stored)
    columns = found["network"]
    assert columns["component"] is None
    steps = zip(columns["layer"], columns["source"], columns["target"], columns["influence"], strict=True)
    assert {step: value for *step, value in map(tuple, steps) for step in [tuple(step)]} == pytest.approx(dict(sums))

    few = client.get(f"{PATH}/{name}", params={**chosen, "part": "network", "strongest": 5}).json()
    assert few["edges"] is None and few["network"]["influence"] == columns["influence"][:5]
    assert few["edges_left_out"] == len(expected) - 5
    whole, left = (sum(abs(value) for _, value in part) for part in (expected, expected[5:]))
    assert few["edges_left_out_share"] == pytest.approx(left / whole)


def test_columns_are_the_edges(client, results):
    name = "sva-obj/SP/1"
    found = client.get(f"{PATH}/{name}", params={"part": ["edges", "network"], "layer": 5}).json()
    rows = [dict(zip(found["network"], row, strict=True)) for row in zip(*found["network"].values(), strict=True)]
    assert rows == found["edges"] and rows


def test_one_component_of_merged_edges_is_none(client, demo_run):
    answer = client.get(f"{PATH}/sva-obj/SP/1", params={"part": "edges", "merged": True, "component": 3})
    assert (answer.status_code, answer.json()["field"]) == (422, "component")


def test_what_there_is_not(client, demo_run):
    missing = client.get(f"{PATH}/sva-obj/SP/999")
    assert (missing.status_code, missing.json()["field"]) == (404, "id")
    assert client.get("/v1/runs/none/sentences").status_code == 404
    assert client.get(f"{PATH}/sva-obj/SP/3", params={"part": "all"}).status_code == 422


def test_what_is_finished_is_sent_once(client, demo_run):
    first = client.get(f"{PATH}/sva-obj/SP/3")
    again = client.get(f"{PATH}/sva-obj/SP/3", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
