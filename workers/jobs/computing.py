"""The results of a claimed chunk, as its records: load the model, read the sentences, compute batch by batch."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from cypher.records import ChunkRecord
from cypher.work import Claimed
from workers.analysis import compute, prepare
from workers.datasets.instance import Instance
from workers.errors import BadInput
from workers.jobs.inputs import from_input, run_settings
from workers.jobs.models import Models
from workers.persist import planned_chunk

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


@dataclass
class BadSentences(Exception):
    """Sentences that cannot be computed, now or later: what is wrong, by their names."""

    problems: dict[str, str]

    def __str__(self) -> str:
        return next(iter(self.problems.values()))


def compute_chunk(claimed: Claimed, models: Models, check: Callable[[], None], spent: Stopwatch) -> ChunkRecord:
    """What there is to write of a chunk.

    Args:
        check: called between batches; what it raises ends the computing.

    Raises:
        BadModel, BadSentences.
    """
    with spent.timed("load"):
        try:
            model = models.get(claimed.source, claimed.dtype, claimed.fingerprint)
        except BadInput as error:
            raise BadModel(str(error)) from error
    check()
    with spent.timed("prepare"):
        settings = run_settings(claimed.run.settings)
        problems: dict[str, str] = {}
        plan = prepare(model, _instances(claimed), settings, memory=models.left(), on_bad=_remember(problems))
        if problems:
            raise BadSentences(problems)
    with spent.timed("compute"):
        results = []
        try:
            for result in compute(model, plan, settings):
                check()
                results.append(result)
            return planned_chunk(claimed, results)
        except BadInput as error:
            _remember(problems)(error)
            raise BadSentences(problems) from error


def _instances(claimed: Claimed) -> Iterator[Instance]:
    """The sentences; errors name them where they would name a line of a file."""
    for pending in claimed.instances:
        yield replace(from_input(pending.input), origin=pending.name)


def _remember(problems: dict[str, str]) -> Callable[[BadInput], None]:
    def remember(error: BadInput) -> None:
        problems[error.where or ""] = str(error)

    return remember
