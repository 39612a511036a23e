"""Real processes: a graph, a broker of each module's own, workers and sweepers as a user starts them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import psutil
import pytest

from cypher.connection import Connection
from cypher.ledger.jobs import JobProgress
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store
from service.operations.jobs import enter
from service.operations.submission import plan_job
from workers.analysis.assemble import VERSIONS
from workers.analysis.settings import Settings
from workers.broker.connection import Broker
from workers.datasets import generate
from workers.datasets.instance import Instance
from workers.environment import Environment, read_environment
from workers.jobs.inputs import to_input
from workers.jobs.messages.app import make_app
from workers.jobs.messages.queues import Queues
from workers.models import load_model

COMMAND = str(Path(sys.executable).with_name("influence"))
PATIENCE = 180.0
LEASE = 6  # seconds
SETTINGS = Settings(samples=8, edges="top:20")


def _is_of_pool(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # by now, or all but its number is gone
        return False


@dataclass
class Process:
    """A command that runs, with what it has said."""

    popen: subprocess.Popen[bytes]
    output: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.said or self.popen.poll() is not None)
        assert words in self.said, self.said

    def children(self) -> list[psutil.Process]:
        """The pool's processes, the oldest first."""
        return sorted(filter(_is_of_pool, psutil.Process(self.pid).children()), key=lambda child: child.pid)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        return self.popen.wait(PATIENCE)


def until(true: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for it."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@dataclass
class Jobs:
    """A graph, a broker, and the processes that a test starts."""

    environment: Environment
    store: Store
    ledger: Ledger
    queues: Queues
    folder: Path
    processes: list[Process] = field(default_factory=list)

    def start(self, *arguments: object, command: Sequence[str] = (COMMAND,), **environment: str) -> Process:
        output = self.folder / f"process-{len(self.processes)}.log"
        with output.open("wb") as file:
            popen = subprocess.Popen(
                [*command, *map(str, arguments)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
            )
        self.processes.append(Process(popen, output))
        return self.processes[-1]

    def worker(self, *arguments: object, **environment: str) -> Process:
        """A worker that has begun to listen."""
        process = self.start("worker", "--device", "cpu", *arguments, **environment)
        process.wait_for("ready")
        return process

    def sweeper(self) -> Process:
        return self.start("sweep")

    def submit(
        self,
        name: str,
        instances: Sequence[Instance],
        *,
        source: str = "bundled",
        question: str | None = None,
        chunk: int = 4,
        settings: Settings = SETTINGS,
        versions: dict[str, str] = VERSIONS,
        fingerprint: str | None = None,
        priority: int = 5,
        unchecked: Sequence[Instance] = (),
    ) -> str:
        """Submit a job in chunks of that size, without telling the workers. Returns the run's id.

        Equal submissions have equal ids in every graph.

        Args:
            versions: of the packages of whoever submits it.
            fingerprint: that its results are to have; None: the model's own.
            unchecked: what takes the place of the instances of the same ids, though a submission would refuse it.
        """
        inputs = {each.id: to_input(each) for each in unchecked}
        with plan_job(
            load(source).with_question(question),
            source,
            instances,
            settings,
            stem=name,
            name=name,
            idempotency_key=f"{name} {settings}",
            priority=priority,
            most=chunk,
        ) as planned:
            job, chunks = planned.job, sorted(planned, key=lambda chunk: chunk.index)
        planned = [
            replace(
                each,
                instances=tuple(replace(one, input=inputs.get(one.name, one.input)) for one in each.instances),
            )
            for each in chunks
        ]
        model = fingerprint or job.run.model
        run = replace(job.run, model=model, versions=json.dumps(versions))
        enter(self.ledger, replace(job, run=run, model=replace(job.model, fingerprint=model)), planned)
        return run.id

    def fill(self, run: str) -> None:
        self.queues.fill(self.ledger, run)

    def progress(self, run: str) -> JobProgress:
        return self.ledger.progress(run)

    def wait(self, run: str, *statuses: str, patience: float = PATIENCE) -> JobProgress:
        """Until the run has ended."""
        wanted = statuses or ("completed", "partial", "failed", "cancelled")
        until(lambda: self.progress(run).status in wanted, patience)
        return self.progress(run)


def free_port() -> int:
    """Of this machine, at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


load = cache(partial(load_model, device="cpu"))


def sentences(count: int) -> list[Instance]:
    """Of one case of the bundled model's."""
    found = generate("sva-obj", "SP", count)
    return [replace(each, id=f"{number:03}") for number, each in enumerate(found)]


@contextmanager
def jobs_at(graph: Connection, broker: Broker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """Jobs of these servers, which the environment names."""
    values = {
        "HOME": folder / "home",
        "NEO4J_URI": graph.uri,
        "NEO4J_USER": graph.user,
        "NEO4J_PASSWORD": graph.password,
        "REDIS_URL": broker.url,
        "REDIS_PASSWORD": broker.password,
        "LEASE": LEASE,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"INFLUENCE_{name}", str(value))
    environment = read_environment()
    limits = environment.limits()
    with Store.open(environment.graph(), migrate=True) as store:
        app = make_app(environment.broker().celery_url(), limits)
        found = Jobs(environment, store, Ledger(store), Queues(app, limits.lease), folder)
        try:
            yield found
        finally:
            for process in found.processes:
                if process.popen.poll() is None:
                    process.popen.kill()
                    process.popen.wait()
            for run in store.runs():
                if run.source is not None:
                    store.delete(run.id)
            with broker.open() as client:
                client.flushall()


@pytest.fixture
def jobs(neo4j_server, broker, tmp_path, monkeypatch) -> Iterator[Jobs]:
    """Jobs of this process's Neo4j and broker."""
    with jobs_at(neo4j_server, broker, tmp_path, monkeypatch) as jobs:
        yield jobs
