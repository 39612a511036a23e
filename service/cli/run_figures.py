"""`influence plot aggregated | difference | entropy | attractors`: figures over a run, from its reports."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher.queries.named_reports import Align
from cypher.store.records import Level
from service.cli import console, options

if TYPE_CHECKING:
    from cypher.store.store import Store
    from service.operations.figures import DrawnFigure

TaskOption = Annotated[str, typer.Option("--task", help="Which task, such as sva-obj.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")]
LevelOption = Annotated[Level, typer.Option(help="attention tells heads and skip connections apart.")]
AlignOption = Annotated[
    Align, typer.Option(help="Align sentences by position, or by role where they differ in length.")
]


def aggregated(
    run: options.RunName,
    task: TaskOption,
    output: OutputOption,
    case: Annotated[str | None, typer.Option(help="One case, such as SP.", show_default="all in a row")] = None,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw how often patterns take each step: all sentences of a case laid over each other."""
    from service.operations.figures import draw_aggregated

    _save(output, lambda store: draw_aggregated(store, run, task, case, level=level, align=align))


def difference(
    run: options.RunName,
    task: TaskOption,
    case: Annotated[str, typer.Option("--case", help="One case, such as SP.")],
    against: Annotated[str, typer.Option("--against", help="The case to compare it with, such as SS.")],
    output: OutputOption,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw which steps patterns take more often in one case than in another."""
    from service.operations.figures import draw_difference

    _save(output, lambda store: draw_difference(store, run, task, case, against, level=level, align=align))


def entropy(run: options.RunName, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw pattern entropy against accuracy, a point for each case."""
    from service.operations.figures import draw_entropy

    _save(output, lambda store: draw_entropy(store, run, align=align))


def attractors(run: options.RunName, task: TaskOption, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw how strongly each place speaks for the right or the wrong answer, beside the matched case."""
    from service.operations.figures import draw_attractors

    _save(output, lambda store: draw_attractors(store, run, task, align=align))


def _save(output: Path, draw: "Callable[[Store], DrawnFigure]") -> None:
    """A figure out of the graph, once the output's name is known to be good."""
    from service.operations.connections import open_store
    from service.operations.figures import check_format

    check_format(output)
    with open_store() as store:
        figure = draw(store)
    figure.save(output)
    for notice in figure.notices:
        console.notice(notice)
    console.write(str(output))
