"""Ablation: is the model still right on patterns alone?"""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cypher.store.table import Table
from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import Case, RunName, Task
from service.mcp.tools.tables import Rows, shown
from service.operations import on_demand
from workers.evaluation.ablation.settings import LEVELS, AblationSettings

MOST = 200
"""Sentences of one call."""
DRAWS = 10
LONGEST = 50
"""Seconds that an answer may take."""


class AblationAnswer(Rows):
    """Accuracy of each case, and task, under each ablation."""

    model: str
    sentences: int = Field(description="That were ablated.")
    of_sentences: int = Field(description="That there are.")


async def ablate_patterns(
    context: TheContext,
    run: RunName,
    task: Task = None,
    case: Case = None,
    sentences: Annotated[int, Field(ge=1, le=MOST, description="The most, the first of each case.")] = 40,
    methods: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(max_length=20, description="original, gpr, random, repl_skip or a method of the run; all without it."),
    ] = None,
    levels: Annotated[list[Literal["embedding", "attention"]], Field(min_length=1)] = list(LEVELS),  # noqa: B006
    replace: Annotated[
        Literal["zeros", "mean"], Field(description="What stands in for nodes that are not kept.")
    ] = "zeros",
    draws: Annotated[int, Field(ge=1, le=50, description="How often random patterns are drawn.")] = DRAWS,
    model: Annotated[
        str | None, Field(max_length=1000, description="That made the run; the job's own, or bundled, without it.")
    ] = None,
) -> AblationAnswer:
    """Keep only the nodes and components of patterns: how often is the model still right? The next worker that is free
    computes it, for a bounded number of sentences."""
    servers = desk_of(context).servers
    settings = AblationSettings(
        methods=None if methods is None else tuple(methods), levels=tuple(levels), replace=replace, draws=draws
    )
    asked = await asyncio.to_thread(
        lambda: on_demand.ablation_of(servers.store(), run, model, settings, sentences, task=task, case=case)
    )
    servers.limits.check_model(asked.source, model or Path(asked.source).name)
    desk = await asyncio.to_thread(servers.on_demand)
    answer = await on_demand.answer_within(desk, asked, "ablation", LONGEST)
    if answer.error is not None:
        raise answer.error
    assert answer.content is not None
    done = answer.content
    table = Table(tuple(done["rows"][0]), [tuple(row.values()) for row in done["rows"]])
    kept, left_out = shown(table, 0, "ask for one task or case, or fewer methods")
    if more := done["left_out"]:
        left_out.append(f"{more:,} sentences: ask with a larger `sentences` (at most {MOST}), or one task or case")
    return AblationAnswer(
        model=done["model"],
        sentences=done["sentences"],
        of_sentences=done["sentences"] + done["left_out"],
        columns=list(table.columns),
        rows=kept,
        left_out=left_out,
        notices=[],
    )


TOOLS = (Definition(ablate_patterns, "Ablate all but patterns", "submit"),)
