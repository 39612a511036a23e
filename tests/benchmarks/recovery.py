"""From each fault of tests/faults until the chunk that it hit is completed, with the lease that there is by default.

Time runs from the fault, or from its end where somebody has to end it. Of the cases there, many submitters, many
writers and a clock that is off leave nothing to recover from.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cypher.ledger.jobs import DueChunk
from cypher.neo4j_server.server import up
from tests.benchmarks.servers import CHUNK, DEMO, LEASE, LOOK, Servers
from tests.benchmarks.store import Figure
from tests.workers.jobs.conftest import Jobs, Process, sentences
from workers.broker import server as brokers
from workers.datasets import write_instances

SOON = 15.0
"""Seconds beyond the lease that recovery may take: three processes start in it, if need be."""
WRAPPED = (sys.executable, str(Path(__file__).parents[1] / "faults" / "wrapped.py"))


@dataclass
class Scene:
    """Servers, two sweepers and a worker, as they are now."""

    at: Servers
    away: float  # seconds that a server stands still
    sweepers: list[Process] = field(default_factory=list)
    worker: Process = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.sweepers = [self.jobs.sweeper(), self.jobs.sweeper()]
        self.worker = self.next_worker()

    @property
    def jobs(self) -> Jobs:
        return self.at.jobs

    def next_worker(self) -> Process:
        self.count += 1
        return self.jobs.worker("--name", f"worker-{self.count}")

    def begun(self, name: str) -> tuple[str, str]:
        """A run, and the chunk of it that is computed now."""
        run = self.jobs.submit(name, sentences(10 * CHUNK), chunk=CHUNK, settings=DEMO)
        query = "MATCH (c:Chunk {run: $run, status: 'running'}) RETURN c.id"
        while not (rows := self.jobs.store.query(query, {"run": run}).rows):
            time.sleep(LOOK)
        return run, rows[0][0]

    def until_completed(self, chunk: str) -> None:
        query = "MATCH (c:Chunk {id: $chunk}) RETURN c.status"
        while self.jobs.store.query(query, {"chunk": chunk}).rows != [("completed",)]:
            time.sleep(LOOK)


Fault = Callable[[Scene, str, str], object]
"""What is done in a scene to a run of which a chunk is computed."""


def nothing(scene: Scene, run: str, chunk: str) -> None:
    pass


def child_killed(scene: Scene, run: str, chunk: str) -> None:
    (child,) = scene.worker.children()
    child.kill()


def worker_killed(scene: Scene, run: str, chunk: str) -> None:
    scene.worker.popen.kill()
    scene.worker.popen.wait()
    scene.worker = scene.next_worker()


def worker_told_to_stop(scene: Scene, run: str, chunk: str) -> None:
    """It finishes its chunk within its grace; the last fault, since nobody follows it."""
    scene.worker.popen.terminate()


def redelivered(scene: Scene, run: str, chunk: str) -> None:
    scene.jobs.queues.send([DueChunk(run, chunk, "any", 9)])


def broker_killed(scene: Scene, run: str, chunk: str) -> None:
    kill(scene.at.broker.process())
    brokers.up(scene.at.broker)


def broker_flushed(scene: Scene, run: str, chunk: str) -> None:
    with scene.at.broker.connection().open() as client:
        client.flushall()
    child_killed(scene, run, chunk)


def graph_killed(scene: Scene, run: str, chunk: str) -> None:
    kill(scene.at.graph.process())
    up(scene.at.graph)


def graph_stood_still(scene: Scene, run: str, chunk: str) -> None:
    process = scene.at.graph.process()
    assert process is not None
    process.suspend()
    time.sleep(scene.away)
    process.resume()


def cancelled_and_resumed(scene: Scene, run: str, chunk: str) -> None:
    assert scene.jobs.ledger.cancel(run)
    scene.jobs.ledger.resume(run)


def sweeper_killed(scene: Scene, run: str, chunk: str) -> None:
    """The one that is left has to find the chunk of a process that was killed."""
    scene.sweepers.pop().popen.kill()
    broker_flushed(scene, run, chunk)


FAULTS: dict[str, Fault] = {
    "nothing is wrong": nothing,
    "a process that computes was killed": child_killed,
    "a worker was killed, and another started": worker_killed,
    "its message came a second time": redelivered,
    "the broker was killed, and started": broker_killed,
    "the broker was flushed, and the process killed": broker_flushed,
    "Neo4j was killed, and started": graph_killed,
    "Neo4j stood still": graph_stood_still,
    "the run was cancelled, and resumed": cancelled_and_resumed,
    "a sweeper of two was killed, the process too": sweeper_killed,
    "the worker was told to stop": worker_told_to_stop,
}


def recovery(at: Servers, away: float) -> list[Figure]:
    """Seconds from each fault.

    Args:
        away: seconds that a server stands still.
    """
    scene = Scene(at, away)
    figures = []
    for number, (name, fault) in enumerate(FAULTS.items()):
        run, chunk = scene.begun(f"recovery {number}")
        fault(scene, run, chunk)
        began = time.monotonic()
        scene.until_completed(chunk)
        figures.append(figure(f"the chunk is done, after {name}", time.monotonic() - began))
        at.jobs.ledger.cancel(run)
    figures += [machine(scene), submitter(scene), poison(scene)]
    for process in at.jobs.processes:
        process.stop()
    return figures


def figure(name: str, seconds: float) -> Figure:
    return Figure(f"{name} (lease {LEASE:g} s)", "s", seconds, LEASE + SOON, less_is_better=True)


def machine(scene: Scene) -> Figure:
    """A worker's machine is lost: only the end of its lease tells."""
    scene.worker.stop()
    run = scene.jobs.submit("lost", sentences(CHUNK), chunk=CHUNK, settings=DEMO)
    (due,) = scene.jobs.ledger.due(1, run)
    assert scene.jobs.ledger.claim(due.chunk, "elsewhere:1:1.0:none", "elsewhere", LEASE)
    began = time.monotonic()
    scene.worker = scene.next_worker()
    scene.until_completed(due.chunk)
    return figure("the chunk is done, after a machine was lost", time.monotonic() - began)


def submitter(scene: Scene) -> Figure:
    """Killed before all was said, and given again: until its first chunk is done."""
    path = scene.jobs.folder / "again.jsonl"
    write_instances(path, sentences(CHUNK))
    command = ("submit", path, "--name", "again", "--idempotency-key", "again")
    killed = scene.jobs.start("dies=cypher.ledger.ledger:Ledger.submitted", *command, command=WRAPPED)
    killed.popen.wait()
    began = time.monotonic()
    assert scene.jobs.start(*command).popen.wait() == 0
    scene.jobs.wait(scene.jobs.store.find("again").id)
    return figure("the run is done, after its submitter was killed and given again", time.monotonic() - began)


def poison(scene: Scene) -> Figure:
    """A sentence under which every process dies, among others: until it alone has failed."""
    scene.worker.stop()
    given = sentences(4)
    scene.worker = scene.jobs.start(f"poison={given[-1].id}", "worker", "--device", "cpu", command=WRAPPED)
    scene.worker.wait_for("ready")
    began = time.monotonic()
    run = scene.jobs.submit("poison", given, chunk=4, settings=DEMO)
    assert scene.jobs.wait(run, patience=600).status == "partial"
    return Figure("one of 4 sentences kills every process: it alone has failed", "s", time.monotonic() - began)


def kill(process: psutil.Process | None) -> None:
    assert process is not None
    process.kill()
    process.wait()
