"""The server of tools, whatever carries its messages.

A call passes, in this order: is there such a tool, may the caller use it, does it take these arguments; then the tool.
Whatever goes wrong is the answer of the tool, in words; what nobody expected is in the log alone.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import structlog
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ValidationError

from cypher.errors import InfluenceError
from cypher.suggestions import did_you_mean
from service.answers.errors import ToldError
from service.mcp.bounds import as_text, rounded
from service.mcp.definition import Definition
from service.mcp.desk import Desk
from service.mcp.errors import of_arguments, of_error, refused
from service.mcp.tools import TOOLS
from service.operations.keys import CHANGING, Caller

DEFINITIONS: Mapping[str, Definition] = {each.name: each for each in TOOLS}
"""By name."""

INSTRUCTIONS = """\
Which path, through which attention heads, carries each word's effect to a transformer's prediction? Results of many \
sentences are in a graph, as runs (a run: one model with one choice of settings).

Begin with list_runs, then describe_run: its tasks, cases and how exact it is. Named reports (list_reports, \
run_report, compare_sides) answer most questions; describe_graph tells what query_graph can ask in Cypher. \
list_sentences and describe_sentence go down to single sentences; draw_figure shows them. submit_job computes new \
sentences.

Influences are in logits. Numbers have 6 significant digits. Answers are bounded: `left_out` says what is missing and \
how to get it."""

log = structlog.get_logger()


class ToolServer(MCPServer[Desk]):
    """Tools at one desk."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Desk, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The answer of a tool, or why there is none."""
        assert context is not None
        definition = DEFINITIONS.get(name)
        if definition is None:
            fix = f"{did_you_mean(name[:100], DEFINITIONS)}There are {', '.join(DEFINITIONS)}."
            return refused(ToldError("not-found", "there is no tool of that name", "name", fix))
        desk = context.request_context.lifespan_context
        caller = desk.caller_of(context.request_context.request)
        if (refusal := _refusal(definition, caller, arguments)) is not None:
            return refused(refusal)
        if definition.scope in CHANGING:
            request = getattr(context.request_context.request, "state", None)
            log.info(
                "audit", caller=caller.id, name=caller.name, tool=name, request=getattr(request, "request_id", None)
            )
        try:
            answer = await super().call_tool(name, arguments, context)
        except ToolError as error:
            match error.__cause__:
                case ValidationError() as cause:
                    return refused(of_arguments(cause))
                case InfluenceError() as cause:
                    return refused(of_error(cause), desk.advice(cause))
                case cause:
                    log.error("unexpected", tool=name, exc_info=cause or error)
                    problem = "the service met an error that it does not know"
                    return refused(ToldError("internal-error", problem, fix="Report it, please."))
        if isinstance(answer, CallToolResult) and answer.structured_content is not None:
            structure = rounded(answer.structured_content)
            text = TextContent(type="text", text=as_text(structure))  # for those who read no structure
            return CallToolResult(content=[text], structured_content=structure)
        return answer


def create_server(desk: Desk) -> ToolServer:
    """A server of all tools; it opens neither graph nor broker."""

    @asynccontextmanager
    async def lifespan(server: MCPServer[Desk]) -> AsyncIterator[Desk]:
        yield desk

    server = ToolServer(
        name="influence-graph",
        title="Influence Graph",
        version=version("influence-graph"),
        instructions=INSTRUCTIONS,
        lifespan=lifespan,
        log_level="WARNING",
    )
    for each in TOOLS:
        server.add_tool(
            each.function,
            title=each.title,
            annotations=each.annotations,
            meta={"scope": each.scope},
        )
    return server


def _refusal(definition: Definition, caller: Caller, arguments: Mapping[str, Any]) -> ToldError | None:
    """Why a caller may not call a tool so, before the tool is asked."""
    if not caller.may(definition.scope):
        problem = f"the key {caller.name!r} has the scopes {', '.join(caller.scopes)}"
        return ToldError("forbidden", problem, fix=f"Use a key with the scope {definition.scope}.")
    known = definition.parameters
    for name in arguments:
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            return ToldError(
                "invalid-input", "is no argument of this tool", name[:100], f"{did_you_mean(name[:100], known)}{takes}"
            )
    return None
