"""What somebody waits for, over HTTP, with a real worker: one sentence, and ablations of a run."""

import pytest
from starlette.testclient import TestClient

from service.api.app import create_app
from service.api.settings import read_settings
from tests.service.api.conftest import ADDRESS
from tests.workers.jobs.conftest import Jobs, jobs_at, load, sentences
from workers.analysis.analysis import analyze
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance

SENTENCE = {"text": "the pilot near the guards ***mask*** tall .", "correct": "is", "wrong": "are"}
WAIT = {"wait": 30}


@pytest.fixture(scope="module")
def working(neo4j_server, broker, tmp_path_factory):
    """A worker that runs, for all tests here."""
    folder = tmp_path_factory.mktemp("jobs")
    with pytest.MonkeyPatch.context() as patch, jobs_at(neo4j_server, broker, folder, patch) as jobs:
        jobs.worker()
        yield jobs


@pytest.fixture(scope="module")
def client(working: Jobs):
    with TestClient(create_app(working.environment, read_settings()), base_url=ADDRESS) as client:
        yield client


def test_a_sentence_is_answered_as_it_is_analysed_directly(client):
    before = client.get("/v1/runs").json()
    asked = {"sentence": {"id": "mine", **SENTENCE}, "settings": {"samples": 8, "edges": "all"}, "dtype": "float64"}
    found = client.post("/v1/analyses", json=asked, params={**WAIT, "part": ["words", "edges"], "strongest": 7})
    assert found.status_code == 200, found.text
    told = found.json()
    instance = Instance("mine", SENTENCE["text"], "is", "are")
    (expected,) = analyze(load("bundled", dtype="float64"), [instance], Settings(samples=8, edges="all"))
    assert expected.edges is not None
    assert (told["status"], told["model"], told["kept"]) == ("completed", "bundled", None)
    sentence = told["sentence"]
    assert sentence["qoi"] == pytest.approx(expected.qoi, abs=1e-12)
    assert [word["influence"] for word in sentence["words"]] == pytest.approx(
        [word.influence for word in expected.words], abs=1e-12
    )
    assert len(sentence["edges"]) == 7 and sentence["edges_left_out"] == len(expected.edges) - 7

    line = client.get(f"/v1/analyses/{told['id']}/result")
    assert line.headers["content-type"] == "application/jsonl"
    assert InstanceResult.from_json(line.text).to_json() == line.text.strip()
    edges = InstanceResult.from_json(line.text).edges
    assert edges is not None and len(edges) == len(expected.edges)
    for form, begins in (("image/svg+xml", b"<?xml"), ("image/png", b"\x89PNG"), ("application/pdf", b"%PDF")):
        figure = client.get(f"/v1/analyses/{told['id']}/figure", headers={"Accept": form}, params={"word": "top:2"})
        assert figure.status_code == 200 and figure.content.startswith(begins)
    assert client.get("/v1/runs").json() == before  # nothing is in the graph


def test_a_sentence_is_kept_where_that_is_asked(client):
    try:
        for number, text in enumerate((SENTENCE["text"], "the doctor near the guards ***mask*** tall .")):
            asked = {"sentence": {**SENTENCE, "text": text}, "settings": {"samples": 4}, "keep": "api-kept"}
            for _ in range(2):  # the second finds it there
                told = client.post("/v1/analyses", json=asked, params=WAIT).json()
                assert told["kept"]["name"] == "api-kept", told
                run = client.get("/v1/runs/api-kept").json()
                assert (run["instances"], run["status"]) == (number + 1, "completed")
        stored = client.get("/v1/runs/api-kept/sentences").json()["sentences"]
        assert [each["text"] for each in stored] == [SENTENCE["text"], "the doctor near the guards ***mask*** tall ."]
        other = {"sentence": SENTENCE, "settings": {"samples": 5}, "keep": "api-kept"}
        refused = client.post("/v1/analyses", json=other, params=WAIT)
        assert (refused.status_code, refused.json()["field"]) == (409, "name"), refused.text
    finally:
        client.delete("/v1/runs/api-kept").raise_for_status()


@pytest.mark.parametrize(
    ("changes", "status", "field", "detail"),
    [
        ({"sentence": {**SENTENCE, "text": "no mask"}}, 422, "text", "has no mask"),
        ({"sentence": {**SENTENCE, "correct": "zyzzyva"}}, 422, "correct", "zyzzyva"),
        ({"sentence": {**SENTENCE, "wrong": "is"}}, 422, "wrong", "correct word too"),
        ({"sentence": {"txt": "x"}}, 422, "txt", "not a field"),
        ({"model": "/etc"}, 422, "model", "is not among the models"),
        ({"settings": {"baseline": "token:zyzzyva"}}, 422, "baseline", "zyzzyva"),
        ({"settings": {"words": "zyzzyva"}}, 422, "words", "zyzzyva"),
        ({"keep": "a\nb"}, 422, "name", "control character"),
        ({"question": "similarity"}, 422, "reference", "missing"),
    ],
)
def test_what_cannot_be_answered(client, changes, status, field, detail):
    answer = client.post("/v1/analyses", json={"sentence": SENTENCE, **changes}, params=WAIT)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (status, field), problem
    assert detail in problem["detail"] and problem["fix"]


def test_an_ablation_is_that_of_the_results(client, working):
    from workers.evaluation.ablation.accuracy import Tally
    from workers.evaluation.ablation.running import ablate
    from workers.evaluation.ablation.settings import AblationSettings

    run = working.submit("api-ablated", sentences(6))
    working.fill(run)
    working.wait(run)
    asked = {"run": "api-ablated", "draws": 3, "sentences": 4}
    answer = client.post("/v1/ablations", json=asked, params=WAIT)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["sentences"], told["left_out"]) == (4, 2)
    lines = [client.get(f"/v1/runs/{run}/sentences/{each.id}").json()["id"] for each in sentences(4)]
    assert lines == [each.id for each in sentences(4)]
    tally = Tally()
    results = analyze(load("bundled"), sentences(4), Settings(samples=8, edges="top:20"))
    for each in ablate(load("bundled"), results, AblationSettings(draws=3)):
        tally.add(each)
    expected = {(row.task, row.case, row.method, row.level): row.accuracy for row in tally.rows()}
    found = {(row["task"], row["case"], row["method"], row["level"]): row["accuracy"] for row in told["rows"]}
    assert found == expected
    assert client.get(f"/v1/ablations/{told['id']}").json() == told
    assert client.get(f"/v1/analyses/{told['id']}").status_code == 404  # it is no analysis
    assert client.delete(f"/v1/ablations/{told['id']}").status_code == 204
    assert client.get(f"/v1/ablations/{told['id']}").status_code == 404
    for changes, status, field in (
        ({"run": "nothing"}, 404, "run"),
        ({"methods": ["nothing"]}, 422, "methods"),
        ({"model": "bundled-sentiment"}, 422, "model"),
    ):
        refused = client.post("/v1/ablations", json={**asked, **changes}, params=WAIT)
        assert (refused.status_code, refused.json()["field"]) == (status, field), refused.text


def test_a_sentence_is_checked_before_it_is_asked(client):
    checked = client.post("/v1/analyses/check", json={"sentence": SENTENCE}).json()
    assert checked["tokens"] == ["[CLS]", "the", "pilot", "near", "the", "guards", "[MASK]", "tall", ".", "[SEP]"]
    assert (checked["target"], checked["quantity"]) == (6, "logit(is) − logit(are)")
    assert 6 not in checked["sources"] and len(checked["sources"]) == 9 and checked["notices"] == []
    answer = client.post("/v1/analyses", json={"sentence": SENTENCE}, params=WAIT).json()["sentence"]
    assert {name: answer[name] for name in ("tokens", "target", "quantity", "correct", "wrong")} == {
        name: checked[name] for name in ("tokens", "target", "quantity", "correct", "wrong")
    }


def test_a_checked_class_and_a_checked_cosine(client):
    text = {"text": "the film was splendid and the cast was dull ."}
    sentiment = {"model": "bundled-sentiment", "sentence": {**text, "label": "positive"}}
    checked = client.post("/v1/analyses/check", json=sentiment).json()
    assert (checked["target"], checked["correct"], checked["wrong"]) == (0, "positive", None)
    assert checked["quantity"] == "logit(positive) − the largest other logit"
    sentiment["sentence"]["wrong"] = "negative"
    assert client.post("/v1/analyses/check", json=sentiment).json()["quantity"] == "logit(positive) − logit(negative)"
    cosine = {"question": "similarity", "sentence": {"text": "the pilots swim .", "reference": "the guards swim ."}}
    assert client.post("/v1/analyses/check", json=cosine).json()["quantity"] == "cosine with 'the guards swim .'"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sentence": {**SENTENCE, "text": "the pilot is tall ."}}, "text"),
        ({"sentence": {**SENTENCE, "text": "***mask*** the ***mask*** ."}}, "text"),
        ({"sentence": {**SENTENCE, "correct": "xylophones"}}, "correct"),
        ({"sentence": {**SENTENCE, "wrong": "is"}}, "wrong"),
        ({"sentence": {**SENTENCE, "wrong": " "}}, "wrong"),
        ({"sentence": {**SENTENCE, "colour": "red"}}, "colour"),
        ({"model": "bundled-sentiment"}, "correct"),
        ({"model": "/etc"}, "model"),
        ({"settings": {"baseline": "xylophones"}}, "baseline"),
        ({"settings": {"baseline": "counterfactual"}}, "counterfactual"),
        ({"settings": {"samples": 8, "edges": "some"}}, "edges"),
    ],
)
def test_what_cannot_be_asked_is_said_before(client, changed, field):
    answer = client.post("/v1/analyses/check", json={"sentence": SENTENCE, **changed})
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field), problem
    assert problem["detail"] and problem["fix"]
    asked = client.post("/v1/analyses", json={"sentence": SENTENCE, **changed}, params=WAIT)
    assert {**asked.json(), "where": None} == {**problem, "where": None}
