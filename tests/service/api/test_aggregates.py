"""The superposition of a case by parts, against its reports."""

import json
from collections import Counter

import pytest

PATH = "/v1/runs/demo/aggregates"
CASE = {"task": "sva-obj", "case": "SP"}


def rows(client, **chosen):
    answer = client.get("/v1/runs/demo/reports/flow-frequency", params={**CASE, **chosen}).json()
    names = [field["name"] for field in answer["fields"]]
    return [dict(zip(names, values, strict=True)) for values in answer["values"]]


@pytest.mark.parametrize("level", ["embedding", "attention"])
@pytest.mark.parametrize("align", ["position", "role"])
def test_all_of_it_is_the_report(client, demo_run, level, align):
    found = client.get(PATH, params={**CASE, "level": level, "align": align, "strongest": 100_000}).json()
    expected = [row for row in rows(client, level=level, align=align) if row["positive"] or row["negative"]]
    assert len(found["steps"]) == len(expected) and found["instances"] == expected[0]["instances"] == 30
    of = {(row["layer"], row["source"], row["target"], row["component"]): row for row in expected}
    for step in found["steps"]:
        own = of[step["layer"], step["source"], step["target"], step["component"]]
        assert all(step[name] == own[name] for name in step)
    order = [place["position"] for place in found["places"]]
    assert order == sorted(order) and {step["source"] for step in found["steps"]} <= {
        place["place"] for place in found["places"]
    }


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({"layer": 2}, lambda row: row["layer"] == 2),
        ({"component": -1}, lambda row: row["component"] == -1),
        ({"source": "2", "target": "6"}, lambda row: (row["source"], row["target"]) == (2, 6)),
        ({"sign": "negative", "least": 0.1}, lambda row: row["negative"] >= 0.1),
        ({"least": 0.5}, lambda row: max(row["positive"], row["negative"]) >= 0.5),
        ({"source": "elsewhere"}, lambda row: False),
    ],
)
def test_parts_of_it(client, demo_run, chosen, wanted):
    found = client.get(PATH, params={**CASE, **chosen, "strongest": 100_000}).json()
    everything = rows(client, level="attention")
    kept = [row for row in everything if wanted(row)]
    assert len(found["steps"]) == len(kept) and found["left_out"] == len(everything) - len(kept)


def test_the_strongest_come_first_and_the_rest_is_counted(client, demo_run):
    found = client.get(PATH, params={**CASE, "strongest": 3}).json()
    shares = [max(step["positive"], step["negative"]) for step in found["steps"]]
    assert len(shares) == 3 and shares == sorted(shares, reverse=True)
    assert found["left_out"] == len(rows(client, level="attention")) - 3 and found["layers"] == 6


def test_a_case_that_there_is_not(client, demo_run):
    assert client.get(PATH, params={**CASE, "case": "XX"}).status_code == 404
    assert client.get(PATH, params={"task": "sva-obj"}).status_code == 422


@pytest.fixture
def results(demo_run) -> list[dict]:
    rows = map(json.loads, demo_run.results.read_text().splitlines())
    return [row for row in rows if (row["task"], row["case"]) == ("sva-obj", "SP")]


def numbered(roles):
    """Each role; from its second place in a sentence on with a number, as the graph names it."""
    seen = Counter()
    for role in roles:
        seen[role] += 1
        yield role if seen[role] == 1 else f"{role} {seen[role]}"


def behind(results, step, *, level, sign=None, roles=False):
    """Each sentence's words whose patterns take a step, by the results file."""
    layer = step["layer"]
    for result in results:
        places = list(numbered(result["roles"]) if roles else range(len(result["tokens"])))
        words = [
            word
            for word in result["words"]
            if (places[word["path"][layer]], places[word["path"][layer + 1]]) == (step["source"], step["target"])
            and (level == "embedding" or step.get("component") in (None, word["components"][layer]))
            and sign in (None, word["sign"])
        ]
        if words:
            yield result, words


def step_of(step):
    names = ("layer", "source", "target", "component")
    return {**CASE, **{name: step[name] for name in names if step[name] is not None}}


def test_the_sentences_behind_a_step_are_those_of_the_results_file(client, demo_run, results):
    for number in (0, 7, 40):
        step = client.get(PATH, params=CASE).json()["steps"][number]
        found = client.get(f"{PATH}/sentences", params=step_of(step)).json()
        expected = list(behind(results, step, level="attention"))
        assert [each["id"] for each in found["sentences"]] == [result["id"] for result, _ in expected] != []
        assert found["count"] == len(expected) and found["next"] is None
        for each, (result, words) in zip(found["sentences"], expected, strict=True):
            assert (each["text"], each["qoi"], each["patterns"]) == (result["text"], result["qoi"], len(words))
            assert each["influence"] == pytest.approx(sum(word["attention_influence"] for word in words))
        assert sum(each["influence"] for each in found["sentences"]) / 30 == pytest.approx(step["influence"])
        for name, sign in (("positive", 1), ("negative", -1)):
            own = client.get(f"{PATH}/sentences", params={**step_of(step), "sign": name}).json()
            assert own["count"] / 30 == pytest.approx(step[name])
            assert own["count"] == len(list(behind(results, step, level="attention", sign=sign)))


@pytest.mark.parametrize("align", ["position", "role"])
def test_of_any_component_and_at_both_levels(client, demo_run, results, align):
    for level in ("embedding", "attention"):
        chosen = {"level": level, "align": align}
        for step in client.get(PATH, params={**CASE, **chosen}).json()["steps"][:60:20]:
            anyhow = {name: value for name, value in step_of(step).items() if name != "component"}
            found = client.get(f"{PATH}/sentences", params={**anyhow, **chosen}).json()
            expected = list(behind(results, {**step, "component": None}, level=level, roles=align == "role"))
            assert [each["id"] for each in found["sentences"]] == [result["id"] for result, _ in expected] != []


def test_sentences_behind_a_step_page_by_page(client, demo_run):
    step = step_of(client.get(PATH, params=CASE).json()["steps"][0])
    everything = client.get(f"{PATH}/sentences", params=step).json()
    seen, cursor = [], None
    while True:
        page = client.get(
            f"{PATH}/sentences", params={**step, "limit": 7, **({"cursor": cursor} if cursor else {})}
        ).json()
        assert page["count"] == everything["count"] and len(page["sentences"]) <= 7
        seen += page["sentences"]
        if (cursor := page["next"]) is None:
            break
    assert seen == everything["sentences"] and len(seen) > 14
    past = client.get(f"{PATH}/sentences", params={**step, "cursor": "999999"}).json()
    assert past == {"sentences": [], "count": everything["count"], "next": None}


def test_sentences_behind_a_step_that_there_is_not(client, demo_run):
    step = {**CASE, "layer": 2, "source": 2, "target": 6}
    for nothing in ({"layer": 99}, {"source": "elsewhere"}, {"component": 999}, {"level": "embedding", "component": 1}):
        answer = client.get(f"{PATH}/sentences", params={**step, **nothing})
        assert answer.status_code == 200 and answer.json() == {"sentences": [], "count": 0, "next": None}, nothing
    assert client.get(f"{PATH}/sentences", params={**step, "case": "XX"}).json()["field"] == "case"
    assert client.get("/v1/runs/nope/aggregates/sentences", params=step).status_code == 404
    for bad in ({"layer": -1}, {"sign": "both"}, {"limit": 0}, {"limit": 1001}, {"cursor": "x"}, {"align": "word"}):
        assert client.get(f"{PATH}/sentences", params={**step, **bad}).status_code == 422, bad
    assert client.get(f"{PATH}/sentences", params=CASE).status_code == 422
