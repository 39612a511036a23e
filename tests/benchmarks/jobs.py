"""The queue's speed on servers of its own, that it may harm; print a table, write JSON.

1. Chunks with next to nothing in them, beside those of the demo: what is left of a chunk's time when its own work is
   taken away is the queue's.
2. The demo's sentences with one process and with two, and the time from `influence submit` to the first result.
3. Very many chunks that wait: what a sweeper's turn and a claim take, and what the broker holds.
4. From a fault until some more chunks are done, beside as many without a fault.

Goals are reported, met or not; they never fail a run.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import psutil
import pytest
import typer
from rich.console import Console

from cypher.daemon import MEBIBYTE
from cypher.local import LocalServer
from cypher.server import down, up
from tests.benchmarks import report
from tests.benchmarks.store import Figure
from tests.graph import local_server
from tests.random_models import random_bert
from tests.workers.jobs.conftest import Jobs, jobs_at, sentences, until
from workers.broker import server as brokers
from workers.broker.local import LocalBroker
from workers.datasets import write_instances
from workers.jobs.sweeper import turn
from workers.settings import Settings

CHUNK = 16  # sentences of the demo
DEMO = Settings()
EMPTY = Settings(samples=2, edges="none")
LOOK = 0.02  # seconds between looks at a run
LEASE = 30.0
AFTER = 3  # chunks that are done after a fault


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    empty: int = 400  # chunks
    sentences: int = 240
    waiting: tuple[int, ...] = (1_000, 10_000, 100_000)  # chunks in the ledger
    rounds: int = 20


SMALL = Size(empty=8, sentences=32, waiting=(10, 20), rounds=1)


@dataclass(frozen=True)
class Servers:
    """A graph and a broker, each at one port for ever, and jobs of theirs."""

    graph: LocalServer
    broker: LocalBroker
    jobs: Jobs
    small: str  # a model that computes next to nothing


@contextmanager
def servers() -> Iterator[Servers]:
    """With the memory that they have by default."""
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
                yield Servers(graph, broker, jobs, str(small))
        finally:
            brokers.down(broker, patience=10)
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


def overhead(at: Servers, size: Size) -> list[Figure]:
    """What the queue takes of a chunk's time, and what a second process gains."""
    jobs = at.jobs

    def demo(name: str) -> tuple[float, float, int]:
        return drained(jobs, jobs.submit(name, sentences(size.sentences), chunk=CHUNK, settings=DEMO))

    def empty(name: str) -> tuple[float, float, int]:
        given = sentences(size.empty)
        return drained(jobs, jobs.submit(name, given, source=at.small, chunk=1, settings=EMPTY))

    worker = jobs.worker()
    demo("warm 1")
    empty("warm empty 1")
    alone, own, chunks = demo("one process")
    elapsed, little, count = empty("empty")
    worker.stop()
    worker = jobs.worker("--concurrency", 2)
    demo("warm 2")
    empty("warm empty 2")
    together, *_ = demo("two processes")
    twice, *_ = empty("empty, two processes")
    worker.stop()
    queue = (elapsed - little) / count
    return [
        Figure("chunks of next to nothing, 1 process", "chunks/s", count / elapsed),
        Figure("chunks of next to nothing, 2 processes", "chunks/s", count / twice),
        Figure("a chunk of the demo, its own work", "s", own / chunks),
        Figure("queue, of a demo chunk's own time", "", queue / (own / chunks), 0.05, less_is_better=True),
        Figure("the demo's sentences, 1 process", "sentences/s", size.sentences / alone),
        Figure("the demo's sentences, 2 processes", "sentences/s", size.sentences / together),
        Figure("2 processes over 1", "", alone / together),
    ]


def first_result(at: Servers, size: Size) -> Figure:
    """From the command to the first chunk in the graph, with a worker that has computed before."""
    jobs = at.jobs
    worker = jobs.worker()
    drained(jobs, jobs.submit("warm 3", sentences(CHUNK), chunk=CHUNK, settings=DEMO))
    path = jobs.folder / "sentences.jsonl"
    write_instances(path, sentences(size.sentences))
    began = time.monotonic()
    command = jobs.start("submit", path, "--name", "first")
    while (found := [run for run in jobs.store.runs() if run.name == "first"]) == [] or found[0].chunks == 0:
        time.sleep(LOOK)
    elapsed = time.monotonic() - began
    command.popen.wait()
    jobs.ledger.cancel(found[0].id)
    worker.stop()
    return Figure("from submit to the first result", "s", elapsed)


def long_queue(at: Servers, size: Size) -> list[Figure]:
    """A ledger of very many chunks of one sentence each, that nobody computes."""
    jobs, figures = at.jobs, list[Figure]()
    one = sentences(1)[0]
    for chunks in size.waiting:
        given = [replace(one, id=f"{number}") for number in range(chunks)]
        run = jobs.submit(f"{chunks}", given, source=at.small, chunk=1, settings=EMPTY)
        turn(jobs.ledger, jobs.queues)
        with at.broker.connection().open() as client:
            held = client.info("memory")["used_memory"]
        actions = {
            "a sweeper's turn": lambda: turn(jobs.ledger, jobs.queues),
            "claim and give back": lambda: claim_and_release(jobs),
            "progress": lambda run=run: jobs.progress(run),
        }
        for name, action in actions.items():
            figures.append(Figure(f"{chunks} chunks wait: {name}", "s", median(size.rounds, action)))
        figures.append(Figure(f"{chunks} chunks wait: the broker holds", "MB", held / 1e6))
        jobs.ledger.cancel(run)
        with at.broker.connection().open() as client:
            client.flushall()
    return figures


def claim_and_release(jobs: Jobs) -> None:
    (due,) = jobs.ledger.due(1)
    assert jobs.ledger.claim(due.chunk, "benchmark", "benchmark", LEASE)
    jobs.ledger.release(due.chunk, "benchmark")


def median(rounds: int, function: Callable[[], object]) -> float:
    """Seconds of a call."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def recovery(at: Servers) -> list[Figure]:
    """Seconds until some more chunks are done, from a fault or from its end, where somebody has to end it."""
    jobs = at.jobs
    sweeper, worker = jobs.sweeper(), jobs.worker("--name", "first")

    def after(name: str, fault: Callable[[], object]) -> float:
        run = jobs.submit(name, sentences(80), chunk=2, settings=DEMO)
        until(lambda: jobs.progress(run).completed.chunks)
        fault()
        elapsed = until_done(jobs, run, jobs.progress(run).completed.chunks + AFTER)
        jobs.ledger.cancel(run)
        return elapsed

    def again(kill: psutil.Process | None, start: Callable[[], object]) -> None:
        assert kill is not None
        kill.kill()
        kill.wait()
        start()

    def flush() -> None:
        with at.broker.connection().open() as client:
            client.flushall()

    def lose_worker() -> None:
        worker.popen.kill()
        worker.popen.wait()
        jobs.worker("--name", "second")

    faults = {
        "nothing is wrong": lambda: None,
        "the broker was flushed": flush,
        "the broker was killed, and started": lambda: again(at.broker.process(), lambda: brokers.up(at.broker)),
        "Neo4j was killed, and started": lambda: again(at.graph.process(), lambda: up(at.graph)),
        "a process that computes was killed": lambda: worker.children()[0].kill(),
        "a worker was killed, and another started": lose_worker,
    }
    figures = [Figure(f"{AFTER} chunks, when {name}", "s", after(name, fault)) for name, fault in faults.items()]
    for process in jobs.processes:
        process.stop()
    assert sweeper.popen.returncode == 0
    return figures


def main(
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes: does everything run?")] = False,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench-jobs.json"),
) -> None:
    """Speed of the queue: its cost, its workers, a long one, and faults."""
    console = Console()
    load = os.getloadavg()[0]
    if load > 1:
        console.print(f"[yellow]This machine is busy (load {load:.1f}): expect noise.")
    size = SMALL if quick else Size()
    figures: list[Figure] = []
    with servers() as at:
        with console.status("chunks …"):
            figures += [*overhead(at, size), first_result(at, size)]
        with console.status("faults …"):
            figures += recovery(at)
        with console.status("a long queue …"):
            figures += long_queue(at, size)
    console.print(report.figures("The queue", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"load": load, "jobs": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
