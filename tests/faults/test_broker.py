"""A broker that is killed, or loses what it holds."""

import shutil
from dataclasses import replace

import pytest

from tests.faults.conftest import Faults, kill, times
from tests.workers.jobs.conftest import jobs_at, sentences, until
from workers.broker.local import LocalBroker
from workers.broker.server import down, up


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A broker to kill, at one port for ever."""
    server = LocalBroker(tmp_path_factory.mktemp("broker"))
    up(server)
    yield replace(server, port=server.last_port())
    down(server, timeout=10)


@pytest.fixture
def faults(neo4j_server, server, source, known, tmp_path, monkeypatch):
    with jobs_at(neo4j_server, server.connection(), tmp_path, monkeypatch) as jobs:
        yield Faults(**vars(jobs), source=source, known=known)


def begun(faults: Faults, chunks: int):
    """What is expected, and a run."""
    given = sentences(2 * chunks)
    expected = faults.undisturbed(given)
    faults.sweeper()
    faults.worker()
    return expected, faults.given(given)


@pytest.mark.parametrize("empty", [False, pytest.param(True, marks=pytest.mark.faults)])
@times(10, 200)
def test_it_is_killed_and_started_again(faults, server, times, empty):
    expected, run = begun(faults, chunks=times)
    moment = faults.dice.randrange(times - 3)
    until(lambda: faults.progress(run).completed.chunks >= moment)
    faults.pause(0, 0.5)
    kill(server.process())
    if empty:
        shutil.rmtree(server.data)
    faults.processes[0].wait_for("the broker is away")
    faults.pause(0, 3)
    up(server)
    faults.check(run, expected)
    assert server.password() not in faults.all_said()
    assert [process.stop() for process in faults.processes] == [0, 0], faults.all_said()


@times(2, 20)
def test_it_is_flushed(faults, server, times):
    expected, run = begun(faults, chunks=6 + 4 * times)
    for _ in range(times):
        faults.working(run)
        faults.pause(0, 0.5)
        with server.connection().open() as client:
            client.flushall()
    faults.check(run, expected)
