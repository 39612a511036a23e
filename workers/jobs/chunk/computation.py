"""The results of a claimed chunk, as its records: load the model, read the sentences, compute batch by batch."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from cypher.errors import InfluenceError, OutOfMemory, RequestError
from cypher.ledger.jobs import ClaimedChunk
from cypher.store.records import ChunkRecord
from workers.analysis.analysis import compute, prepare
from workers.datasets.instance import Instance
from workers.jobs.chunk.model_cache import ModelCache
from workers.jobs.inputs import from_input, run_question, run_settings
from workers.records.chunks import planned_chunk

Phase = Literal["load", "prepare", "compute", "write"]


class Stopwatch(dict[Phase, float]):
    """Seconds spent, by phase."""

    @contextmanager
    def timed(self, phase: Phase) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self[phase] = time.monotonic() - began


class BadModel(Exception):
    """The run's model cannot be used here, whatever the sentence."""


class NoMemory(Exception):
    """The model or the sentences take more memory than there is here and now."""


@dataclass
class BadSentences(Exception):
    """Sentences that cannot be computed, now or later: what is wrong, by their names."""

    problems: dict[str, str]

    def __str__(self) -> str:
        return next(iter(self.problems.values()))


def compute_chunk(claimed: ClaimedChunk, models: ModelCache, timings: Stopwatch) -> ChunkRecord:
    """What there is to write of a chunk.

    Raises:
        BadModel, BadSentences, NoMemory.
    """
    with timings.timed("load"):
        try:
            loaded = models.get(claimed.source, claimed.dtype, claimed.fingerprint)
            model = loaded.with_question(run_question(claimed.run.settings))
        except OutOfMemory as error:
            raise NoMemory(str(error)) from error
        except InfluenceError as error:  # also where the hub does not answer
            raise BadModel(str(error)) from error
    with timings.timed("prepare"):
        settings = run_settings(claimed.run.settings)
        problems: list[RequestError] = []
        plan = prepare(model, _instances(claimed), settings, memory=models.left(), on_bad=problems.append)
        if problems:
            raise _refusal(problems)
    with timings.timed("compute"):
        try:
            results = list(compute(model, plan, settings, on_bad=problems.append))
            if not problems:
                return planned_chunk(claimed, results)
        except RequestError as error:
            raise _refusal([error]) from error
        raise _refusal(problems)


def _instances(claimed: ClaimedChunk) -> Iterator[Instance]:
    """The sentences; errors name them where they would name a line of a file."""
    for pending in claimed.instances:
        yield replace(from_input(pending.input), origin=pending.name)


def _refusal(problems: Sequence[RequestError]) -> BadSentences | NoMemory:
    """Sentences that are bad anywhere come first: where they are set apart, the others may fit."""
    bad = {error.where or "": str(error) for error in problems if not isinstance(error, OutOfMemory)}
    return BadSentences(bad) if bad else NoMemory(problems[0])
