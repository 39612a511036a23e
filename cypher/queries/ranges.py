"""Ranges of a query that are too long to be a list, seen before it runs.

Neo4j's limits of time and memory see what a query's steps do, not what an expression builds: a list made in one of a
range of a hundred million numbers ends the server. Only bounds that are written down, or given as parameters, are seen
here; what a query computes is not. Behind UNWIND a range is no list: its numbers come one by one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LONGEST = 1_000_000
"""Numbers in a range."""

TOKEN = re.compile(
    r"""
    (?P<blank>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:``|[^`])*`)
    | (?P<parameter>\$\w+)
    | (?P<number>0[xX][0-9a-fA-F]+|0[oO][0-7]+|\d+(?![\w.]))
    | (?P<word>\w+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Range(NamedTuple):
    """A call of `range`."""

    written: str
    size: int  # numbers in it


def long_ranges(text: str, parameters: Mapping[str, Any]) -> Iterator[Range]:
    """The ranges beyond the limit, but for those behind UNWIND."""
    tokens = [match for match in TOKEN.finditer(text) if match.lastgroup != "blank"]
    words = [match[0].upper() for match in tokens]
    for index, word in enumerate(words):
        if word != "RANGE" or words[index - 1 : index] == ["UNWIND"] or words[index + 1 : index + 2] != ["("]:
            continue
        bounds, end = _bounds(tokens, index + 2, parameters)
        if bounds is not None and (size := _size(*bounds)) > LONGEST:
            yield Range(re.sub(r"\s+", " ", text[tokens[index].start() : tokens[end].end()]), size)


def _bounds(tokens: list[re.Match[str]], index: int, parameters: Mapping[str, Any]) -> tuple[list[int] | None, int]:
    """The arguments up to the closing bracket and its place; None where one of them is no number that is known."""
    bounds: list[int] = []
    while index < len(tokens):
        negative = tokens[index][0] == "-"
        index += negative
        if index + 1 >= len(tokens):
            break
        value, after = _value(tokens[index], parameters), tokens[index + 1][0]
        if value is None or after not in (",", ")"):
            break
        bounds.append(-value if negative else value)
        if after == ")":
            return (bounds if len(bounds) in (2, 3) else None), index + 1
        index += 2
    return None, index


def _value(token: re.Match[str], parameters: Mapping[str, Any]) -> int | None:
    if token.lastgroup == "number":
        return int(token[0], 0) if token[0][:2].lower() in ("0x", "0o") else int(token[0][:30])
    given = parameters.get(token[0][1:]) if token.lastgroup == "parameter" else None
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _size(first: int, last: int, step: int = 1) -> int:
    return max(0, (last - first) // step + 1) if step else 0
