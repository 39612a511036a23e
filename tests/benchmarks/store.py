"""The graph's speed on a server of its own: writing, beside the plain way to write; the bulk load; what analyses wait.

1. A server is started and warmed by writing: Java compiles what it does often.
2. In turn: one writer, two writers, and a plain UNWIND of as many relationships whose ends are found by an index.
3. An analysis with the bundled model with and without the graph, in turn.
4. Files as a fresh database, what that takes on disk, and how long it takes to start with it again.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import service.bulk
from cypher.connection import Connection, open_driver
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import down, up
from cypher.servers.daemon import MEBIBYTE
from cypher.store.records import ChunkRecord
from cypher.store.store import Store
from tests.graph import local_server
from tests.service.made_up import SENTENCE, make_result
from workers.analysis.assemble import select_edges
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

LAYERS, HEADS, TARGET = 6, 8, 7
ROLES = ("cls", "det", "subject", "that", "det", "attractor", "verb", "target", "complement", "period", "sep")
CASES = ("SS", "SP", "PS", "PP")
GOAL = 60_000  # relationships/s, with one writer as with two
PATHS = 12  # different sets of paths: what sentences of one case have is much the same
PLAIN = """
UNWIND $rows AS row
MATCH (a:Plain {id: row.source})
MATCH (b:Plain {id: row.target})
CREATE (a)-[:PLAIN {component: row.component, influence: row.influence}]->(b)
"""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    instances: int = 960  # that a writer writes
    warm: float = 30.0  # seconds
    rounds: int = 3
    bulk: int = 7000  # instances
    sentences: int = 240


SMALL = Size(instances=32, warm=0.0, rounds=1, bulk=40, sentences=4)


@dataclass(frozen=True)
class Figure:
    """One number; `goal` is met at or above it, or, where less is better, at or below it."""

    what: str
    unit: str
    measured: float
    goal: float | None = None
    less_is_better: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.measured <= self.goal if self.less_is_better else self.measured >= self.goal


def results(count: int, name: str) -> Iterator[InstanceResult]:
    """Made-up results of the size of the reference sentence, with 200 edges each."""
    random = np.random.default_rng(0)
    length, settings = len(SENTENCE), Settings()
    for number in range(count):
        kept = select_edges(
            random.normal(size=(LAYERS, HEADS, length, length)), random.normal(size=(LAYERS, length)), TARGET, settings
        )
        result = make_result(name=f"{name}/{number}", layers=LAYERS, heads=HEADS, seed=number % PATHS)
        yield replace(result, case=CASES[number % len(CASES)], roles=ROLES, edges=kept)


def relationships(chunk: ChunkRecord) -> int:
    """Those of its instances; the few of its cases come on top."""
    return sum(
        3 + len(row.activations) + len(row.flows) + sum(1 + len(pattern.steps) for pattern in row.patterns)
        for row in chunk.instances
    )


def write(connection: Connection, name: str, count: int) -> tuple[int, float, float]:
    """Write a run: its relationships, and when it began and ended."""
    made = list(results(count, name))
    run = describe_run(made[0].model, made[0].settings, made[0].versions, name)
    chunks = list(in_chunks(run, made))
    with Store.open(connection, migrate=True) as store:
        store.begin(run, describe_model(made[0]))
        began = time.time()
        for chunk in chunks:
            store.write(chunk)
        return sum(map(relationships, chunks)), began, time.time()


def written(connection: Connection, name: str, writers: int, size: Size) -> float:
    """Relationships a second that processes write at once, each a run of its own."""
    with ProcessPoolExecutor(writers, mp_context=get_context("spawn")) as pool:
        names = [f"{name}-{number}" for number in range(writers)]
        done = list(pool.map(write, [connection] * writers, names, [size.instances] * writers))
    return sum(count for count, _, _ in done) / (max(end for *_, end in done) - min(begin for _, begin, _ in done))


def plain(connection: Connection, size: Size) -> float:
    """Relationships a second of the plain way, in transactions of as many as a chunk has."""
    nodes, each = 2000, 12_000
    random = np.random.default_rng(1)
    with open_driver(connection) as driver:
        driver.execute_query("CREATE CONSTRAINT plain IF NOT EXISTS FOR (n:Plain) REQUIRE n.id IS UNIQUE")
        driver.execute_query("UNWIND range(1, $nodes) AS id MERGE (:Plain {id: toString(id)})", nodes=nodes)
        ends = random.integers(1, nodes, size=(each, 2))
        rows = [
            {"source": str(a), "target": str(b), "component": int(a) % HEADS, "influence": float(a) / 7}
            for a, b in ends
        ]
        times = max(1, size.instances * 400 // each)
        began = time.monotonic()
        for _ in range(times):
            driver.execute_query(PLAIN, rows=rows)
        elapsed = time.monotonic() - began
        with driver.session() as session:
            session.run("MATCH (n:Plain) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 50 ROWS").consume()
    return times * each / elapsed


def bytes_on_disk(server: LocalServer) -> int:
    """Of the database's files, those of the indexes included; the server stops for it."""
    down(server)
    folder = server.home / "data" / "databases" / "neo4j"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def waiting(server: LocalServer, size: Size) -> tuple[float, float]:
    """The share of an analysis in which it stands still for the graph, and the share that it would be shorter without
    one, which also computes on its cores.
    """
    environment = os.environ | {"INFLUENCE_HOME": str(server.home.parent), "INFLUENCE_NEO4J_URI": ""}
    command = [sys.executable, "-c", "from service.cli.app import main; main()"]
    with tempfile.TemporaryDirectory() as folder:
        each = -(-size.sentences // 8)  # of the four cases of two tasks
        tasks = [[*command, "tasks", "generate", task, "-n", str(each)] for task in ("sva-obj", "ra-na")]
        sentences = Path(folder, "sentences.jsonl")
        lines = [subprocess.run(task, check=True, capture_output=True, text=True).stdout for task in tasks]
        sentences.write_text("".join("".join(lines).splitlines(keepends=True)[: size.sentences]))

        def summary(number: int, *options: str) -> dict[str, Any]:
            output = Path(folder, f"{number}{''.join(options)}.jsonl")
            arguments = ["analyze", str(sentences), "--output", str(output), "--json", *options]
            done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True, env=environment)
            return json.loads(done.stdout)

        still, longer = [], []
        for number in range(size.rounds):
            without, with_it = summary(number), summary(number, "--store")
            still.append(with_it["waited"] / with_it["seconds"])
            longer.append(1 - without["seconds"] / with_it["seconds"])
        return statistics.median(still), statistics.median(longer)


def bulk(server: LocalServer, size: Size) -> tuple[float, float]:
    """Relationships a second from two files to a graph that answers, and of the importer alone."""
    importing: list[float] = []
    build = service.bulk.build

    def timed(*arguments, **options):
        began = time.monotonic()
        new = build(*arguments, **options)
        importing.append(time.monotonic() - began)
        return new

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{name}.jsonl") for name in "ab"]
        for path in paths:
            with path.open("w") as file:
                file.writelines(f"{result.to_json()}\n" for result in results(size.bulk // 2, path.stem))
        with patch.object(service.bulk, "build", timed):
            began = time.monotonic()
            service.bulk.load_all(server, paths, lambda: None)
            elapsed = time.monotonic() - began
    with open_driver(server.connection()) as driver:
        count = driver.execute_query("MATCH ()-[r]->() RETURN count(r) AS n").records[0]["n"]
    return count / elapsed, count / importing[0]


@contextmanager
def benchmark_server() -> Iterator[LocalServer]:
    """One of its own, with the memory that servers have by default."""
    with tempfile.TemporaryDirectory() as folder:
        server = local_server(Path(folder, "neo4j"), heap=1024 * MEBIBYTE, page_cache=256 * MEBIBYTE)
        up(server)
        try:
            yield server
        finally:
            down(server)


def measure(size: Size) -> list[Figure]:
    """All of it."""
    with benchmark_server() as server:
        connection = server.connection()
        began = time.monotonic()
        while time.monotonic() - began < size.warm:
            written(connection, f"warm-{time.monotonic()}", 2, replace(size, instances=320))
        speeds: dict[str, list[float]] = {"one": [], "two": [], "plain": []}
        for number in range(size.rounds):
            speeds["one"].append(written(connection, f"one-{number}", 1, size))
            speeds["two"].append(written(connection, f"two-{number}", 2, size))
            speeds["plain"].append(plain(connection, size))
        one, two, peer = (statistics.median(each) for each in speeds.values())
        still, longer = waiting(server, size)
        through, importer = bulk(server, size)
        on_disk = bytes_on_disk(server) / size.bulk
        began = time.monotonic()
        up(server)
        again = time.monotonic() - began
    unit = "relationships/s"
    return [
        Figure("store, 1 writer", unit, one, GOAL),
        Figure("store, 2 writers", unit, two, GOAL),
        Figure("plain UNWIND and CREATE, 1 writer", unit, peer),
        Figure("bulk, from files to a graph that answers", unit, through, 150_000),
        Figure("bulk, the importer alone", unit, importer),
        Figure("analysis, standing still for the graph", "of its time", still, 0.15, less_is_better=True),
        Figure("analysis, longer for the graph", "of its time", longer, 0.15, less_is_better=True),
        Figure("on disk", "bytes/instance", on_disk),
        Figure("start again", "s", again, 15, less_is_better=True),
    ]
