"""`influence queries` and `influence report`: the named reports over a run, and two sides of one beside each other."""

from typing import TYPE_CHECKING, Annotated

import typer

from cypher.errors import InvalidInput
from service.cli import console, exactness, options
from service.cli.installation import open_installation
from service.cli.tables import AnswerFile, HowWritten, check_output, chosen_format, print_table

if TYPE_CHECKING:
    from cypher.store.runs import StoredRun

SHOWN = 50
"""Rows of a drawn table, unless --limit says otherwise."""

CHOOSE = "What it is about"
BESIDE = "Two sides and their difference, with its bootstrap interval of 95 %"


def queries(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print the whole query of one report.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with the Cypher.")] = False,
) -> None:
    """List the named reports, what they answer, and their columns."""
    from cypher.queries.named_reports import find_report

    with open_installation() as installation:
        known = {each.name: each for each in installation.reports()}
    chosen = list(known.values()) if name is None else [find_report(name, known)]
    if as_json:
        from cypher.store.table import Table

        columns = ("name", "title", "summary", "description", "parameters", "columns", "text")
        rows = [tuple(getattr(report, column) for column in columns) for report in chosen]
        print_table(Table(columns, rows), "json")
        return
    out = console.stdout()
    if name is None:
        from rich.table import Table as Drawing

        table = Drawing("report", "what it answers", box=None, pad_edge=False)
        for report in chosen:
            table.add_row(report.name, report.summary)
        out.print(table)
        console.stderr().print("`influence queries NAME` prints a report's query; `influence report NAME RUN` runs it")
    else:
        out.print(chosen[0].text, end="")


def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="`influence queries` lists the reports.")],
    run: options.RunName,
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
            help="Align sentences by position, or by role where they differ in length.",
            show_default="position",
            rich_help_panel=CHOOSE,
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="K",
            help="How many of the strongest elements are a set.",
            show_default="5, 10, 20 and 50",
            rich_help_panel=CHOOSE,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="Compare the case of --case with this one.", rich_help_panel=BESIDE),
    ] = None,
    against_run: Annotated[
        str | None, typer.Option(metavar="RUN", help="Compare the run with this one.", rich_help_panel=BESIDE)
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="The most rows.", show_default="50 of a table, else all")
    ] = None,
    named: HowWritten = None,
    output: AnswerFile = None,
    force: options.Force = False,
) -> None:
    """Answer one of the named questions about a run."""
    from service.operations.reports import Choices

    form = chosen_format(named, output)
    check_output(output, form, force)
    if against is not None and case is None:
        raise InvalidInput("against", f"there is nothing to compare {against} with", "Name the first case with --case.")
    rows = limit or (SHOWN if form == "table" and output is None else None)
    choices = Choices(task, case, level, method, align, top)
    with open_installation() as installation, console.stderr().status("reading"):
        if against is None and against_run is None:
            answer = installation.report(name, run, choices, rows=rows)
            sides = [(answer.run, case, answer.inexact)]
        else:
            answer = installation.compare(name, run, choices, against_run=against_run, against_case=against, rows=rows)
            runs, cases = (answer.first, answer.second), (case, against or case)
            sides = list(zip(runs, cases, answer.inexact, strict=True))
    for each in {each.id: each for each, _, _ in sides}.values():
        _warn_of_unfinished(each)
    for each, of_case, inexact in sides:
        exactness.warn(inexact, each.name, " ".join(filter(None, (task, of_case))))
    for notice in answer.notices:
        console.stderr().print(f"notice: {notice}", soft_wrap=True)
    print_table(answer.table, form, output, answer.title)
    if answer.table.cut:
        console.stderr().print(f"notice: these are the first {rows} rows; a larger --limit gives more")


def _warn_of_unfinished(run: "StoredRun") -> None:
    if run.status != "completed":
        console.stderr().print(f"notice: the run {run.name!r} is {run.status}; this covers what is stored of it")
