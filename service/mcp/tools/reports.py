"""Named reports over a run, and two sides of one beside each other."""

from typing import Annotated

from pydantic import BaseModel, Field

from service.answers.runs import Inexact
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import Align, Case, Level, Method, Offset, RowCount, RunName, Task
from service.mcp.tools.tables import Rows, shown, trust
from service.operations import reports as operations
from service.operations.reports import Choices

ReportName = Annotated[str, Field(max_length=100, description="Of list_reports, such as accuracy or stability.")]
MORE = "ask again with offset={next}, more rows, or one task or case"


class ReportLine(BaseModel):
    """A report in a few words."""

    name: str
    summary: str = Field(description="What it answers.")
    choices: list[str] = Field(description="Arguments that it takes besides the run.")
    comparable: bool = Field(description="Does compare_sides take it?")


class ReportAnswer(Rows):
    """A report over a run."""

    title: str
    status: str = Field(description="Of the run; unless completed, sentences are missing.")
    meanings: dict[str, str] = Field(description="What each column holds.")


class ComparisonAnswer(Rows):
    """Two sides' measures, their difference (first − second), and its interval."""

    title: str


def list_reports() -> list[ReportLine]:
    """The named reports: what each answers and which choices it takes. `stability` says how far answers depend on which
    sentences were chosen."""
    comparable = operations.list_comparable()
    return [
        ReportLine(
            name=each.name,
            summary=each.summary,
            choices=[name for name in each.parameters if name not in ("run", "limit")],
            comparable=each.name in comparable,
        )
        for each in operations.list_reports()
    ]


def run_report(
    context: TheContext,
    report: ReportName,
    run: RunName,
    task: Task = None,
    case: Case = None,
    level: Level = None,
    method: Method = None,
    align: Align = None,
    top: Annotated[
        int | None, Field(ge=1, le=10_000, description="Of stability: how many of the strongest are a set.")
    ] = None,
    rows: RowCount = 50,
    offset: Offset = 0,
) -> ReportAnswer:
    """A named report over a run, with what each column means and which sentences not to trust."""
    choices = Choices(task, case, level, method, align, top)
    store = desk_of(context).servers.store()
    answer = operations.run_report(store, report, run, choices, rows=offset + rows)
    kept, left_out = shown(answer.table, offset, MORE)
    meanings = next(each.columns for each in operations.list_reports() if each.name == report)
    return ReportAnswer(
        title=answer.title,
        status=answer.run.status,
        columns=list(answer.table.columns),
        meanings={name: text for name, text in meanings.items() if name in answer.table.columns},
        rows=kept,
        left_out=left_out,
        notices=[*answer.notices, *trust([Inexact.of(answer.inexact)])],
    )


def compare_sides(
    context: TheContext,
    report: ReportName,
    run: RunName,
    case: Case = None,
    against_case: Annotated[str | None, Field(max_length=300, description="The second side's case.")] = None,
    against_run: Annotated[
        str | None, Field(max_length=300, description="The second side's run; the same run without it.")
    ] = None,
    task: Task = None,
    level: Level = None,
    method: Method = None,
    align: Align = None,
    rows: RowCount = 50,
    offset: Offset = 0,
) -> ComparisonAnswer:
    """Two cases, or two runs, beside each other in a report: both measures, their difference (first − second) and its
    bootstrap interval of 95 %; the largest differences first. An interval without 0 is a difference that more sentences
    would hardly undo."""
    choices = Choices(task, case, level, method, align)
    store = desk_of(context).servers.store()
    answer = operations.compare(
        store, report, run, choices, against_run=against_run, against_case=against_case, rows=offset + rows
    )
    kept, left_out = shown(answer.table, offset, MORE)
    sides = [Inexact.of(each) for each in dict.fromkeys(answer.inexact)]
    return ComparisonAnswer(
        title=answer.title,
        columns=list(answer.table.columns),
        rows=kept,
        left_out=left_out,
        notices=[*answer.notices, *trust(sides)],
    )


TOOLS = (
    Definition(list_reports, "List reports"),
    Definition(run_report, "Run a report"),
    Definition(compare_sides, "Compare two cases or runs"),
)
