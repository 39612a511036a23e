"""Jobs that are disturbed, and what the graph would hold of them had they not been."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import psutil
import pytest

from cypher.connection import open_driver
from cypher.ledger.jobs import RETRIES
from tests.faults.whole import Whole, differences, whole
from tests.random_models import random_bert
from tests.workers.jobs.conftest import PATIENCE, SETTINGS, Jobs, Process, jobs_at, sentences, until
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.jobs.chunk.lease_tokens import is_gone
from workers.jobs.chunk.model_cache import ModelCache
from workers.jobs.chunk.processing import WorkerContext, process_chunk
from workers.jobs.chunk.shutdown import Shutdown
from workers.limits import Limits

NAME = "faults"
QUICK = SETTINGS
"""Some hundredths of a second a sentence."""
MEDIUM = replace(SETTINGS, samples=1000)
"""Some tenths."""
SLOW = replace(SETTINGS, samples=10_000)
"""Some seconds."""

Given = tuple[tuple[Instance, ...], Settings, int]
"""Sentences, settings, and how many of the sentences a chunk has."""


def times(short: int, full: int) -> pytest.MarkDecorator:
    """How often a fault is injected: once or twice with every test, many times with `make test-faults`."""
    return pytest.mark.parametrize("times", [short, pytest.param(full, marks=pytest.mark.faults)])


def has_ended(process: psutil.Process) -> bool:
    """Also where nobody has asked yet how it ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@dataclass
class Faults(Jobs):
    """Jobs of one small model; a job of equal sentences in equal chunks has equal ids in every graph."""

    source: str = ""
    known: dict[Given, Whole] = field(default_factory=dict)
    dice: Random = field(default_factory=lambda: Random(7))

    def given(
        self,
        instances: list[Instance],
        settings: Settings = MEDIUM,
        chunk: int = 2,
        unchecked: Sequence[Instance] = (),
    ) -> str:
        """Submit a job."""
        return self.submit(NAME, instances, source=self.source, chunk=chunk, settings=settings, unchecked=unchecked)

    def wrapped(self, fault: str, *arguments: object, **environment: str) -> Process:
        """A command with a fault built in, as `wrapped.py` says."""
        command = sys.executable, str(Path(__file__).with_name("wrapped.py"))
        return self.start(fault, *arguments, command=command, **environment)

    def undisturbed(self, instances: list[Instance], settings: Settings = MEDIUM, chunk: int = 2) -> Whole:
        """What there is of a job that nothing disturbs: computed here, once. The graph is then as before."""
        key = tuple(instances), settings, chunk
        if key not in self.known:
            self.known[key] = self.finished(self.given(instances, settings, chunk))
            self.store.delete(self.store.find(NAME).id)
        return self.known[key]

    def finished(self, run: str) -> Whole:
        """Compute here what is left of a job."""
        context = WorkerContext("undisturbed", self.ledger, ModelCache("cpu"), Limits(), Shutdown(0), "cpu")
        while due := self.ledger.due(1000, run):
            assert [process_chunk(each.chunk, context).ending for each in due] == ["done"] * len(due)
        assert self.progress(run).status == "completed"
        return self.whole(run)

    def whole(self, run: str) -> Whole:
        with open_driver(self.environment.graph()) as driver:
            return whole(driver, run)

    def check(self, run: str, expected: Whole, status: str = "completed") -> None:
        """Wait for the run's end; nothing of it is missing, nothing there twice."""
        progress = self.wait(run, patience=600)
        assert progress.status == status, self.all_said()
        assert differences(self.whole(run), expected) == []
        assert "Traceback" not in self.all_said()

    def all_said(self) -> str:
        return "\n".join(process.said for process in self.processes)

    def claims(self, run: str) -> list[tuple[str, int]]:
        """Tokens and attempts of the chunks that are computed by living processes."""
        query = "MATCH (c:Chunk {run: $run, status: 'running'}) RETURN c.claim, c.attempts"
        return [
            (token, attempts) for token, attempts in self.store.query(query, {"run": run}).rows if not is_gone(token)
        ]

    def working(self, run: str) -> psutil.Process:
        """A process that computes, as soon as one does.

        One loss too many would be held against the chunk's sentences, so the last try of it is let be.
        """
        until(lambda: any(attempts <= RETRIES for _, attempts in self.claims(run)))
        for token, attempts in self.claims(run):
            if attempts <= RETRIES:
                return psutil.Process(int(token.rsplit(":", 3)[1]))
        return self.working(run)

    def anyone(self, run: str, worker: Process) -> psutil.Process:
        """Any process of a worker that is to compute, whatever it does: it may only begin, or have just ended.

        No chunk may have been lost twice by then, for the same reason.
        """
        until(lambda: worker.children() and not self.lost(run))
        return self.dice.choice(worker.children())

    def lost(self, run: str) -> bool:
        """Is there a chunk still to be computed that was lost?"""
        query = "MATCH (c:Chunk {run: $run}) WHERE c.status IN ['queued', 'running'] AND c.attempts > 1 RETURN c.id"
        return bool(self.store.query(query, {"run": run}).rows)

    def attempts(self, run: str) -> list[int]:
        """Of the completed chunks."""
        query = "MATCH (c:Chunk {run: $run, status: 'completed'}) RETURN c.attempts AS n ORDER BY n"
        return [n for (n,) in self.store.query(query, {"run": run}).rows]

    def pause(self, least: float, most: float) -> None:
        """A random while."""
        time.sleep(self.dice.uniform(least, most))


def kill(process: psutil.Process | None) -> None:
    """SIGKILL, and wait for its end."""
    assert process is not None
    process.kill()
    process.wait(PATIENCE)


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> str:
    """A small model's directory."""
    texts = [(*each.text.replace("***mask***", "").split(), each.correct, each.wrong) for each in sentences(500)]
    folder: Path = tmp_path_factory.mktemp("model")
    return str(random_bert(folder, words=sorted({word for text in texts for word in text if word})))


@pytest.fixture(scope="session")
def known() -> dict[Given, Whole]:
    """What there is of jobs that nothing disturbed, by what was given."""
    return {}


@pytest.fixture
def faults(neo4j_server, broker, source, known, tmp_path, monkeypatch) -> Iterator[Faults]:
    """With the servers of the other tests, which are not to be harmed."""
    with jobs_at(neo4j_server, broker, tmp_path, monkeypatch) as jobs:
        yield Faults(**vars(jobs), source=source, known=known)
