"""Jobs from the command line, with the real graph, broker, sweeper and workers of this machine."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from cypher.ledger.ledger import Ledger
from service.cli.app import main
from service.operations import local_processes, supervisor
from service.operations.connections import open_store
from service.operations.job_logs import read_logs
from tests.served import serving
from workers.environment import read_environment
from workers.jobs.processes.logs import KEPT

EVERYWHERE = True


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def service(home, neo4j_server, broker_server):
    """A service on the machine of this module's workers."""
    with serving(home, neo4j_server, broker_server) as found:
        yield found


@pytest.fixture
def servers(graph, broker, home, monkeypatch):
    """The settings name the tests' servers; workers are this module's own."""
    monkeypatch.setenv("INFLUENCE_HOME", str(home))
    monkeypatch.setenv("INFLUENCE_REDIS_URL", broker.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", broker.password)


@pytest.fixture(scope="module", autouse=True)
def stopped(home):
    """No worker of this module outlives it."""
    yield
    supervisor.end(home)
    list(local_processes.end(home, 20.0))
    assert set(local_processes.pids(home).values()) == {None}


@pytest.fixture
def sentences(tmp_path, capsys) -> Path:
    path = tmp_path / "sentences.jsonl"
    with pytest.raises(SystemExit):
        main(["tasks", "generate", "sva-obj", "-n", "3", "--output", str(path)])
    capsys.readouterr()
    return path


def run_id(influence, *arguments: object) -> str:
    ended = influence("submit", *arguments, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)["run"]


def running(home: Path, part: local_processes.Part) -> int:
    """How many such processes there are; the worker's own are named otherwise."""
    words = set(local_processes._program(home, part))
    return sum(words <= set(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"]))


def test_a_job_from_its_submission_to_its_reports(influence, servers, sentences, home, tmp_path):
    with ThreadPoolExecutor(2) as both:  # two at once start one of each
        list(both.map(lambda _: local_processes.start_workers(home, 2, print), range(2)))
    pids = local_processes.pids(home)
    assert None not in (pids["worker"], pids["sweeper"]) and pids["service"] is None
    influence("up")
    pids = local_processes.pids(home)
    assert [running(home, part) for part in local_processes.PARTS] == [1, 1, 1]
    assert "2 processes" in influence("up", "--workers", 2).out and local_processes.pids(home) == pids
    other = influence("up", "--workers", 1)
    assert other.code == 1 and "2 processes runs already" in other.err
    status = influence("status", "--json")
    assert json.loads(status.out)["processes"] == {**pids, "supervisor": supervisor.pid(home)}

    ended = influence("submit", sentences, "--name", "whole", "--wait", "--samples", 8)
    assert ended.code == 0, ended.err
    assert "12 sentences in" in ended.out and "run 'whole' is completed: 12 of 12 done" in ended.out
    seen = influence("status", "whole")
    assert "12 of 12 done" in seen.out and "completed" in seen.out
    watched = influence("watch", "whole", "--json")
    assert watched.code == 0 and json.loads(watched.out)["status"] == "completed"
    assert (
        json.loads(watched.out)["speed"] > 0 and json.loads(influence("status", "whole", "--json").out)["left"] is None
    )

    direct = tmp_path / "direct.jsonl"
    assert influence("analyze", sentences, "--samples", 8, "--output", direct).code == 0
    through = tmp_path / "through.jsonl"
    assert influence("export", "whole", "--format", "jsonl", "--output", through).code == 0
    results = [{r["id"]: r for r in map(json.loads, file.read_text().splitlines())} for file in (direct, through)]
    assert list(results[1]) == [json.loads(line)["id"] for line in sentences.read_text().splitlines()]
    assert results[0].keys() == results[1].keys()
    for name, result in results[0].items():
        assert results[1][name]["qoi"] == pytest.approx(result["qoi"], abs=1e-4)
        assert [w["path"] for w in results[1][name]["words"]] == [w["path"] for w in result["words"]]
    report = influence("report", "accuracy", "whole", "--format", "json")
    assert report.code == 0 and sum(row["instances"] for row in json.loads(report.out)) == 12

    for part in local_processes.PARTS:  # what nobody puts aside does not grow
        assert len((home / "logs" / f"{part}.console").read_text().splitlines()) == 1
    logs = influence("logs", "whole")
    assert logs.code == 0 and "done" in logs.out
    assert {entry["run"] for entry in read_logs(read_environment().logs, json.loads(watched.out)["run"])}
    finished = influence("cancel", "whole")
    assert finished.code == 2 and "completed" in finished.err
    assert influence("resume", "whole").code == 2
    assert influence("delete", "whole").code == 0
    assert psutil.pid_exists(supervisor.pid(home) or 0)
    supervisor.end(home)
    assert supervisor.pid(home) is None
    local_processes._start(home, "sweep", [])  # as two did before
    ended = sorted(local_processes.end(home, 20.0))
    assert ended == [("service", True), ("sweeper", True), ("sweeper", True), ("worker", True)]
    assert [running(home, part) for part in local_processes.PARTS] == [0, 0, 0]


def test_a_job_waits_for_workers_and_can_be_cancelled_and_resumed(influence, servers, sentences):
    run = run_id(influence, sentences, "--name", "waiting", "--priority", 3)
    seen = influence("status", "waiting")
    assert "queued" in seen.out and "none is working on it" in seen.out
    assert " 0/12 " in influence("runs").out
    assert json.loads(influence("cancel", "waiting", "--json").out) == {
        "run": run,
        "name": "waiting",
        "status": "cancelled",
    }
    assert "cancelled" in influence("status", "waiting").out
    watched = influence("watch", "waiting")
    assert watched.code == 1 and "influence resume waiting" in watched.out
    assert json.loads(influence("resume", "waiting", "--json").out)["chunks"] > 0
    assert influence("cancel", "waiting").out.startswith("run 'waiting' is cancelled")
    again = influence("resume", run[:8])
    assert again.code == 0 and "chunks of run 'waiting' are queued again" in again.out
    assert influence("delete", "waiting").code == 0


def test_one_key_is_one_run(influence, servers, sentences):
    first = influence("submit", sentences, "--idempotency-key", "k", "--json")
    again = influence("submit", sentences, "--idempotency-key", "k", "--json")
    one, other = json.loads(first.out), json.loads(again.out)
    assert one["new"] and not other["new"] and one["run"] == other["run"]
    changed = influence("submit", sentences, "--idempotency-key", "k", "--samples", 9)
    assert changed.code == 2 and "key" in changed.err
    assert influence("delete", one["run"]).code == 0


def test_a_bad_file_queues_nothing(influence, servers, sentences):
    with sentences.open("a") as file:
        file.write('{"text": "no mask here .", "correct": "is", "wrong": "are"}\n')
    before = influence("runs", "--json").out
    ended = influence("submit", sentences)
    assert ended.code == 2 and "sentences.jsonl:13" in ended.err
    assert influence("runs", "--json").out == before
    skipped = influence("submit", sentences, "--skip-bad", "--name", "skipped", "--json")
    fail_one("skipped")
    (told,) = map(json.loads, influence("logs", "skipped", "--json").out.splitlines())
    assert told["event"] == "failed" and told["error"] == "it cannot be" and told["sentence"].startswith("sva-obj")
    assert skipped.code == 0 and json.loads(skipped.out)["left_out"] == 1
    assert influence("delete", "skipped").code == 0


def fail_one(run: str) -> None:
    """Let the first sentence of a job fail."""
    with open_store() as store:
        ledger, found = Ledger(store), store.find(run)
        claimed = ledger.claim(ledger.due(1, found.id)[0].chunk, "token", "worker", 60)
        assert claimed is not None
        ids = [each.id for each in claimed.instances]
        first, _ = ledger.split(claimed.chunk, "token", [ids[:1], ids[1:]], "halved")
        assert ledger.claim(first, "token", "worker", 60) is not None
        assert ledger.fail(first, "token", "it cannot be", again_after=None)


@pytest.mark.here
def test_servers_that_are_away_are_named(influence, servers, sentences, monkeypatch):
    monkeypatch.setenv("INFLUENCE_REDIS_URL", "redis://127.0.0.1:1")
    for command in (("submit", sentences), ("worker",), ("sweep",)):
        ended = influence(*command)
        assert ended.code == 1 and "no Redis answers at redis://127.0.0.1:1" in ended.err, command
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", "bolt://127.0.0.1:1")
    for command in (("submit", sentences), ("resume", "any"), ("worker",), ("sweep",)):
        ended = influence(*command)
        assert ended.code == 1 and "no Redis" in ended.err and "no Neo4j" in ended.err, command


LOGGER = """
import sys
from pathlib import Path
import structlog
from workers.jobs.processes import logs

logs.LARGEST = 2000
logs.set_up(Path(sys.argv[1], "rotated.jsonl"), "rotated", quiet=True)
for number in range(100):
    structlog.get_logger().info("entry", run=sys.argv[2], number=number)
"""


def test_files_of_logs_are_put_aside_and_read_as_one(influence, servers, sentences, home):
    run = run_id(influence, sentences, "--name", "rotated")
    folder = home / "logs"
    subprocess.run([sys.executable, "-c", LOGGER, folder, run], check=True)
    files = sorted(folder.glob("rotated.jsonl*"))
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 2000 for file in files)
    kept = sum(len(file.read_text().splitlines()) for file in files)
    assert len(files[0].read_text().splitlines()) < kept < 100  # the oldest are gone
    told = [json.loads(line) for line in influence("logs", "rotated", "--json").out.splitlines()]
    assert [entry["number"] for entry in told] == list(range(100 - kept, 100))
    assert influence("delete", "rotated").code == 0


def test_runs_that_are_no_jobs(influence, servers, sentences, tmp_path):
    file = tmp_path / "direct.jsonl"
    assert influence("analyze", sentences, "--samples", 8, "--output", file, "--store").code == 0
    for command in ("status", "watch", "cancel", "resume"):
        ended = influence(command, "direct")
        assert ended.code == 2 and "is not a job" in ended.err, command
    for command in ("status", "watch", "cancel", "resume", "logs"):
        assert influence(command, "nothing-of-the-kind").code == 2
    assert influence("delete", "direct").code == 0


@pytest.mark.here
def test_a_worker_that_cannot_start_says_why(influence, servers, home, monkeypatch):
    monkeypatch.setattr(local_processes, "NAME", "no name")
    began = time.monotonic()
    ended = influence("up", "--workers", 1)
    assert ended.code == 1 and "the worker did not start" in ended.err and "no name" in ended.err
    assert time.monotonic() - began < local_processes.PATIENCE


def test_the_program_can_be_started_as_a_module():
    done = subprocess.run([sys.executable, "-m", "service", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("influence ")
