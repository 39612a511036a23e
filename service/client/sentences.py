"""Sentences as requests carry them, and where in the caller's own file one is that a service names."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from cypher.errors import InfluenceError
from service.client.problems import unreadable
from workers.datasets import Instance
from workers.datasets.rows import make_instance
from workers.datasets.writer import lines_of

PLACE = re.compile(r"sentences\.(\d+)")


def as_rows(instances: Iterable[Instance]) -> list[dict[str, Any]]:
    """The fields of each, as an input file has them."""
    return [json.loads(line) for line in lines_of(instances)]


def from_lines(text: str) -> list[Instance]:
    """The sentences of JSON lines that a service wrote.

    Raises:
        ServerError: a line is none.
    """
    try:
        return [make_instance(json.loads(line), "", "") for line in text.splitlines()]
    except (InfluenceError, ValueError):
        raise unreadable() from None


def own_place(where: str | None, instances: Sequence[Instance]) -> str | None:
    """Where a sentence was read from, of one that the service calls such as `sentences.3`."""
    place = None if where is None else PLACE.fullmatch(where)
    return where if place is None else instances[int(place[1])].origin
