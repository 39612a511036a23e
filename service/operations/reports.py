"""The named reports over a run, and two sides of one beside each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cypher.errors import InvalidInput
from cypher.queries import named_reports
from cypher.queries.named_reports import CHOICES, REPORTS, NamedReport, complete, find_report
from cypher.store.table import Table
from cypher.suggestions import did_you_mean
from service.exactness import find_inexact
from workers.analysis.settings import COUNTERFACTUAL, tells_right

if TYPE_CHECKING:  # Neo4j's driver takes a while to import, and a list of reports needs no graph
    from cypher.store.runs import InexactInstances, StoredRun
    from cypher.store.store import Store

ALL = 2**31
"""Rows: more than a report has."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a report is about; None where the report's default holds."""

    task: str | None = None  # None: all
    case: str | None = None  # None: all
    level: str | None = None  # of patterns
    method: str | None = None  # by which patterns were found
    align: str | None = None  # what sentences are laid over each other by
    top: int | None = None  # how many of the strongest are a set

    def given(self) -> dict[str, Any]:
        """Those that are not None."""
        names = ("task", "case", "level", "method", "align", "top")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """A report over one run; the table is `cut` where there are more rows."""

    title: str
    run: "StoredRun"
    table: Table
    inexact: "InexactInstances"  # among the sentences that it is about
    notices: tuple[str, ...] = ()  # what a reader should know besides


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides of a report: both measures, their difference, and its bootstrap interval of 95 %."""

    title: str
    first: "StoredRun"
    second: "StoredRun"
    table: Table
    inexact: "tuple[InexactInstances, InexactInstances]"  # among the sentences of each side
    notices: tuple[str, ...] = ()  # what a reader should know besides


def list_reports() -> list[NamedReport]:
    """Every report, by name."""
    return list(REPORTS.values())


def list_comparable() -> list[str]:
    """The reports that can be compared, by name."""
    from service.statistics.comparison import comparable  # numpy takes its time

    return comparable()


def run_report(
    store: "Store", name: str, run: str, choices: Choices | None = None, *, rows: int | None = None
) -> ReportAnswer:
    """The answer of a report.

    Args:
        run: name or id.
        rows: the most; None for all.

    Raises:
        RequestError: an unknown report, run, task, case or other choice; the message names the nearest.
        ServerError: the graph cannot be read.
    """
    report = find_report(name)
    stored = store.find(run)
    parameters: dict[str, Any] = {"run": stored.id, **(choices or Choices()).given()}
    if "limit" in report.parameters:
        parameters["limit"] = ALL if rows is None else min(rows + 1, ALL)
    table = _rows(store, report, parameters)
    inexact = find_inexact(store, stored.id, parameters.get("task"), parameters.get("case"))
    notices = (*_of_run(stored), *_notices(name, stored, table))
    return ReportAnswer(f"{report.title}, {stored.name}", stored, _first(table, rows), inexact, notices)


def compare(
    store: "Store",
    name: str,
    run: str,
    choices: Choices | None = None,
    *,
    against_run: str | None = None,
    against_case: str | None = None,
    rows: int | None = None,
) -> Comparison:
    """A report's measures of one side and of another, and their difference, the largest first.

    Args:
        run: of the first side, by name or id; `choices` name its case, without which all cases are compared.
        against_run: of the second side; by default the same.
        against_case: of the second side; by default the same.
        rows: the most; None for all.

    Raises:
        RequestError: as `run_report`, a report that cannot be compared, or two sides with no case in common.
        ServerError: the graph cannot be read.
    """
    from service.statistics import comparison  # numpy takes its time

    report = find_report(name)
    chosen = (choices or Choices()).given()
    case, task = chosen.pop("case", None), chosen.pop("task", None)
    if against_case is not None and case is None:
        raise InvalidInput("against", f"there is nothing to compare {against_case} with", "Name the first case, too.")
    first = store.find(run)
    second = first if against_run is None else store.find(against_run)
    _check_choices(chosen)
    parameters, _ = (complete(store, report, {"run": each.id, **chosen}) for each in (first, second))
    pairs = comparison.sides(store, (first.id, case), (second.id, against_case or case), task)
    table = comparison.compare(store, name, pairs, {each: parameters[each] for each in comparison.PARAMETERS})
    title = f"{report.title}, {_side(first, case)} − {_side(second, against_case or case)}"
    inexact = (
        find_inexact(store, first.id, task, case),
        find_inexact(store, second.id, task, against_case or case),
    )
    runs = {each.id: each for each in (first, second)}.values()
    notices = tuple(notice for each in runs for notice in _of_run(each))
    return Comparison(title, first, second, _first(table, rows), inexact, notices)


def _rows(store: "Store", report: NamedReport, parameters: Mapping[str, Any]) -> Table:
    if report.resampled:
        from service.statistics.stability import stability  # numpy takes its time

        return stability(store, parameters)
    return named_reports.run_report(store, report.name, parameters)


def _of_run(run: "StoredRun") -> Iterator[str]:
    """What a run's influences are of, and of which words it has patterns, where that is unusual."""
    if run.settings.get("baseline") == COUNTERFACTUAL:
        yield f"run {run.name!r} has counterfactual baselines: influences are of what differs between two texts"
    if not tells_right(run.settings):
        question = run.settings["question"]
        yield f"run {run.name!r} asks for {question}: what counts as right, and accuracy, is a value of it above 0"
    if words := run.settings.get("words"):
        yield f"run {run.name!r} has patterns of the strongest words only ({words}); what is counted is of these"


def _notices(name: str, run: "StoredRun", table: Table) -> Iterator[str]:
    """Why a report has no number, or other ones than it might."""
    if name == "stability":
        yield from _of_elements(run, table)
    if name == "entropy-correlation":
        for row in table.dicts():
            if row["spearman"] is None:
                few = f"there are {row['cases']} cases, and a correlation needs 3"
                same = "all cases have the same pattern entropy, or the same accuracy"
                yield f"there is no correlation: {few if row['cases'] < 3 else same}"


def _of_elements(run: "StoredRun", table: Table) -> Iterator[str]:
    """Which elements a run has not kept."""
    from service.statistics.elements import KINDS

    edges = run.settings.get("edges", "all")
    if edges not in ("none", "all"):
        yield f"run {run.name!r} keeps the strongest edges of each sentence only ({edges}); others count as 0"
    found = {(row["task"], row["case"], row["kind"]) for row in table.dicts()}
    cases = sorted({(task, case) for task, case, _ in found})
    for kind in KINDS:
        without = [" ".join(case) for case in cases if (*case, kind) not in found]
        if without:
            of = "" if len(without) == len(cases) else f" of {', '.join(without)}"
            yield f"there are no rows of the kind {kind}{of}: the run has none stored"


def _check_choices(chosen: Mapping[str, Any]) -> None:
    """Both sides have these parameters, also where the report itself has them not."""
    for name, values in CHOICES.items():
        value = chosen.get(name, values[0])
        if value not in values:
            fix = f"{did_you_mean(value, values)}Choose {' or '.join(values)}."
            raise InvalidInput(name, f"there is no {value!r}", fix)


def _first(table: Table, rows: int | None) -> Table:
    return table if rows is None or len(table.rows) <= rows else replace(table, rows=table.rows[:rows], cut=True)


def _side(run: "StoredRun", case: str | None) -> str:
    return run.name if case is None else f"{run.name} {case}"
