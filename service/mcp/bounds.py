"""Answers that an agent can read whole: bounded in rows and characters, and what is left out is said."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

CHARACTERS = 24_000
"""Of the rows of an answer, as JSON: some 8,000 tokens."""
CELL = 1000
"""Of one value."""
DIGITS = 6
"""Significant ones, of a number."""

T = TypeVar("T")


def clipped(text: str, most: int = CELL) -> str:
    """The text, or its beginning and how much more there is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} characters more)"


def rounded(value: Any) -> Any:
    """A JSON value with its numbers rounded, at any depth."""
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case dict():
            return {name: rounded(each) for name, each in value.items()}
        case list():
            return [rounded(each) for each in value]
        case _:
            return value


def cell(value: Any) -> Any:
    """A value of a table; one that is long becomes its beginning, of lists and maps as JSON."""
    small = rounded(value)
    if isinstance(small, str):
        return clipped(small)
    if isinstance(small, list | dict) and len(text := as_text(small)) > CELL:
        return clipped(text)
    return small


def as_text(value: Any) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def first_of(rows: Sequence[T], characters: int = CHARACTERS) -> list[T]:
    """As many of the first rows as fit; one at least, where there is one."""
    kept: list[T] = []
    left = characters
    for row in rows:
        left -= len(_as_json(row)) + 1
        if left < 0 and kept:
            break
        kept.append(row)
    return kept


def strongest(items: Iterable[T], most: int) -> list[T]:
    """Those of the largest absolute `influence`, the largest first."""
    return sorted(items, key=lambda each: -abs(getattr(each, "influence")))[:most]  # noqa: B009 - of any kind that has one


def _as_json(row: Any) -> str:
    return row.model_dump_json() if isinstance(row, BaseModel) else as_text(row)
