"""A Neo4j that is killed or stands still while workers write to it."""

from dataclasses import replace

import pytest

from cypher.server import down, up
from tests.faults.conftest import QUICK, Faults, kill, times
from tests.graph import local_server
from tests.workers.jobs.conftest import jobs_at, sentences, until


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Neo4j to kill, at one port for ever."""
    server = local_server(tmp_path_factory.mktemp("graph"))
    up(server)
    yield replace(server, port=server.last_port())
    down(server)


@pytest.fixture
def faults(server, broker, source, known, tmp_path, monkeypatch):
    with jobs_at(server.connection(), broker, tmp_path, monkeypatch) as jobs:
        yield Faults(**vars(jobs), source=source, known=known)


def begun(faults: Faults, chunks: int):
    """What is expected, and a run that has begun: most of its time is spent in writing."""
    given = sentences(2 * chunks)
    expected = faults.undisturbed(given, QUICK)
    faults.sweeper()
    faults.worker("--concurrency", 2)
    run = faults.given(given, QUICK)
    until(lambda: faults.progress(run).completed.chunks)
    return expected, run


@times(1, 10)
def test_it_is_killed_in_the_middle_of_writing(faults, server, times):
    expected, run = begun(faults, chunks=20 * (times + 1))
    for _ in range(times):
        before = faults.progress(run).completed.chunks
        until(lambda before=before: faults.progress(run).completed.chunks > before)
        faults.pause(0, 1)
        kill(server.process())
        up(server)
    faults.check(run, expected)


@times(8, 40)
def test_it_stands_still(faults, server, times):
    expected, run = begun(faults, chunks=40)
    process = server.process()
    process.suspend()
    try:
        faults.pause(times, times)
    finally:
        process.resume()
    faults.check(run, expected)
    assert set(faults.attempts(run)) == {1}  # leases were over, and nobody was lost
