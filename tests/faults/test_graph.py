"""A Neo4j that is killed or stands still while workers write to it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
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


def begun(faults: Faults, chunks: int, fault: str | None = None):
    """What is expected, and a run that has begun: most of its time is spent in writing."""
    given = sentences(2 * chunks)
    expected = faults.undisturbed(given, QUICK)
    faults.sweeper()
    if fault is None:
        faults.worker("--concurrency", 2)
    else:
        faults.wrapped(fault, "worker", "--device", "cpu", "--concurrency", 2).wait_for("ready")
    run = faults.given(given, QUICK)
    until(lambda: faults.progress(run).completed.chunks)
    return expected, run


@times(1, 10)
def test_it_is_killed_in_the_middle_of_writing(faults, server, times, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    expected, run = begun(faults, chunks=8 + 6 * times, fault=f"lingers={marks}")
    for _ in range(times):
        before = faults.progress(run).completed.chunks
        until(lambda before=before: faults.progress(run).completed.chunks > before)
        for mark in marks.iterdir():  # of the time before, where somebody was killed
            mark.unlink(missing_ok=True)
        open_ones = killed_while_writing(server, marks)
        assert open_ones
        up(server)
    faults.check(run, expected)


def killed_while_writing(server: LocalServer, marks: Path) -> set[Path]:
    """The marks of transactions that were open from before Neo4j was killed until after."""
    while True:
        until(lambda: any(marks.iterdir()))
        before = set(marks.iterdir())
        kill(server.process())
        return before & set(marks.iterdir())


AWAY = (8, 40)  # both longer than a lease


@times(*AWAY)
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


@times(*AWAY)
def test_it_is_stopped_and_started_again(faults, server, times):
    expected, run = begun(faults, chunks=40)
    left = faults.progress(run)
    assert left.status == "running"
    assert down(server)
    faults.pause(times, times)
    if times == AWAY[1]:  # the driver tries again for 30 s and more before anybody hears of it
        until(lambda: "waiting for the graph" in faults.all_said() and "the graph is away" in faults.all_said())
    up(server)
    faults.check(run, expected)
