"""`influence queries` and `influence report`: the named reports over a run, and two sides of one beside each other."""

from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.table import Table as Drawing

from cypher.errors import InvalidInput
from cypher.queries.named_reports import CHOICES, REPORTS, complete, find_report, run_report
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from cypher.store.table import Table
from cypher.suggestions import did_you_mean
from service import comparison
from service.cli import console, options
from service.cli.store import open_store
from service.cli.tables import AnswerFile, HowWritten, check_output, chosen_format, write_table

SHOWN = 50
"""Rows of a drawn table, unless --limit says otherwise."""

ALL = 2**31
CHOOSE = "What it is about"
BESIDE = "Two sides and their difference, with its bootstrap interval of 95 %"


def queries(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One report: all of it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, the Cypher included.")] = False,
) -> None:
    """List the named reports, what they answer, and their columns."""
    chosen = list(REPORTS.values()) if name is None else [find_report(name)]
    if as_json:
        columns = ("name", "title", "summary", "description", "parameters", "columns", "text")
        rows = [tuple(getattr(report, column) for column in columns) for report in chosen]
        write_table(Table(columns, rows), "json")
        return
    out = console.stdout()
    if name is None:
        table = Drawing("report", "what it answers", box=None, pad_edge=False)
        for report in chosen:
            table.add_row(report.name, report.summary)
        out.print(table)
        console.stderr().print("`influence queries NAME` tells all of one; `influence report NAME RUN` gives it")
    else:
        out.print(chosen[0].text, end="")


def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="`influence queries` lists the reports.")],
    wanted: Annotated[str, typer.Argument(metavar="RUN", help="Its name or id; `influence runs` lists them.")],
    task: Annotated[str | None, typer.Option(show_default="all", rich_help_panel=CHOOSE)] = None,
    case: Annotated[str | None, typer.Option(show_default="all", rich_help_panel=CHOOSE)] = None,
    level: Annotated[
        str | None,
        typer.Option(help="Of patterns: embedding or attention.", show_default="attention", rich_help_panel=CHOOSE),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="How patterns were found.", show_default="gpr", rich_help_panel=CHOOSE)
    ] = None,
    align: Annotated[
        str | None,
        typer.Option(
            help="Lay sentences over each other by position, or by role where they differ in length.",
            show_default="position",
            rich_help_panel=CHOOSE,
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="CASE", help="That of --case minus that of this case.", rich_help_panel=BESIDE)
    ] = None,
    against_run: Annotated[
        str | None, typer.Option(metavar="RUN", help="That of RUN minus that of this run.", rich_help_panel=BESIDE)
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="The most rows.", show_default="50 of a table, else all")
    ] = None,
    named: HowWritten = None,
    output: AnswerFile = None,
    force: options.Force = False,
) -> None:
    """Answer one of the named questions about a run."""
    form = chosen_format(named, output)
    check_output(output, form, force)
    known = find_report(name)
    if against is not None and case is None:
        raise InvalidInput(
            "--against", f"there is nothing to compare {against} with", "Name the first case with --case."
        )
    rows = limit or (SHOWN if form == "table" and output is None else ALL)
    chosen = {"level": level, "method": method, "align": align}
    given = {name: value for name, value in {**chosen, "task": task, "case": case}.items() if value is not None}
    with open_store() as store, console.stderr().status("asking"):
        run = _find(store, wanted)
        if against is None and against_run is None:
            title = f"{known.title}, {run.name}"
            most = {"limit": min(rows + 1, ALL)} if "limit" in known.parameters else {}
            table = run_report(store, name, {"run": run.id, **given, **most})
        else:
            other = run if against_run is None else _find(store, against_run)
            title = f"{known.title}, {_side(run, case)} − {_side(other, against or case)}"
            table = _compare(store, name, (run, case), (other, against), task, given)
    cut = len(table.rows) > rows
    write_table(replace(table, rows=table.rows[:rows]), form, output, title)
    if cut:
        console.stderr().print(f"notice: the first {rows} rows; a larger --limit gives more")


def _compare(
    store: Store,
    name: str,
    first: tuple[StoredRun, str | None],
    second: tuple[StoredRun, str | None],
    task: str | None,
    given: dict[str, Any],
) -> Table:
    (one, case), (other, against) = first, second
    chosen = {name: given[name] for name in comparison.PARAMETERS if name in given}
    for option, values in CHOICES.items():
        if chosen.get(option, values[0]) not in values:
            fix = f"{did_you_mean(chosen[option], values)}Choose {' or '.join(values)}."
            raise InvalidInput(f"--{option}", f"there is no {chosen[option]!r}", fix)
    both = [complete(store, find_report(name), {"run": run.id, **chosen}) for run in (one, other)]
    asked = {parameter: both[0][parameter] for parameter in comparison.PARAMETERS}
    pairs = comparison.sides(store, (one.id, case), (other.id, against or case), task)
    return comparison.compare(store, name, pairs, asked)


def _find(store: Store, wanted: str) -> StoredRun:
    run = store.find(wanted)
    if run.status != "completed":
        console.stderr().print(f"notice: the run {run.name!r} is {run.status}; this is about what is there of it")
    return run


def _side(run: StoredRun, case: str | None) -> str:
    return run.name if case is None else f"{run.name} {case}"
