"""The queue's speed on servers of its own, that it may harm; print a table, write JSON.

1. Chunks with next to nothing in them, beside those of the demo: what is left of a chunk's time when its own work is
   taken away is the queue's.
2. The demo's sentences with one worker and with two, and the time from `influence submit` to the first result.
3. From each fault until the chunk that it hit is done, beside a chunk without a fault.
4. Very many chunks that wait: what a sweeper's turn and a claim take, how long an urgent job waits, and what the
   broker holds; and how much more that is than where few wait.

Goals are reported, met or not; they never fail a run.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.recovery import recovery
from tests.benchmarks.servers import CHUNK, DEMO, LEASE, LOOK, Servers, drained, servers, until_done
from tests.benchmarks.store import Figure
from tests.workers.jobs.conftest import Jobs, sentences
from workers.analysis.settings import Settings
from workers.datasets import write_instances
from workers.jobs.messages.sweeper import sweep_once

EMPTY = Settings(samples=2, edges="none")
TWICE = 1.6  # as fast, with a second worker
FLAT = 2.0  # of the longest queue, over the shortest


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    empty: int = 400  # chunks
    sentences: int = 240
    waiting: tuple[int, ...] = (1_000, 10_000, 100_000)  # chunks in the ledger
    rounds: int = 20
    away: float = 40.0  # seconds that a server stands still


SMALL = Size(empty=8, sentences=32, waiting=(10, 20), rounds=1, away=2.0)


def overhead(at: Servers, size: Size) -> list[Figure]:
    """What the queue takes of a chunk's time, and what a second worker gains."""
    jobs = at.jobs

    def demo(name: str) -> tuple[float, float, int]:
        return drained(jobs, jobs.submit(name, sentences(size.sentences), chunk=CHUNK, settings=DEMO))

    def empty(name: str) -> tuple[float, float, int]:
        given = sentences(size.empty)
        return drained(jobs, jobs.submit(name, given, source=at.small, chunk=1, settings=EMPTY))

    worker = jobs.worker()
    demo("warm 1")
    empty("warm empty 1")
    alone, own, chunks = demo("one worker")
    elapsed, little, count = empty("empty")
    worker.stop()
    two = [jobs.worker("--name", name) for name in ("first", "second")]
    demo("warm 2")
    empty("warm empty 2")
    together, *_ = demo("two workers")
    twice, *_ = empty("empty, two workers")
    for worker in two:
        worker.stop()
    queue = (elapsed - little) / count
    return [
        Figure("chunks of next to nothing, 1 worker", "chunks/s", count / elapsed),
        Figure("chunks of next to nothing, 2 workers", "chunks/s", count / twice),
        Figure("a chunk of the demo, its own work", "s", own / chunks),
        Figure("queue, of a demo chunk's own time", "", queue / (own / chunks), 0.05, less_is_better=True),
        Figure("the demo's sentences, 1 worker", "sentences/s", size.sentences / alone),
        Figure("the demo's sentences, 2 workers", "sentences/s", size.sentences / together),
        Figure("2 workers over 1", "", alone / together, TWICE),
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
    """A ledger of very many chunks of one sentence each, that nobody computes; then one worker does."""
    jobs, figures = at.jobs, list[Figure]()
    measured: dict[str, list[float]] = {}
    one = sentences(1)[0]
    for chunks in size.waiting:
        given = [replace(one, id=f"{number}") for number in range(chunks)]
        run = jobs.submit(f"{chunks}", given, source=at.small, chunk=1, settings=EMPTY)
        sweep_once(jobs.ledger, jobs.queues)
        with at.broker.connection().open() as client:
            held = client.info("memory")["used_memory"]
        actions = {
            "a sweeper's turn": lambda: sweep_once(jobs.ledger, jobs.queues),
            "claim and give back": lambda: claim_and_release(jobs),
            "progress": lambda run=run: jobs.progress(run),
        }
        found = {name: median(size.rounds, action) for name, action in actions.items()}
        found["from submit to claim"] = urgent(at, size, run)
        figures += [Figure(f"{chunks} chunks wait: {name}", "s", seconds) for name, seconds in found.items()]
        figures.append(Figure(f"{chunks} chunks wait: the broker holds", "MB", held / 1e6))
        for name, value in (found | {"the broker holds": held}).items():
            measured.setdefault(name, []).append(value)
        jobs.ledger.cancel(run)
        with at.broker.connection().open() as client:
            client.flushall()
    least, most = size.waiting[0], size.waiting[-1]
    for name, values in measured.items():
        goal = None if name == "progress" else FLAT  # which counts them
        figures.append(
            Figure(f"{most} chunks over {least}: {name}", "", values[-1] / values[0], goal, less_is_better=True)
        )
    return figures


def urgent(at: Servers, size: Size, run: str) -> float:
    """Seconds from the entry of a job that is taken first to its claim, while a worker computes a long queue."""
    jobs, sweeper, worker = at.jobs, at.jobs.sweeper(), at.jobs.worker()
    until_done(jobs, run, 1)
    took = []
    for number in range(min(size.rounds, 5)):
        name = f"urgent {run[:6]} {number}"
        began = time.perf_counter()
        first = jobs.submit(name, sentences(1), source=at.small, chunk=1, settings=EMPTY, priority=9)
        jobs.fill(first)
        while jobs.progress(first).queued.chunks:
            time.sleep(LOOK)
        took.append(time.perf_counter() - began)
    worker.stop()
    sweeper.stop()
    return statistics.median(took)


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
            figures += recovery(at, size.away)
        with console.status("a long queue …"):
            figures += long_queue(at, size)
    console.print(report.figures("The queue", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"load": load, "jobs": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
