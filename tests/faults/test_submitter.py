"""Submitters that are killed, and many that submit the same."""

import json
import signal

import pytest

from service.operations import jobs
from service.operations.connections import Connections
from tests.faults.conftest import NAME, QUICK, times
from tests.workers.jobs.conftest import sentences
from workers.analysis.settings import Settings
from workers.datasets import read_instances, write_instances

KEY = "the same"


@pytest.fixture
def path(tmp_path):
    """A file of sentences."""
    path = tmp_path / "sentences.jsonl"
    write_instances(path, sentences(40))
    return path


@pytest.fixture
def expected(faults, path, broker):
    """What there is of it when nobody is killed."""
    submit(faults, path)
    run = faults.store.find(NAME).id
    found = faults.finished(run)
    faults.store.delete(run)
    with broker.open() as client:
        client.flushall()
    return found


def submit(faults, path) -> None:
    settings = Settings(samples=QUICK.samples, edges=QUICK.edges)
    connections = Connections(faults.store, faults.queues)
    instances = read_instances(path)
    jobs.submit(connections, instances, settings, model=faults.source, stem=path.stem, name=NAME, idempotency_key=KEY)


@pytest.mark.parametrize(
    "place",
    [
        "workers.jobs.messages.queues:Queues.fill",
        pytest.param("cypher.ledger.ledger:Ledger.submitted", marks=pytest.mark.faults),
        pytest.param("cypher.ledger.ledger:Ledger.add", marks=pytest.mark.faults),
    ],
)
def test_one_that_is_killed(faults, path, expected, place):
    options = ["--name", NAME, "--idempotency-key", KEY, "--samples", QUICK.samples, "--edges", QUICK.edges]
    killed = faults.wrapped(f"dies={place}", "submit", path, "--model", faults.source, *options)
    assert killed.popen.wait() == -signal.SIGKILL, killed.said
    found = faults.store.find(NAME)
    if place.endswith("fill"):  # between ledger and queue: the sweeper does the rest
        assert found.status == "queued"
    else:
        assert found.status == "submitting"
        submit(faults, path)
    faults.sweeper()
    faults.worker()
    faults.check(found.id, expected)


@times(8, 50)
def test_many_with_one_key_at_once(faults, path, expected, times):
    options = ["--name", NAME, "--idempotency-key", KEY, "--samples", QUICK.samples, "--edges", QUICK.edges]
    together = faults.wrapped(f"copies={times}", "submit", path, "--model", faults.source, *options, "--json")
    assert together.popen.wait(600) == 0, together.said
    told = [json.loads(line)["run"] for line in together.said.splitlines()]
    assert len(told) == times
    (run,) = [run for run in faults.store.runs() if run.name == NAME]  # beside those of other tests
    assert set(told) == {run.id}
    faults.sweeper()
    faults.worker()
    faults.check(run.id, expected)
