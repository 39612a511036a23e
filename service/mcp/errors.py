"""Errors as an agent is told them: which argument, what is wrong with it, and how to ask better."""

from collections.abc import Mapping
from dataclasses import asdict

from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from cypher.errors import InfluenceError, InvalidQuery
from service.answers.errors import ToldError, told
from service.mcp.bounds import clipped

LONGEST = 2000
"""Characters of what is said of one error."""

HINTS: Mapping[tuple[str, str | None], str] = {
    ("not-found", "run"): "list_runs lists them.",
    ("not-found", "id"): "list_sentences lists them.",
    ("not-found", "report"): "list_reports tells what each is about.",
    ("not-found", "task"): "describe_run lists a run's tasks and cases.",
    ("not-found", "case"): "describe_run lists a run's tasks and cases.",
    ("invalid-query", "query"): "describe_graph tells what there is to match.",
    ("refused-query", "query"): "describe_graph has examples.",
}
"""By code and field: which tool helps."""


def refused(error: ToldError, advice: str = "") -> CallToolResult:
    """An error as the answer of a tool."""
    text = clipped(error.problem, LONGEST)
    if error.field is not None:
        text = f"{error.field}: {text}"
    if error.where is not None:
        text = f"{error.where}: {text}"
    more = (error.fix, HINTS.get((error.code, error.field)), advice)
    text = " ".join((f"{text.rstrip('.')}.", *(part for part in more if part)))
    known = {name: clipped(value, LONGEST) for name, value in asdict(error).items() if value is not None}
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=known, is_error=True)


def of_error(error: InfluenceError) -> ToldError:
    """One of the project's own errors."""
    known = told(error)
    if isinstance(error, InvalidQuery):  # Neo4j's own words; what to do is in them
        return ToldError(known.code, known.problem, "query")
    return known


def of_arguments(error: ValidationError) -> ToldError:
    """Arguments that the tool cannot take; what was given is not repeated."""
    errors = error.errors(include_url=False, include_input=False)
    first = errors[0]
    others = [".".join(map(str, each["loc"])) for each in errors[1:4] if each["loc"][:1] != first["loc"][:1]]
    problem = first["msg"] + (f" (also wrong: {', '.join(others)})" if others else "")
    fix = "Correct it; the tool's description says what it takes."
    return ToldError("invalid-input", problem, ".".join(map(str, first["loc"])), fix)
