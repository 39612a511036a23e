"""Ablation: how often the model is still right on patterns alone (paper, Table 2).

1. `plan_ablation` reads the results and checks that the model made them, before anything is computed.
2. `run_ablation` computes a row for every case, and task, under every ablation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.operations.progress import OnProgress, unheard
from workers.analysis.results import InstanceResult
from workers.evaluation.ablation.settings import AblationSettings

if TYPE_CHECKING:
    from workers.evaluation.ablation.accuracy import AccuracyRow
    from workers.evaluation.ablation.running import PreparedAblation
    from workers.models import Model


@dataclass(frozen=True, slots=True)
class PlannedAblation:
    """What there is to compute."""

    model: "Model"
    settings: AblationSettings
    prepared: "PreparedAblation"

    @property
    def sentences(self) -> int:
        return len(self.prepared.subjects)

    @property
    def ablations(self) -> int:
        """Of each sentence; every draw of random patterns is one."""
        return sum(each.sets(self.settings.draws) for each in self.prepared.ablations)


@dataclass(frozen=True, slots=True)
class AblatedRun:
    """What is left of a run's accuracy, computed by a worker."""

    model: str  # what named it
    rows: tuple[dict[str, Any], ...]  # with the fields of `AccuracyRow`
    sentences: int  # that were ablated
    left_out: int  # sentences of the run, or of the task and case, that were not


def plan_ablation(model: "Model", results: Iterable[InstanceResult], settings: AblationSettings) -> PlannedAblation:
    """Read the results.

    Raises:
        InvalidInput: results of another model or question, methods that they do not have, or none at all.
    """
    from workers.evaluation.ablation.running import prepare  # torch takes seconds to import

    return PlannedAblation(model, settings, prepare(model, results, settings))


def run_ablation(
    planned: PlannedAblation, *, memory: int | None = None, progress: OnProgress = unheard
) -> "list[AccuracyRow]":
    """The accuracy of every case, and of every task with several, under every ablation.

    Args:
        memory: bytes that a batch may take; by default half of what is free.

    Raises:
        InvalidInput: a sentence does not fit into memory.
    """
    from workers.evaluation.ablation.accuracy import Tally
    from workers.evaluation.ablation.running import compute

    tally = Tally()
    ablations = compute(planned.model, planned.prepared, planned.settings, memory=memory)
    for done, ablated in enumerate(ablations, start=1):
        tally.add(ablated)
        progress(done, planned.sentences)
    return tally.rows()
