"""JSON lines: rows with our own fields, or BLiMP's minimal pairs."""

import json
from collections.abc import Iterator
from typing import Any

from cypher.errors import InvalidInput
from workers.datasets.readers import blimp
from workers.datasets.readers.content import Text
from workers.datasets.readers.records import Record


def read_json_lines(text: Text) -> Iterator[Record]:
    """The rows of a file; the first object tells which of the two forms they have."""
    pairs: bool | None = None
    for line, values in _objects(text):
        if isinstance(values, InvalidInput):
            yield line, values
            continue
        if pairs is None:
            pairs = blimp.GOOD in values
        yield line, blimp.read_pair(values) if pairs else values


def _objects(text: Text) -> Iterator[tuple[int, dict[str, Any] | InvalidInput]]:
    for number, line in enumerate(text.lines("\n"), start=1):
        if line.strip():
            yield number, _object(line.removesuffix("\n"))


def _object(line: str) -> dict[str, Any] | InvalidInput:
    fix = 'Write one object a line, such as {"text": "…", "correct": "is", "wrong": "are"}.'
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        return InvalidInput("line", f"it is not JSON ({error.msg} at column {error.colno})", fix)
    except ValueError:
        return InvalidInput("line", "it holds a number that is too long", fix)
    except RecursionError:
        return InvalidInput("line", "it is nested too deeply", fix)
    return values if isinstance(values, dict) else InvalidInput("line", "it is JSON, but no object", fix)
