"""What `influence up` started is killed, and queries take the graph's server down: all is back by itself."""

import os
import subprocess
import time
from collections.abc import Callable

import httpx
import psutil
import pytest

from cypher.errors import InvalidQuery, QueryLimitExceeded, RefusedQuery, ServerError
from cypher.neo4j_server.local import LocalServer
from cypher.store.store import Store
from service.operations import local_processes, supervisor
from service.operations.queries import ask
from service.operations.servers import servers_of
from tests.faults.conftest import NAME, Faults, kill
from tests.workers.jobs.conftest import COMMAND, LEASE, jobs_at, sentences, until
from workers.broker.local import LocalBroker
from workers.environment import Environment

pytestmark = pytest.mark.servers

PATIENCE = 90.0
"""Seconds to be back: a few on a machine that has nothing else to do."""

DEADLY = "RETURN size(reduce(s = 'x', i IN range(1, 40) | s + s))"
QUERIES = [
    "WITH range(1, 100000000) AS a RETURN [x IN a | x * 2]",
    "RETURN range(1, 100000000)",
    "RETURN [x IN range(1, 50000000) | x]",
    "RETURN reduce(s = 'x', i IN range(1, 27) | s + s)",
    "WITH reduce(s = 'x', i IN range(1, 25) | s + s) AS s RETURN size(replace(s, 'x', s))",
    DEADLY,
    "WITH toInteger(1e8) AS n WITH range(1, n) AS a RETURN [x IN a | x * 2]",
    "WITH toInteger(1e8) AS n WITH range(1, n) AS a RETURN size([x IN a | toString(x)])",
    "WITH toInteger(1e8) AS n RETURN range(1, n)",
    "WITH toInteger(1e8) AS n RETURN reduce(l = [], i IN range(1, n) | l + [i])",
    "RETURN reduce(l = [1], i IN range(1, 26) | l + l)",
    "RETURN reduce(l = [1], i IN range(1, 60) | l + l)",
    "RETURN size([a IN range(1, 10000) | [b IN range(1, 10000) | a * b]])",
    "RETURN [a IN range(1, 1000) | [b IN range(1, 1000) | [c IN range(1, 1000) | a]]]",
    "WITH reduce(s = 'x,', i IN range(1, 26) | s + s) AS s RETURN size(split(s, ','))",
    "WITH reduce(s = 'x,', i IN range(1, 24) | s + s) AS s RETURN split(s, ',')",
    "WITH reduce(s = 'x', i IN range(1, 28) | s + s) AS s RETURN size(toUpper(s) + toLower(s) + reverse(s))",
    "UNWIND range(1, 100000000) AS x RETURN size(collect(x))",
    "UNWIND range(1, 100000000) AS x RETURN size(collect(DISTINCT toString(x)))",
    "UNWIND range(1, 100000000) AS x RETURN count(DISTINCT x)",
    "UNWIND range(1, 100000000) AS x WITH x ORDER BY -x RETURN x",
    "UNWIND range(1, 10000000) AS x WITH collect({a: x, b: toString(x)}) AS l RETURN size(l)",
    "UNWIND range(1, 1000) AS r RETURN reduce(s = 'x', i IN range(1, 22) | s + s)",
    "UNWIND range(1, 1000) AS r RETURN collect(reduce(s = 'x', i IN range(1, 22) | s + toString(r) + s))",
    "RETURN reduce(m = {a: 1}, i IN range(1, 40) | {a: m, b: m})",
    "RETURN reduce(m = [], i IN range(1, 20000) | [m])",
    "RETURN reduce(m = [1], i IN range(1, 40) | [m, m])",
    "WITH reduce(s = 'x', i IN range(1, 20) | s + s) AS s RETURN [i IN range(1, 1000000) | s + i]",
    "WITH reduce(s = 'a', i IN range(1, 16) | s + s) AS s RETURN s =~ '(a+)+(a+)+b'",
    "MATCH (a), (b), (c), (d), (e) RETURN collect([a, b, c, d, e])",
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Of a user who has given `influence up`."""
    environment = Environment(home=tmp_path_factory.mktemp("supervised"))
    influence(environment, "up")
    yield environment
    assert "killed" not in influence(environment, "down")
    home = str(environment.folder)
    assert [each for each in psutil.process_iter(["cmdline"]) if home in " ".join(each.info["cmdline"] or ())] == []


def influence(environment: Environment, *arguments: str) -> str:
    """What the command says, given by that user."""
    settings = {
        "HOME": environment.folder,
        "NEO4J_HEAP": "512MiB",
        "NEO4J_PAGE_CACHE": "64MiB",
        "LEASE": LEASE,
        "API_PORT": os.environ["INFLUENCE_API_PORT"],
    }
    usual = {name: value for name, value in os.environ.items() if not name.startswith("INFLUENCE_")}
    given = usual | {f"INFLUENCE_{name}": str(value) for name, value in settings.items()} | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([COMMAND, *arguments], env=given, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture
def faults(environment, source, known, tmp_path, monkeypatch):
    graph, broker = environment.graph(), environment.broker()
    with jobs_at(graph, broker, tmp_path, monkeypatch) as jobs:
        yield Faults(**vars(jobs), source=source, known=known)


def local_servers(environment: Environment) -> tuple[LocalServer, LocalBroker]:
    graph, broker = servers_of(environment)
    assert isinstance(graph, LocalServer) and isinstance(broker, LocalBroker)
    return graph, broker


def found(environment: Environment) -> dict[str, Callable[[], psutil.Process | None]]:
    """What is to run, and what finds its process."""
    graph, broker = local_servers(environment)
    home = environment.folder
    return {
        "neo4j": graph.process,
        "broker": broker.process,
        "service": lambda: local_processes.find(home, "serve"),
        "sweeper": lambda: local_processes.find(home, "sweep"),
        "worker": lambda: local_processes.find(home, "worker"),
    }


def back(environment: Environment, who: str, restarts: int) -> bool:
    """Has it been restarted so often, and does it do its work?"""
    graph, broker = local_servers(environment)
    works = {
        "neo4j": graph.answers,
        "broker": broker.answers,
        "service": lambda: ready(environment),
        "sweeper": lambda: " starts" in environment.logs.joinpath("sweep.console").read_text(),
        "worker": lambda: " starts" in environment.logs.joinpath("worker.console").read_text(),
    }
    running = found(environment)[who]() is not None
    return running and supervisor.seen(environment)[who].restarts >= restarts and works[who]()


def ready(environment: Environment) -> bool:
    """Does the service answer, and can it work?"""
    port = local_processes.service_port(environment.folder)
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False


def under_a_job(faults: Faults, run: str | None, expected, chunks: int) -> str:
    """A run that is not at its end: the one that is given, else a new one."""
    if run is not None:
        if faults.progress(run).status in ("submitting", "queued", "running"):
            return run
        faults.check(run, expected)
        faults.store.delete(faults.store.find(NAME).id)
    return faults.given(sentences(2 * chunks))


CHUNKS = 12


def begun(faults: Faults, environment: Environment):
    """What is expected of a job, and workers for it."""
    expected = faults.undisturbed(sentences(2 * CHUNKS))
    influence(environment, "up", "--workers", "1")
    return expected


def test_all_are_killed_at_once_and_one_of_them_by_a_query(faults, environment):
    expected = begun(faults, environment)
    run = under_a_job(faults, None, expected, CHUNKS)
    until(lambda: faults.progress(run).completed.chunks)
    for who in ("service", "sweeper", "worker", "broker"):
        kill(found(environment)[who]())
    said, _ = answer(environment, DEADLY)
    assert said.startswith("the graph's server ended while it worked on this query")
    until(lambda: all(back(environment, who, 1) for who in found(environment)), PATIENCE)
    faults.check(run, expected)
    assert "OutOfMemoryError" in str(supervisor.seen(environment)["neo4j"].cause)
    status = influence(environment, "status")
    assert status.count("once, the last at") == 5 and "it ended (java.lang.OutOfMemoryError" in status


@pytest.mark.faults
@pytest.mark.parametrize("who", ["broker", "service", "sweeper", "worker", "neo4j"])
def test_each_is_killed_under_a_job(faults, environment, who, record_property):
    expected = begun(faults, environment)
    run, seconds = None, []
    for _ in range(20):
        run = under_a_job(faults, run, expected, CHUNKS)
        until(lambda run=run: not faults.lost(run))
        faults.pause(0, 1)
        before = supervisor.seen(environment)[who].restarts
        began = time.monotonic()
        kill(found(environment)[who]())
        until(lambda before=before: back(environment, who, before + 1), PATIENCE)
        seconds.append(round(time.monotonic() - began, 1))
    record_property("seconds to recovery", seconds)
    print(f"{who} was back after {seconds} s")
    assert run is not None
    faults.check(run, expected)


@pytest.mark.faults
def test_queries_that_take_the_server_down(faults, environment, record_property):
    expected = begun(faults, environment)
    run, told = None, []
    for text in QUERIES:
        recovery(environment)  # what an earlier query left behind may end the server after its answer
        run = under_a_job(faults, run, expected, CHUNKS)
        began = time.monotonic()
        said, ended = answer(environment, text)
        told.append((text, said, round(ended - began, 1), round(recovery(environment), 1)))
        print(*told[-1], sep=" | ")
    record_property("queries", told)
    assert run is not None
    faults.check(run, expected)


def answer(environment: Environment, text: str) -> tuple[str, float]:
    """What the author of a query is told, and when."""
    with Store.open(environment.graph()) as store:
        try:
            said = f"{len(ask(store, text, {}, seconds=10).rows)} rows"
        except (InvalidQuery, QueryLimitExceeded, RefusedQuery, ServerError) as error:
            said = str(error)
    return said, time.monotonic()


def recovery(environment: Environment) -> float:
    """Seconds until the server answers, and goes on to."""
    began = last = time.monotonic()
    graph, _ = local_servers(environment)
    steady = 0
    while steady < 4:
        assert time.monotonic() < began + PATIENCE
        if graph.process() is not None and graph.answers():
            steady += 1
        else:
            steady, last = 0, time.monotonic()
        time.sleep(0.5)
    return last - began
