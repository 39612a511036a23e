"""Jobs as an agent runs them: submitted, followed while a real worker computes, cancelled, resumed."""

from tests.service.api.conftest import listening
from tests.service.mcp.conftest import over_http
from tests.workers.jobs.conftest import jobs  # noqa: F401 - a fixture

SENTENCES = [
    {
        "id": noun,
        "task": "mine",
        "case": "SP",
        "text": f"the {noun} near the guards ***mask*** tall .",
        "correct": "is",
        "wrong": "are",
    }
    for noun in ("pilot", "doctor", "farmer", "singer")
]
SETTINGS = {"samples": 4, "edges": "top:20"}


def test_a_job_from_its_sentences_to_its_report(agent, jobs):  # noqa: F811
    given = {"sentences": SENTENCES, "settings": SETTINGS, "name": "agent-job", "idempotency_key": "once"}
    job = agent.ask("submit_job", **given)
    assert (job["name"], job["sentences"], job["new"], job["left_out"], job["left_out_count"]) == (
        "agent-job",
        4,
        True,
        [],
        0,
    )
    assert agent.ask("submit_job", **given) == {**job, "new": False}
    assert agent.call("submit_job", **{**given, "sentences": SENTENCES[:2]}).structured_content["code"] == "conflict"
    look = agent.ask("follow_job", run=job["run"])
    assert (look["status"], look["ended"]) == ("queued", False) and "No worker has begun it" in look["advice"]

    jobs.sweeper()
    jobs.worker()
    for _ in range(10):
        look = agent.ask("follow_job", run="agent-job", wait_seconds=20)
        if look["ended"]:
            break
    assert (look["status"], look["completed"]["sentences"]) == ("completed", 4)
    report = agent.ask("run_report", report="accuracy", run="agent-job")
    assert report["rows"][0][:3] == ["mine", "SP", 4] and report["status"] == "completed"
    sentence = agent.ask("describe_sentence", run=job["run"], id="pilot")
    assert sentence["tokens"][2] == "pilot"
    ablated = agent.ask("ablate_patterns", run="agent-job", draws=1)
    assert (ablated["sentences"], ablated["model"], ablated["left_out"]) == (4, "bundled", [])
    assert "is completed" in agent.refused("cancel_job", run="agent-job")


def test_a_job_is_cancelled_and_resumed(agent, jobs):  # noqa: F811
    job = agent.ask("submit_job", sentences=SENTENCES, settings=SETTINGS)
    assert agent.ask("cancel_job", run=job["run"]) == {
        "run": job["run"],
        "name": job["name"],
        "status": "cancelled",
        "instances": 0,
    }
    look = agent.ask("follow_job", run=job["run"], wait_seconds=50)
    assert look["ended"] and "resume_job" in look["advice"]
    assert "is cancelled" in agent.refused("cancel_job", run=job["run"])
    assert agent.ask("resume_job", run=job["run"])["chunks"] == 1
    assert agent.ask("follow_job", run=job["run"])["status"] == "queued"


def test_waiting_ends_in_time_and_says_to_ask_again(agent, jobs):  # noqa: F811
    job = agent.ask("submit_job", sentences=SENTENCES, settings=SETTINGS)
    look = agent.ask("follow_job", run=job["run"], wait_seconds=2)
    assert not look["ended"]


def test_bad_sentences_are_named_where_they_are_left_out(agent, jobs):  # noqa: F811
    bad = [{"text": f"no mask {number}", "correct": "is", "wrong": "are"} for number in range(30)]
    job = agent.ask("submit_job", sentences=[*SENTENCES, *bad], settings=SETTINGS, skip_bad=True)
    assert (job["sentences"], len(job["left_out"]), job["left_out_count"]) == (4, 20, 30)
    assert job["left_out"][0]["where"] == "sentences.4"


def test_more_sentences_than_the_service_takes(environment, jobs):  # noqa: F811
    with listening(environment, sentences=3) as address, over_http(address) as agent:
        said = agent.refused("submit_job", sentences=SENTENCES)
    assert said == "sentences: there are more than the 3 sentences that a job may have. Submit them as several jobs."


def test_callers_do_not_share_their_idempotency_keys(environment, keys, jobs, tmp_path):  # noqa: F811
    with listening(environment) as address:
        runs = set()
        for name in ("a", "b"):
            with over_http(address, keys.create(name, ["submit"])[1]) as agent:
                runs.add(agent.ask("submit_job", sentences=SENTENCES, idempotency_key="same")["run"])
    assert len(runs) == 2
