"""Jobs over HTTP: submitted, watched by many, cancelled, resumed, with a real worker."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.service.api.conftest import PATIENCE, listening
from tests.workers.jobs.conftest import jobs  # noqa: F401 - a fixture

SENTENCES = [
    {"text": f"the {noun} near the guards ***mask*** tall .", "correct": "is", "wrong": "are"}
    for noun in ("pilot", "doctor", "farmer", "singer")
]


def submitted(client, **changes):
    return client.post("/v1/jobs", json={"sentences": SENTENCES, "settings": {"samples": 4}, **changes})


@pytest.fixture
def clean(client):
    """No job of a test outlives it."""
    yield client
    for run in client.get("/v1/runs").json()["runs"]:
        if run["name"].startswith(("api", "job-")):
            client.delete(f"/v1/runs/{run['id']}")


def test_a_job_waits_is_the_same_again_and_is_cancelled_and_resumed(clean):
    headers = {"Idempotency-Key": "once"}
    first = clean.post("/v1/jobs", json={"sentences": SENTENCES, "name": "api-once"}, headers=headers)
    assert (first.status_code, first.headers["retry-after"]) == (202, "2")
    job = first.json()
    assert (job["name"], job["sentences"], job["new"], job["left_out"]) == ("api-once", 4, True, [])
    again = clean.post("/v1/jobs", json={"sentences": SENTENCES, "name": "api-once"}, headers=headers).json()
    assert again == {**job, "new": False}
    other = clean.post("/v1/jobs", json={"sentences": SENTENCES[:2], "name": "api-once"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/conflict")

    progress = clean.get(first.headers["location"]).json()
    assert (progress["status"], progress["sentences"], progress["completed"]["sentences"]) == ("queued", 4, 0)
    assert clean.post(f"/v1/jobs/{job['run']}/cancel").json()["status"] == "cancelled"
    ended = clean.post(f"/v1/jobs/{job['run']}/cancel")
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/conflict")
    assert clean.post("/v1/jobs/api-once/resume").json()["chunks"] == 1
    assert clean.get("/v1/jobs/api-once/failures").json() == []


@pytest.mark.parametrize(
    ("changes", "field", "detail"),
    [
        ({"sentences": []}, "sentences", "at least 1 item"),
        ({"sentences": [{"text": "no mask", "correct": "a", "wrong": "b"}]}, "text", "has no mask"),
        ({"sentences": [{"text": "x", "answer": "b"}]}, "answer", "is not a field of a sentence"),
        ({"sentences": [{"id": "a", **SENTENCES[0]}, {"id": "a", **SENTENCES[1]}]}, "id", "another sentence's too"),
        ({"settings": {"samples": 1}}, "samples", "too few"),
        ({"settings": {"simples": 4}}, "settings.simples", "Extra inputs"),
        ({"settings": {"edges": "many"}}, "edges", "is not a selection"),
        ({"model": "/etc"}, "model", "is not among the models"),
        ({"model": "../../bundled"}, "model", "is not among the models"),
        ({"model": "google-bert/bert-base-uncased"}, "model", "is not among the models"),
        ({"priority": 10}, "priority", "less than or equal to 9"),
        ({"name": "a\nb"}, "name", "control character"),
    ],
)
def test_what_cannot_be_queued(clean, changes, field, detail):
    before = clean.get("/v1/runs").json()
    answer = submitted(clean, **changes)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field and detail in answer.json()["detail"]
    assert clean.get("/v1/runs").json() == before


def test_bad_sentences_are_left_out_where_that_is_wanted(clean):
    bad = {"text": "no mask here", "correct": "is", "wrong": "are"}
    job = submitted(clean, sentences=[*SENTENCES, bad, {"text": ""}], skip_bad=True, name="api-bad").json()
    assert job["sentences"] == 4 and [each["where"] for each in job["left_out"]] == ["sentences.5", "sentences.4"]


def test_sentences_of_a_file(clean):
    words = ("the pilot that the guards like is tall", "the pilot that the guards like are tall")
    pair = "\t".join(("obj_rel_across_anim", "sing_MS_MV_plur_ES_EV", *words))
    odd = "simple_agrmt\tplur_MS_MV\tthe pilots smile\tthe pilots smiles at us"
    for packed in (False, True):
        content = f"{pair}\n{odd}\n".encode()
        file = ("mine.tsv", gzip.compress(content) if packed else content)
        options = {"options": json.dumps({"name": f"api-file-{packed}", "settings": {"samples": 4}})}
        answer = clean.post("/v1/jobs/files", files={"file": file}, data=options)
        assert answer.status_code == 202, answer.text
        assert answer.json()["sentences"] == 1 and "left out" in answer.json()["notices"][0]


@pytest.mark.parametrize(
    ("name", "content", "options", "field", "detail"),
    [
        ("a.jsonl", b"{", "{}", "line", "JSON"),
        ("a.jsonl", b'{"text": "no mask", "correct": "a", "wrong": "b"}', "{}", "text", "has no mask"),
        ("a.jsonl", b"\xff\xfe", "{}", "input", "UTF-8"),
        ("../../../etc/passwd", b"", "{}", "input", ""),
        ("a.jsonl", b"{}", '{"simples": 4}', "options.simples", "Extra inputs"),
        ("a.jsonl", b"{}", "[", "options", "JSON"),
        ("a.jsonl", b"{}", '{"model": "/etc"}', "model", "is not among the models"),
    ],
)
def test_a_file_that_cannot_be_queued(clean, name, content, options, field, detail):
    answer = clean.post("/v1/jobs/files", files={"file": (name, content)}, data={"options": options})
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field) and detail in problem["detail"], problem
    assert "/tmp" not in answer.text and not (problem.get("where") or "").startswith("/")


def test_a_file_that_is_large_once_it_is_unpacked(serve):
    client = serve(unpacked=1_000_000)
    for content, status, detail in (
        (gzip.compress(b" " * 2_000_000), 413, "when it is unpacked"),
        (b'{"text": "' + b"x" * 2_000_000, 413, "when it is unpacked"),
    ):
        answer = client.post("/v1/jobs/files", files={"file": ("a.jsonl", content)})
        assert (answer.status_code, answer.json()["field"]) == (status, "input") and detail in answer.json()["detail"]
    answer = serve().post("/v1/jobs/files", files={"file": ("a.jsonl", gzip.compress(b" " * 20_000_000))})
    assert answer.status_code == 422 and "a line has more than" in answer.json()["detail"], answer.text
    answer = serve().post("/v1/jobs/files", files={"file": ("a.jsonl", b'{"text": ' + b"9" * 5000 + b"}")})
    assert answer.status_code == 422 and "number that is too long" in answer.json()["detail"], answer.text


def test_too_many_sentences(serve):
    answer = submitted(serve(sentences=3))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


def test_too_many_jobs_of_a_key(serve, keys):
    client, names = serve(jobs=2), iter(("api-a", "api-b", "api-c", "api-d"))
    _, secret = keys.create("one", ("submit", "admin"), None)
    _, other = keys.create("two", ("submit",), None)
    mine = {"Authorization": f"Bearer {secret}"}
    first = {"json": {"sentences": SENTENCES, "name": "api-a"}, "headers": {**mine, "Idempotency-Key": "a"}}
    second = {"json": {"sentences": SENTENCES, "name": "api-b"}, "headers": mine}
    third = {"json": {"sentences": SENTENCES, "name": "api-c"}, "headers": mine}
    try:
        assert [client.post("/v1/jobs", **each).status_code for each in (first, second, third, first)] == [
            *(202, 202, 409, 202)  # the same again is not another job
        ]
        assert client.post("/v1/jobs", **third).json()["field"] == "jobs"
        theirs = {**third, "headers": {"Authorization": f"Bearer {other}"}}
        assert client.post("/v1/jobs", **theirs).status_code == 202
        client.post("/v1/jobs/api-a/cancel", headers=mine)
        fourth = {"json": {"sentences": SENTENCES, "name": "api-d"}, "headers": mine}
        assert client.post("/v1/jobs", **fourth).status_code == 202
    finally:
        for name in names:
            client.delete(f"/v1/runs/{name}", headers=mine)


def test_a_model_of_an_allowed_folder(serve, tmp_path):
    client = serve(models=(str(tmp_path / "models"),))
    for model, allowed in (("models/a", True), ("models/../other", False), ("other", False)):
        answer = submitted(client, model=str(tmp_path / model))
        assert answer.status_code == 422
        assert ("is not among the models" in answer.json()["detail"]) != allowed


def events(address: str, run: str, **headers: str) -> list[tuple[str, dict]]:
    """Kind and content of what a watcher is told until the end."""
    found, kind, name = [], "", ""
    with requests.get(f"{address}/v1/jobs/{run}/events", headers=headers, stream=True, timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in map(bytes.decode, stream.iter_lines()):
            part, _, value = line.partition(": ")
            if part == "event":
                kind = value
            elif part == "id":
                name = value
            elif part == "data":
                found.append((kind, json.loads(value)))
            elif not line and found:
                found[-1][1].setdefault("id", name)
    return found


def test_many_watch_a_job_until_it_ends(environment, jobs):  # noqa: F811
    with listening(environment) as address:
        job = {"sentences": SENTENCES, "settings": {"samples": 4}, "name": "api-watched"}
        run = requests.post(f"{address}/v1/jobs", json=job, timeout=60).json()["run"]
        with ThreadPoolExecutor(5) as many:
            watched = [many.submit(events, address, run) for _ in range(5)]
            jobs.sweeper()
            jobs.worker()
            found = [each.result(timeout=PATIENCE) for each in watched]
        for each in found:
            assert each[-1][0] == "ended" and each[-1][1]["status"] == "completed"
            assert each[-1][1]["completed"]["sentences"] == 4
            assert len({event[1]["id"] for event in each}) == len(each)
        last = found[0][-1][1]["id"]
        assert [event[1]["id"] for event in events(address, run)] == [last]
        assert events(address, run, **{"Last-Event-ID": last}) == []
        report = requests.get(f"{address}/v1/runs/{run}/reports/accuracy", timeout=60).json()
        assert report["status"] == "completed" and report["values"]
        requests.delete(f"{address}/v1/runs/{run}", timeout=60).raise_for_status()


def test_who_watches_a_job_that_is_deleted_comes_to_an_end(environment):
    with listening(environment) as address:
        job = {"sentences": SENTENCES, "name": "api-gone"}
        run = requests.post(f"{address}/v1/jobs", json=job, timeout=60).json()["run"]
        with requests.get(f"{address}/v1/jobs/{run}/events", stream=True, timeout=60) as stream:
            lines = stream.iter_lines()
            assert any(line.startswith(b"data") for line in lines)  # the first event
            requests.delete(f"{address}/v1/runs/{run}", timeout=60).raise_for_status()
            rest = list(lines)  # which a stream that breaks off would not give
        assert b"event: ended" not in rest
        assert requests.get(f"{address}/v1/jobs/{run}/events", timeout=60).status_code == 404
