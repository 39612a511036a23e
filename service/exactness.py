"""What numbers are worth: which sentences have influences that do not add up, or are less exact than asked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cypher.bulk.totals import worst

if TYPE_CHECKING:  # Neo4j's driver and numpy take a while to import
    from cypher.store.runs import InexactInstances
    from cypher.store.store import Store
    from workers.analysis.results import InstanceResult

ACCEPTABLE_ERROR = 0.05
"""Completeness error above which influences should not be trusted."""

NAMED = 3
"""Sentences that are named."""


def find_inexact(store: "Store", run: str, task: str | None = None, case: str | None = None) -> "InexactInstances":
    """The sentences of a run (an id) whose completeness error is above `ACCEPTABLE_ERROR`, or that miss its tolerance.

    Args:
        task, case: only of these.

    Raises:
        ServerError: the graph cannot be read.
    """
    return store.inexact(run, ACCEPTABLE_ERROR, task=task, case=case, most=NAMED)


@dataclass
class Exactness:
    """How exact results are, as they come."""

    worst_completeness_error: float | None = None  # None where no result has one
    worst_sampling_error: float | None = None  # of adaptive sampling
    beyond_tolerance: int = 0  # results whose sampling error is larger than their settings allow
    inexact: int = 0  # results whose completeness error is above `ACCEPTABLE_ERROR`
    worst: list[tuple[str, float]] = field(default_factory=list)  # ids and errors of some of these, the worst first
    worst_sampled: list[tuple[str, float]] = field(default_factory=list)  # the same of those beyond their tolerance

    def add(self, result: "InstanceResult") -> None:
        """One more result."""
        error = result.completeness_error
        self.worst_completeness_error = worst([self.worst_completeness_error, error])
        self.worst_sampling_error = worst([self.worst_sampling_error, result.sampling_error])
        if error is not None and error > ACCEPTABLE_ERROR:
            self.inexact += 1
            self.worst = _worst(self.worst, result.id, error)
        if result.sampling_error is not None and not result.within_tolerance:
            self.beyond_tolerance += 1
            self.worst_sampled = _worst(self.worst_sampled, result.id, result.sampling_error)


def _worst(known: list[tuple[str, float]], name: str, error: float) -> list[tuple[str, float]]:
    return sorted([*known, (name, error)], key=lambda each: -each[1])[:NAMED]
