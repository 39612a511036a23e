"""Figures, as images."""

import io
from typing import Annotated, Literal

from mcp.server.mcpserver import Image
from pydantic import Field

from cypher.errors import InvalidInput
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import Align, Case, Level, RunName, Task
from service.operations import figures as operations
from service.operations.figures import DrawnFigure
from service.operations.sentences import find_sentence

LARGEST = 3 * 2**20
"""Bytes of an image."""

Figure = Literal["aggregated", "difference", "entropy", "attractors", "sentence"]


def draw_figure(
    context: TheContext,
    figure: Annotated[
        Figure,
        Field(
            description="aggregated: how often patterns take each step (task); difference: between two cases (task, "
            "case, against_case); entropy: pattern entropy against accuracy; attractors: which places speak for the "
            "wrong answer (task); sentence: the strongest words' paths (id)."
        ),
    ],
    run: RunName,
    task: Task = None,
    case: Case = None,
    against_case: Annotated[str | None, Field(max_length=300, description="Of difference: the second case.")] = None,
    level: Level = None,
    align: Align = None,
    steps: Annotated[
        int | None, Field(ge=1, le=1000, description="Of aggregated and difference: the most frequent shown.")
    ] = None,
    id: Annotated[str | None, Field(max_length=1000, description="Of sentence: its id.")] = None,  # noqa: A002
    words: Annotated[
        list[Annotated[str, Field(max_length=300)]] | None,
        Field(max_length=50, description="Of sentence: tokens or positions; the strongest four without it."),
    ] = None,
) -> list[str | Image]:
    """Draw a figure over a run, or of one sentence, as a PNG image."""
    store = desk_of(context).servers.store()
    given = {"task": task, "case": case, "against_case": against_case, "id": id}
    _check(figure, given)
    chosen_level, chosen_align = level or "attention", align or "position"
    match figure:
        case "aggregated":
            drawn = operations.draw_aggregated(
                store, run, task or "", case, level=chosen_level, align=chosen_align, steps=steps
            )
        case "difference":
            drawn = operations.draw_difference(
                store,
                run,
                task or "",
                case or "",
                against_case or "",
                level=chosen_level,
                align=chosen_align,
                steps=steps,
            )
        case "entropy":
            drawn = operations.draw_entropy(store, run, align=chosen_align)
        case "attractors":
            drawn = operations.draw_attractors(store, run, task or "", align=chosen_align)
        case "sentence":
            drawn = operations.draw_result(find_sentence(store, run, id or ""), words)
    return [*drawn.notices, Image(data=_png(drawn), format="png")]


NEEDED = {"aggregated": ("task",), "difference": ("task", "case", "against_case"), "attractors": ("task",)}
NEEDED |= {"entropy": (), "sentence": ("id",)}
"""What each figure cannot do without."""


def _check(figure: Figure, given: dict[str, str | None]) -> None:
    for name in NEEDED[figure]:
        if given[name] is None:
            raise InvalidInput(name, f"the figure {figure} needs it", f"Give {', '.join(NEEDED[figure])}.")
    takes = (*NEEDED[figure], *(("case",) if figure == "aggregated" else ()))
    for name, value in given.items():
        if value is not None and name not in takes:
            raise InvalidInput(name, f"the figure {figure} has no {name}", f"It takes {', '.join(takes) or 'a run'}.")


def _png(drawn: DrawnFigure) -> bytes:
    stream = io.BytesIO()
    drawn.write(stream, "png")
    if stream.tell() > LARGEST:
        problem = f"the image has {stream.tell():,} bytes, and an answer takes {LARGEST:,}"
        raise InvalidInput("figure", problem, "Show one case, fewer steps or fewer words.")
    return stream.getvalue()


TOOLS = (Definition(draw_figure, "Draw a figure"),)
