"""Arguments that many tools take."""

from typing import Annotated, Literal

from pydantic import Field

RunName = Annotated[
    str, Field(min_length=1, max_length=300, description="A run: its name, id, or the id's first digits.")
]
Task = Annotated[str | None, Field(max_length=300, description="Only this task, such as sva-obj; all without it.")]
Case = Annotated[str | None, Field(max_length=300, description="Only this case, such as SP; all without it.")]
Level = Annotated[
    Literal["embedding", "attention"] | None,
    Field(description="Of patterns: positions alone, or positions and heads; attention without it."),
]
Method = Annotated[str | None, Field(max_length=100, description="By which patterns were found; gpr without it.")]
Align = Annotated[
    Literal["position", "role"] | None, Field(description="What sentences are laid over each other by; position.")
]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="Rows to skip, as `left_out` says.")]
RowCount = Annotated[int, Field(ge=1, le=1000, description="The most rows.")]
Cursor = Annotated[str | None, Field(max_length=100, description="`next` of the page before.")]
