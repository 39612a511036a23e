"""Sentences in, results out: resumable, and into the graph as they come where that is wanted.

1. `check_output` and `read_sentences` refuse what they can before a model is loaded.
2. `plan_analysis` leaves out what the output file (or else the graph) holds already, and says how much memory the rest
   will take. An output file or a stored run of another model, other settings or other sentences is refused.
3. `run_analysis` delivers results as they are ready; a run that is interrupted leaves whole results, which the next one
   with the same choices keeps. Where a store is given, a second thread writes to it meanwhile, after what it lacks of
   the output file.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.exactness import Exactness
from service.operations.progress import OnNotice, OnProgress, unheard, untold
from service.operations.storing import Destination, RunWriter
from service.results_file import NOTHING, KeptResults, ResultsWriter, check_writable, read_kept, read_results
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings, tells_right
from workers.datasets import Instance, read_instances
from workers.records.to_graph import describe_loaded, describe_run

if TYPE_CHECKING:
    from workers.analysis.memory import Plan
    from workers.models import Model

OnBad = Callable[[InvalidInput], None]
"""Called with the problem of a sentence that is left out; None in its place where a bad one is an error."""


@dataclass(frozen=True, slots=True)
class PlannedAnalysis:
    """What there is to compute, and where it goes."""

    model: "Model"
    settings: Settings
    plan: "Plan"
    seconds: float  # that it will take, about
    kept: int  # sentences that the output file, or else the graph, has results of
    results_file: KeptResults  # what the output file holds
    output: Path | None
    destination: Destination | None  # in the graph


@dataclass(frozen=True, slots=True)
class AnalysisSummary:
    """One run of an analysis."""

    instances: int  # analysed in this run
    kept: int  # of its sentences, those that had results before
    left_out: int  # bad ones
    right: int | None  # of those analysed, with the correct answer above the wrong one; None where there is no answer
    seconds: float  # without loading the model
    instances_per_second: float
    worst_completeness_error: float | None  # those in the output file included, as below; None where there is none
    inexact: int  # sentences whose completeness error is above `ACCEPTABLE_ERROR`
    worst: tuple[tuple[str, float], ...]  # ids and errors of some of these, the worst first
    samples: int  # of all instances analysed
    most_samples: int  # of one of them
    tolerance: float | None  # of adaptive sampling
    worst_sampling_error: float | None
    beyond_tolerance: int  # sentences whose sampling error is above the tolerance
    worst_sampled: tuple[tuple[str, float], ...]  # ids and errors of some of these, the worst first
    left_out_share: float  # of the absolute influence: the words' without patterns, in the mean over those analysed
    output: str | None
    run: str | None  # its name in the graph
    waited: float | None  # of the seconds, those in which the graph held everything up; None without one

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def check_output(output: Path, source: Path | None = None) -> None:
    """Can results be written there? Leaves an existing file as it is, and no new one.

    Args:
        source: the file of sentences, which must not be overwritten.

    Raises:
        InvalidInput: they cannot.
    """
    if source is not None and source.exists() and output.exists() and output.samefile(source):
        raise InvalidInput("output", f"{output} is the input file", "Name another file.")
    check_writable(output)


def read_sentences(
    source: Path, *, limit: int | None = None, on_bad: OnBad | None = None, on_notice: OnNotice = untold
) -> list[Instance]:
    """The sentences of a file.

    Args:
        limit: take only the first ones.
        on_notice: is told what a reader should know, such as of rows of a data set that ask nothing.

    Raises:
        InvalidInput: no such file, or a bad sentence where `on_bad` is None.
    """
    return read_instances(source, skip_bad=on_bad is not None, on_bad=on_bad, on_notice=on_notice)[:limit]


def plan_analysis(
    model: "Model",
    instances: Sequence[Instance],
    settings: Settings,
    *,
    output: Path | None = None,
    store: Store | None = None,
    name: str = "",
    memory: int | None = None,
    on_bad: OnBad | None = None,
    on_notice: OnNotice = untold,
) -> PlannedAnalysis:
    """What is left to compute.

    Args:
        output: results file; one that already exists is resumed.
        store: where results are stored, too, under `name`.
        memory: bytes that a batch may take; by default half of what is free.
        on_notice: is told what a reader of the results should know, such as of unknown words.

    Raises:
        InvalidInput: a sentence that the model cannot read or that does not fit into memory, where `on_bad` is None; no
            sentence that can be analysed; an output file of something else.
        RequestError: the graph holds another run of that name.
        ServerError: the graph cannot be read.
    """
    from workers.analysis.analysis import prepare, provenance  # torch takes seconds to import
    from workers.analysis.assemble import VERSIONS
    from workers.analysis.duration import estimate_seconds
    from workers.analysis.notices import notices

    made_by = provenance(model, settings)
    kept = NOTHING if output is None else read_kept(output, model.fingerprint, made_by, instances)
    destination = None
    done: frozenset[str] = kept.ids
    if store is not None:
        run = describe_run(model.fingerprint, made_by, VERSIONS, name)
        destination = Destination(store, run, describe_loaded(model))
        stored = frozenset(each.id for each in instances if destination.holds(each.id, each.text))
        done = stored if output is None else kept.ids
    rest = [instance for instance in instances if instance.id not in done]
    plan = prepare(model, rest, settings, memory=memory, on_bad=on_bad)
    if rest and not plan.batches and not done:
        raise InvalidInput("input", "none of its sentences can be analysed", "Correct those named above.")
    for notice in notices(model, [sentence for batch in plan.batches for sentence in batch.sentences]):
        on_notice(notice)
    seconds = estimate_seconds(model, plan, settings)
    return PlannedAnalysis(model, settings, plan, seconds, len(instances) - len(rest), kept, output, destination)


def run_analysis(
    planned: PlannedAnalysis,
    *,
    on_result: Callable[[InstanceResult], None] = lambda result: None,
    progress: OnProgress = unheard,
    left_out: int = 0,
    on_bad: OnBad | None = None,
) -> AnalysisSummary:
    """Compute what is planned, and deliver every result.

    Args:
        on_result: called with each result, after it is in the output file.
        left_out: bad sentences that were left out before.
        on_bad: called with the problem of a sentence that is left out because its numbers are not finite; None to raise
            it.

    Raises:
        InvalidInput: the numbers of a sentence are not finite, where `on_bad` is None.
        InvalidInput: the output file cannot be written any more, or another run is writing it.
        ServerError: the graph cannot be written; the output file has all results until then.
    """
    from workers.analysis.analysis import compute

    tally = Tally(planned.results_file.exactness)
    with into_file(planned.output, planned.results_file.size) as write, _into_graph(planned) as writer:
        for result in compute(planned.model, planned.plan, planned.settings, on_bad=on_bad):
            write(result)
            if writer is not None:
                writer.write(result)
            on_result(result)
            tally.add(result)
            progress(tally.count, planned.plan.sentences)
    return tally.summary(
        planned.settings,
        quantity=planned.model.objective.quantity,
        kept=planned.kept,
        left_out=left_out + planned.plan.sentences - tally.count,
        output=planned.output,
        run=None if planned.destination is None else planned.destination.run.name,
        waited=None if writer is None else writer.waited,
    )


class Tally:
    """Counts results as they come.

    Args:
        before: of those that the output file holds.
    """

    def __init__(self, before: Exactness):
        self.count = 0
        self._exactness = deepcopy(before)
        self._right, self._samples, self._most, self._left_out_share = 0, 0, 0, 0.0
        self._started = time.monotonic()

    def add(self, result: InstanceResult) -> None:
        """One more."""
        self.count += 1
        self._exactness.add(result)
        self._right += result.qoi > 0
        self._samples, self._most = self._samples + result.samples, max(self._most, result.samples)
        self._left_out_share += result.left_out_share

    def summary(
        self,
        settings: Settings,
        *,
        quantity: str,
        kept: int,
        left_out: int,
        output: Path | None,
        run: str | None = None,
        waited: float | None = None,
    ) -> AnalysisSummary:
        """What there is to tell at the end.

        Args:
            quantity: that is of interest, by name.
        """
        seconds, exactness = time.monotonic() - self._started, self._exactness
        return AnalysisSummary(
            instances=self.count,
            kept=kept,
            left_out=left_out,
            right=self._right if tells_right({"question": quantity}) else None,
            seconds=seconds,
            instances_per_second=self.count / seconds,
            worst_completeness_error=exactness.worst_completeness_error,
            inexact=exactness.inexact,
            worst=tuple(exactness.worst),
            samples=self._samples,
            most_samples=self._most,
            tolerance=settings.error,
            worst_sampling_error=exactness.worst_sampling_error,
            beyond_tolerance=exactness.beyond_tolerance,
            worst_sampled=tuple(exactness.worst_sampled),
            left_out_share=self._left_out_share / max(1, self.count),
            output=None if output is None else str(output),
            run=run,
            waited=waited,
        )


@contextmanager
def into_file(output: Path | None, size: int) -> Iterator[Callable[[InstanceResult], None]]:
    """Writes results behind those that the output file holds.

    Args:
        output: None: nothing is written.
        size: bytes of what it holds.
    """
    if output is None:
        yield lambda result: None
        return
    with ResultsWriter(output, size) as writer:
        yield writer.write


@contextmanager
def _into_graph(planned: PlannedAnalysis) -> Iterator[RunWriter | None]:
    """Writes results into the graph, behind those that the output file holds."""
    if planned.destination is None:
        yield None
        return
    with RunWriter(planned.destination) as writer:
        for result in () if planned.output is None else read_results(planned.output):
            writer.write(result)
        yield writer
