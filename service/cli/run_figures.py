"""`influence plot sentence | aggregated | difference | entropy | attractors`: figures of a run in the graph."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cypher.errors import InvalidInput
from cypher.queries.named_reports import Align
from cypher.store.records import Level
from service.cli import console, options
from service.cli.installation import open_installation

if TYPE_CHECKING:
    from service.operations.figures import FigureFormat, WrittenFigure
    from service.operations.installation import Installation

TaskOption = Annotated[str, typer.Option("--task", help="Which task, such as sva-obj.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")]
LevelOption = Annotated[Level, typer.Option(help="attention tells heads and skip connections apart.")]
AlignOption = Annotated[
    Align, typer.Option(help="Align sentences by position, or by role where they differ in length.")
]
LeastShareOption = Annotated[
    float | None,
    typer.Option(
        "--least-share",
        min=0,
        max=1,
        help="Leave out steps below this share, such as 0.1.",
        show_default="what fits a page",
    ),
]
StepsOption = Annotated[
    int | None,
    typer.Option(
        "--steps", min=1, help="Show so many steps of each case: the most frequent.", show_default="what fits a page"
    ),
]
PositionsOption = Annotated[
    str | None, typer.Option("--positions", help="Show a window of positions, such as 10:40.", show_default="all")
]


WordsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--words",
        help="The strongest source words, such as top:8; or some by token or position: separate several by spaces "
        "in quotes, or repeat the option.",
        show_default="the strongest four",
    ),
]


def sentence(
    run: options.RunName,
    id: Annotated[str, typer.Argument(metavar="ID", help="The sentence's id.")],  # noqa: A002 - as results call it
    output: OutputOption,
    words: WordsOption = None,
    raw_tokens: options.RawTokens = False,
) -> None:
    """Draw the paths that carry the words of one sentence of a run."""
    chosen = chosen_words(words)
    _save(output, lambda found, form: found.draw_sentence(run, id, chosen, raw_tokens=raw_tokens, form=form))


def chosen_words(words: list[str] | None) -> list[str] | None:
    """The words of --words, one by one."""
    return None if words is None else " ".join(words).split()


def aggregated(
    run: options.RunName,
    task: TaskOption,
    output: OutputOption,
    case: Annotated[str | None, typer.Option(help="One case, such as SP.", show_default="all in a row")] = None,
    level: LevelOption = "attention",
    align: AlignOption = "position",
    least_share: LeastShareOption = None,
    steps: StepsOption = None,
    positions: PositionsOption = None,
) -> None:
    """Draw how often patterns take each step: all sentences of a case laid over each other."""
    shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": _window(positions)}
    _save(
        output, lambda found, form: found.draw_aggregated(run, task, case, level=level, align=align, form=form, **shown)
    )


def difference(
    run: options.RunName,
    task: TaskOption,
    case: Annotated[str, typer.Option("--case", help="One case, such as SP.")],
    against: Annotated[str, typer.Option("--against", help="The case to compare it with, such as SS.")],
    output: OutputOption,
    level: LevelOption = "attention",
    align: AlignOption = "position",
    least_share: LeastShareOption = None,
    steps: StepsOption = None,
    positions: PositionsOption = None,
) -> None:
    """Draw which steps patterns take more often in one case than in another."""
    shown: dict[str, Any] = {"least_share": least_share, "steps": steps, "positions": _window(positions)}
    choices: dict[str, Any] = {"level": level, "align": align, **shown}
    _save(output, lambda found, form: found.draw_difference(run, task, case, against, form=form, **choices))


def entropy(run: options.RunName, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw pattern entropy against accuracy, a point for each case."""
    _save(output, lambda found, form: found.draw_entropy(run, align=align, form=form))


def attractors(run: options.RunName, task: TaskOption, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw how strongly each place speaks for the right or the wrong answer, beside the matched case."""
    _save(output, lambda found, form: found.draw_attractors(run, task, align=align, form=form))


def _window(text: str | None) -> tuple[int, int] | None:
    """The first and last of positions that are written like 10:40."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not (colon and first.isdecimal() and last.isdecimal()):
        raise InvalidInput("positions", f"it is {text!r}", "Give the first and the last, such as 10:40.")
    return int(first), int(last)


def _save(output: Path, draw: "Callable[[Installation, FigureFormat], WrittenFigure]") -> None:
    """A figure out of the graph, once the output's name is known to be good."""
    from service.operations.figures import check_format

    form = check_format(output)
    with open_installation() as installation:
        figure = draw(installation, form)
    figure.save(output)
    for notice in figure.notices:
        console.notice(notice)
    console.write(str(output))
