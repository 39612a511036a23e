"""What the experiments draw on: results by task, their totals, and the models that made them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from cypher.bulk.totals import Totals
from cypher.errors import InvalidInput
from cypher.queries.named_reports import Align
from cypher.store.records import CaseRecord, RouteRecord, SiteRecord, TrafficRecord
from service.experiments.options import ExperimentOptions
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import TASKS
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_run

if TYPE_CHECKING:
    from workers.models import Model  # which takes seconds to import


OfCase = TypeVar("OfCase", SiteRecord, RouteRecord)


OnPhase = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and how many there are."""

Row = TypeVar("Row")


class TaskCache(Protocol):
    """What an experiment finds of one task, where it runs the model again: computed, unless it was before."""

    def __call__(self, experiment: str, task: str, kind: type[Row], compute: Callable[[], list[Row]]) -> list[Row]: ...


@dataclass(frozen=True, eq=False)
class Material:
    """Results of every task, and the ways to compute more of them."""

    options: ExperimentOptions
    results: Mapping[str, Sequence[InstanceResult]]  # by task, in the order of the paper
    load: Callable[[str], "Model"]  # the model of a task, which may be another than made its results: see `model`
    progress: OnPhase
    cached: TaskCache

    def model(self, task: str) -> "Model":
        """The model that made a task's results.

        Raises:
            InvalidInput: another one is given.
        """
        model, made_by = self.load(task), self.results[task][0].model
        if model.fingerprint != made_by:
            problem = f"the results of {task} are of {made_by[:12]}, and {model.name} is {model.fingerprint[:12]}"
            raise InvalidInput("model", f"{problem} (fingerprints)", "Name the model that made them.")
        return model

    @cached_property
    def totals(self) -> Totals:
        """Sites, steps and routes of the patterns of guided refinement, counted as the graph's reports have them."""
        totals = Totals()
        run = describe_run("", {}, {}, "experiments")
        plain = (replace(result, patterns=(), edges=None) for results in self.results.values() for result in results)
        for chunk in in_chunks(run, plain):
            totals.add(chunk)
        return totals

    @cached_property
    def cases(self) -> Sequence[CaseRecord]:
        """The cases, in the order of the tasks and of each task's cases; others after them, by name."""
        cases = {task: TASKS[task].cases if task in TASKS else () for task in self.results}
        known = [(task, case) for task, some in cases.items() for case in (*some, None)]

        def place(case: CaseRecord) -> tuple[int, str]:
            named = (case.task, case.name)
            return known.index(named if named in known else (case.task, None)), case.name

        return sorted(self.totals.cases.values(), key=place)

    @cached_property
    def sites(self) -> Mapping[str, Sequence[SiteRecord]]:
        """Those of each case (an id)."""
        return _by_case(self.totals.sites.values())

    @cached_property
    def routes(self) -> Mapping[str, Sequence[RouteRecord]]:
        """Those of each case (an id)."""
        return _by_case(self.totals.routes.values())

    @cached_property
    def traffic(self) -> Mapping[str, Sequence[TrafficRecord]]:
        """The steps that leave the sites of each case (an id)."""
        steps: defaultdict[str, list[TrafficRecord]] = defaultdict(list)
        for step in self.totals.traffic.values():
            steps[self.totals.sites[step.source].case].append(step)
        return steps

    @cached_property
    def layers(self) -> Mapping[str, int]:
        """The depth of each task's model."""
        return {task: len(results[0].words[0].components) for task, results in self.results.items()}

    def align(self, task: str) -> Align:
        """What sentences of a task are laid over each other by: roles where they have them and lengths differ."""
        results = self.results[task]
        differ = len({len(result.tokens) for result in results}) > 1
        return "role" if differ and all(result.roles is not None for result in results) else "position"

    def settings(self, task: str) -> Settings:
        """Those that made a task's results, for patterns alone."""
        made_with = self.results[task][0].settings
        values = {field.name: made_with[field.name] for field in fields(Settings) if field.name in made_with}
        sources = values["sources"]
        return Settings(
            **{**values, "sources": None if sources is None else tuple(sources), "edges": "none", "methods": ()}
        )


def _by_case(records: Iterable[OfCase]) -> dict[str, list[OfCase]]:
    cases: defaultdict[str, list[OfCase]] = defaultdict(list)
    for record in records:
        cases[record.case].append(record)
    return cases
