"""A tool as it is offered: a function, what it asks for, and what a client may expect of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, Literal

from mcp.types import ToolAnnotations

from service.operations.keys import Scope

Changes = Literal["nothing", "adds", "stops"]
"""What a tool does to the graph and its jobs."""

HINTS: Mapping[Changes, ToolAnnotations] = {
    "nothing": ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True),
    "adds": ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False),
    "stops": ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False),
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool; its docstring is its description."""

    function: Callable[..., Any]
    title: str
    scope: Scope = "read"
    changes: Changes = "nothing"

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def parameters(self) -> list[str]:
        """Names of what a caller may give."""
        return [name for name in signature(self.function).parameters if name != "context"]

    @property
    def annotations(self) -> ToolAnnotations:
        """For clients that ask their users before some tools; no tool reaches beyond the service's servers."""
        return HINTS[self.changes].model_copy(update={"open_world_hint": False})
