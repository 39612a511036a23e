"""What a worker or a sweeper says before it begins."""

import pytest

from cypher.ledger.ledger import Ledger
from cypher.store.store import Store
from tests.cypher.ledger.jobs import plan, submit
from workers.jobs.processes.names import reserve_name


@pytest.fixture
def servers(graph, broker, monkeypatch, tmp_path):
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    monkeypatch.setenv("INFLUENCE_REDIS_URL", broker.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", broker.password)
    return graph


@pytest.mark.parametrize("command", ["worker", "sweep"])
def test_without_servers_each_is_named_with_the_way_to_start_it(influence, monkeypatch, tmp_path, command):
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    for name in ("INFLUENCE_NEO4J_URI", "INFLUENCE_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    ended = influence(command)
    assert ended.code == 1
    assert [line.startswith("error: ") for line in ended.err.splitlines()] == [True, True]
    assert ended.err.count("Start the local server") == 2


@pytest.mark.parametrize("command", ["worker", "sweep"])
def test_runs_of_another_version_are_refused(influence, servers, command):
    with Store.open(servers) as store:
        planned = submit(Ledger(store), plan(1, name="older"))
        try:
            ended = influence(command)
        finally:
            store.delete(planned.run)
    assert ended.code == 2
    assert "the run 'older' was queued by influence-graph" in ended.err
    assert f"or cancel it, {planned.run}" in ended.err


def test_a_name_that_is_taken(influence, servers, tmp_path):
    with reserve_name(tmp_path / "logs", "one", usual="here"):
        ended = influence("worker", "--device", "cpu", "--name", "one")
    assert ended.code == 2
    assert ended.err == ("error: a worker named 'one' runs on this machine already. Give this one another name.\n")


def test_usual_names_are_numbered(tmp_path):
    with reserve_name(tmp_path, None, usual="here") as first, reserve_name(tmp_path, None, usual="here") as second:
        assert (first, second) == ("here", "here_2")
    with reserve_name(tmp_path, None, usual="here") as again:
        assert again == "here"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--device", "tpu"), "device: 'tpu' is not known"),
        (("--memory", "much"), "--memory: 'much' is not an amount of memory"),
        (("--device", "cpu", "--name", "a/b"), "name: 'a/b' is not a name"),
    ],
)
def test_options_that_cannot_be(influence, servers, options, message):
    ended = influence("worker", *options)
    assert ended.code == 2
    assert message in ended.err
