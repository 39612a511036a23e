"""A graph and a broker of a benchmark's own, that it may harm."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.daemon import MEBIBYTE
from tests.graph import local_server
from tests.random_models import random_bert
from tests.workers.jobs.conftest import Jobs, jobs_at, sentences
from workers.analysis.settings import Settings
from workers.broker import server as brokers
from workers.broker.local import LocalBroker
from workers.limits import Limits

LOOK = 0.02  # seconds between looks at a run
LEASE = Limits().lease
DEMO = Settings()
CHUNK = 16  # sentences of the demo


@dataclass(frozen=True)
class Servers:
    """A graph and a broker, each at one port for ever, and jobs of theirs."""

    graph: LocalServer
    broker: LocalBroker
    jobs: Jobs
    small: str  # a model that computes next to nothing


@contextmanager
def servers() -> Iterator[Servers]:
    """With the memory and the lease that they have by default."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.delenv("JDK_JAVA_OPTIONS", raising=False)
        graph = local_server(Path(folder, "neo4j"), heap=1024 * MEBIBYTE, page_cache=256 * MEBIBYTE)
        broker = LocalBroker(Path(folder, "broker"))
        words = {word for each in sentences(400) for word in (*each.text.split(), each.correct, each.wrong) if word}
        small = random_bert(Path(folder, "small"), words=sorted(words), layers=1, heads=1, width=8)
        up(graph)
        brokers.up(broker)
        graph, broker = replace(graph, port=graph.last_port()), replace(broker, port=broker.last_port())
        try:
            with jobs_at(graph.connection(), broker.connection(), Path(folder), patch) as jobs:
                patch.setenv("INFLUENCE_LEASE", f"{LEASE:g}")  # of all that is started
                yield Servers(graph, broker, jobs, str(small))
        finally:
            brokers.down(broker, timeout=10)
            down(graph)


def until_done(jobs: Jobs, run: str, chunks: int) -> float:
    """Seconds until so many of a run's chunks are completed."""
    began = time.monotonic()
    while jobs.progress(run).completed.chunks < chunks:
        time.sleep(LOOK)
    return time.monotonic() - began


def drained(jobs: Jobs, run: str) -> tuple[float, float, int]:
    """Seconds that a run takes, those of its chunks' own work, and how many chunks it has."""
    chunks = jobs.progress(run).queued.chunks
    jobs.fill(run)
    elapsed = until_done(jobs, run, chunks)
    return elapsed, jobs.progress(run).seconds, chunks
