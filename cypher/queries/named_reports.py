"""The named reports: each a file in `reports/` that tells what it answers, and runs by hand in any Cypher client.

The query of a report in `resampled/` answers what each sentence has; the report's rows are of resamples of these
sentences, which take more than Cypher.

A report's file opens with its header: title and one line, what else there is to say, its parameters, and its columns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from cypher.errors import InvalidInput, NotFound
from cypher.store.records import Level
from cypher.store.table import Table
from cypher.suggestions import did_you_mean

if TYPE_CHECKING:
    from cypher.store.runs import CaseName, RunContent
    from cypher.store.store import Store

FOLDER = Path(__file__).parent / "reports"
RESAMPLED = Path(__file__).parent / "resampled"
SAMPLES = Path(__file__).parent / "samples"
"""What single instances add to the means of a report, which a comparison needs: a file for each report."""
HEADER = re.compile(
    r"(?P<title>[^:\n]+): (?P<summary>.+)\n"
    r"(?P<description>(?:.*\n)*?)"
    r"Parameters: (?P<parameters>.+)\n\n"
    r"(?P<columns>(?:\w.*  .+\n?(?: +.+\n?)*)+)"
)
Align = Literal["position", "role"]
"""What is laid over each other: equal positions, or equal roles."""

CHOICES = {"level": get_args(Level), "align": get_args(Align)}
DEFAULTS: Mapping[str, Any] = {
    "task": None,
    "case": None,
    "level": "attention",
    "method": "gpr",
    "align": "position",
    "limit": 20,
    "top": None,
}
"""Of every parameter but `run`, where it is left out; `level` only where the method has patterns there."""

COUNTS = {"limit": "rows", "top": "elements"}
"""Parameters that are numbers, and of what."""


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A report as its header tells."""

    name: str
    title: str
    summary: str  # what it answers
    description: str  # what else there is to know; may be empty
    parameters: tuple[str, ...]
    columns: Mapping[str, str]  # what each holds
    text: str  # Cypher
    resampled: bool  # does its query answer what each sentence has, of which the rows are resamples?

    @property
    def level(self) -> str | None:
        """The only level of patterns that it is about; None where that is a parameter, or does not matter."""
        return "attention" if "level: 'attention'" in self.text and "level" not in self.parameters else None


def run_report(store: "Store", name: str, parameters: Mapping[str, Any]) -> Table:
    """A report's rows, as its query answers them.

    Args:
        parameters: `run` is an id; those left out have their defaults, null stands for all tasks or cases.

    Raises:
        ValueError: a resampled report, whose rows are not what its query answers.
        NotFound: an unknown report, or a task, case or method that the run does not have; the message names the
            nearest.
        InvalidInput: a value that the report does not take.
        ServerError: as Store.
    """
    report = find_report(name)
    if report.resampled:
        raise ValueError(f"the rows of the report {name} are of resamples, not of its query")
    given = complete(store, report, parameters)
    return store.query(report.text, {known: given[known] for known in report.parameters})


def complete(store: "Store", report: NamedReport, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a report, those left out at their defaults.

    Raises:
        NotFound, InvalidInput, ServerError: as `run_report`.
    """
    usual: Mapping[str, Any] = {}
    levels = _check(store, report, parameters)
    if levels is not None and "level" not in parameters:
        usual = {"level": max(levels, key=lambda level: level == DEFAULTS["level"])}
    return {**DEFAULTS, **usual, **parameters}


def find_report(name: str, reports: Mapping[str, NamedReport] | None = None) -> NamedReport:
    """The report of that name.

    Args:
        reports: all that there are; by default `REPORTS`.

    Raises:
        NotFound: there is none.
    """
    known = REPORTS if reports is None else reports
    if name not in known:
        fix = f"{did_you_mean(name, known)}Choose among {', '.join(known)}."
        raise NotFound("report", f"there is no report {name!r}", fix)
    return known[name]


def read_report(name: str, text: str, *, resampled: bool = False) -> NamedReport:
    """A report from its file's text.

    Raises:
        ValueError: the header lacks its title, its parameters or its columns.
    """
    header = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        header.append(line.removeprefix("//").removeprefix(" "))
    parts = HEADER.fullmatch("\n".join(header))
    if parts is None:
        raise ValueError(f"the header of {name} lacks its title, its parameters or its columns")
    columns = (line.split("  ", 1) for line in re.sub(r"\n +", " ", parts["columns"]).splitlines())
    return NamedReport(
        name,
        parts["title"],
        parts["summary"],
        " ".join(parts["description"].split()),
        tuple(parts["parameters"].split()),
        {column: meaning.strip() for names, meaning in columns for column in names.split(", ")},
        text,
        resampled,
    )


def _check(store: "Store", report: NamedReport, parameters: Mapping[str, Any]) -> Sequence[str] | None:
    """The levels of the method, where one is given; raises where a report takes no such values."""
    for name, value in parameters.items():
        if name not in report.parameters and value is not None:
            takes = ", ".join(known for known in report.parameters if known != "run")
            raise InvalidInput(
                name, f"the report {report.name} has no {name}", f"It takes {takes or 'nothing but a run'}."
            )
        choices = CHOICES.get(name)
        if choices is not None and value not in choices:
            fix = f"{did_you_mean(str(value), choices)}Choose {' or '.join(choices)}."
            raise InvalidInput(name, f"there is no {value!r}", fix)
    for name, counted in COUNTS.items():
        value = parameters.get(name)
        if value is not None and value < 1:
            raise InvalidInput(name, f"{value} is not a number of {counted}", "Give 1 or more.")
    task, case, method = (parameters.get(name) for name in ("task", "case", "method"))
    if (task, case, method) == (None, None, None) and parameters.get("align") != "role":
        return None
    content = store.content(parameters["run"])
    choose_cases(content, task, case)
    if method is not None and method not in content.methods:
        raise _unknown("method", method, content.methods)
    if parameters.get("align") == "role" and not content.roles:
        raise InvalidInput("align", "not all sentences of this run have roles", "Align by position.")
    if method is None:
        return None
    levels = content.methods[method]
    if report.level not in (None, *levels):
        raise InvalidInput(
            "method",
            f"the report {report.name} is about components, and the method {method!r} has none",
            "Choose another method.",
        )
    if parameters.get("level", levels[0]) not in levels:
        problem = f"the method {method!r} has no patterns at that of {parameters['level']}"
        raise InvalidInput("level", problem, f"Choose {levels[0]}.")
    return levels


def choose_cases(content: "RunContent", task: str | None, case: str | None) -> "list[CaseName]":
    """The cases of a task (of all tasks) that have this name (of all names).

    Raises:
        NotFound: the run has none; the message names the nearest.
    """
    tasks = {known.task for known in content.cases}
    if task is not None and task not in tasks:
        raise _unknown("task", task, tasks)
    chosen = [known for known in content.cases if task in (None, known.task)]
    if case is not None and case not in {known.name for known in chosen}:
        raise _unknown("case", case, {known.name for known in chosen})
    return [known for known in chosen if case in (None, known.name)]


def _unknown(name: str, value: str, known: Iterable[str]) -> NotFound:
    return NotFound(
        name,
        f"the run has no {name} named {value!r}",
        f"{did_you_mean(value, known)}It has {', '.join(sorted(known))}.",
    )


REPORTS: Mapping[str, NamedReport] = {
    path.stem: read_report(path.stem, path.read_text(), resampled=path.parent == RESAMPLED)
    for path in sorted((*FOLDER.glob("*.cypher"), *RESAMPLED.glob("*.cypher")), key=lambda path: path.stem)
}
"""Every report by its name."""
