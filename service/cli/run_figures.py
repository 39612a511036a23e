"""`influence plot aggregated | difference | entropy | attractors`: figures over a run, from its reports."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cypher.store.records import Level
from cypher.store.store import Store
from service.alignment import Align
from service.cli.store import open_store
from service.operations import figures
from service.operations.figures import DrawnFigure

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Its name or id; `influence runs` lists them.")]
TaskOption = Annotated[str, typer.Option("--task", help="Which task, such as sva-obj.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")]
LevelOption = Annotated[Level, typer.Option(help="attention tells heads and skip connections apart.")]
AlignOption = Annotated[
    Align, typer.Option(help="Align sentences by position, or by role where they differ in length.")
]


def aggregated(
    wanted: RunArgument,
    task: TaskOption,
    output: OutputOption,
    case: Annotated[str | None, typer.Option(help="One case, such as SP.", show_default="all in a row")] = None,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw how often patterns take each step: all sentences of a case laid over each other."""
    _save(output, lambda store: figures.draw_aggregated(store, wanted, task, case, level=level, align=align))


def difference(
    wanted: RunArgument,
    task: TaskOption,
    case: Annotated[str, typer.Option("--case", help="One case, such as SP.")],
    against: Annotated[str, typer.Option("--against", help="The case to compare it with, such as SS.")],
    output: OutputOption,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw which steps patterns take more often in one case than in another."""
    _save(output, lambda store: figures.draw_difference(store, wanted, task, case, against, level=level, align=align))


def entropy(wanted: RunArgument, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw pattern entropy against accuracy, a point for each case."""
    _save(output, lambda store: figures.draw_entropy(store, wanted, align=align))


def attractors(wanted: RunArgument, task: TaskOption, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw how strongly each place speaks for the right or the wrong answer, beside the matched case."""
    _save(output, lambda store: figures.draw_attractors(store, wanted, task, align=align))


def _save(output: Path, draw: Callable[[Store], DrawnFigure]) -> None:
    """A figure out of the graph, once the output's name is known to be good."""
    figures.check_format(output)
    with open_store() as store:
        figure = draw(store)
    figure.save(output)
    print(output)
