"""Jobs of made-up results: what a submitter plans of them, and what a worker gives back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from neo4j import Driver

from cypher.ledger.jobs import ClaimedChunk, Job, PlannedChunk, PlannedInstance
from cypher.ledger.ledger import Ledger
from cypher.store.records import chunk_id, instance_id
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.records.chunks import planned_chunk
from workers.records.to_graph import describe_model, describe_run

LEASE = 60.0


@dataclass(frozen=True)
class Planned:
    """A job, with its chunks and the results that they will have."""

    job: Job
    chunks: tuple[PlannedChunk, ...]
    results: dict[str, InstanceResult]  # by name

    @property
    def run(self) -> str:
        return self.job.run.id

    def computed(self, claimed: ClaimedChunk):
        """The chunk that a worker makes of what it claimed."""
        return planned_chunk(claimed, [self.results[instance.name] for instance in claimed.instances])


def plan(count: int, *, size: int = 4, seed: int = 0, name: str | None = None, priority: int = 5) -> Planned:
    """A job of that many sentences, every other one in the same half of its chunks, as lengths scatter them."""
    results = some_results(count, seed=seed)
    first = results[0]
    run = describe_run(first.model, first.settings, first.versions, name or f"job-{uuid4().hex}")
    scattered = [*range(0, count, 2), *range(1, count, 2)]
    chunks = [
        _chunk(run.id, index, [(place, results[place]) for place in scattered[start : start + size]])
        for index, start in enumerate(range(0, count, size))
    ]
    request = f"{count} {size} {seed} {priority}"
    job = Job(run, describe_model(first), "bundled", "float32", "any", priority, request, count)
    return Planned(job, tuple(chunks), {result.id: result for result in results})


def _chunk(run: str, index: int, sentences: Sequence[tuple[int, InstanceResult]]) -> PlannedChunk:
    instances = tuple(
        PlannedInstance(instance_id(run, one.id), one.id, place, one.text, json.dumps({"id": one.id, "text": one.text}))
        for place, one in sentences
    )
    return PlannedChunk(chunk_id(run, [instance.id for instance in instances]), index, 9, instances)


def submit(ledger: Ledger, planned: Planned) -> Planned:
    """Submit a job, to the end."""
    assert ledger.submit(planned.job)
    ledger.add(planned.run, planned.chunks)
    ledger.submitted(planned.run)
    return planned


def take(ledger: Ledger, chunk: str, token: str = "mine") -> ClaimedChunk:
    """Claim a chunk that is to be had."""
    claimed = ledger.claim(chunk, token, "worker", LEASE)
    assert claimed is not None
    return claimed


def finish(ledger: Ledger, planned: Planned, *chunks: str) -> None:
    """Compute and store chunks: those given, else all that are due."""
    for chunk in chunks or [due.chunk for due in ledger.due(1000, planned.run)]:
        assert ledger.done(planned.computed(take(ledger, chunk)), "mine", 0.5, "cpu")


def of_chunk(driver: Driver, chunk: str) -> dict:
    """The properties of a chunk."""
    return driver.execute_query("MATCH (c:Chunk {id: $id}) RETURN properties(c) AS p", id=chunk).records[0]["p"]


def expire(driver: Driver, chunk: str) -> None:
    """Let a lease be over."""
    query = "MATCH (c:Chunk {id: $id}) SET c.lease_until = datetime() - duration({seconds: 1})"
    driver.execute_query(query, id=chunk)
