"""The writer of sentence files: JSON lines that `read_instances` reads back."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cypher.errors import InvalidInput
from workers.datasets.instance import Instance
from workers.datasets.rows import FIELDS


def write_instances(destination: str | Path | IO[str], instances: Iterable[Instance]) -> None:
    """One JSON object a line with the fields that an instance has, to a path or an open stream.

    Raises:
        InvalidInput: a path that cannot be written.
    """
    if not isinstance(destination, str | Path):
        destination.writelines(lines_of(instances))
        return
    try:
        with Path(destination).open("w", encoding="utf-8") as stream:
            stream.writelines(lines_of(instances))
    except OSError as error:
        problem = f"{str(destination)!r} cannot be written ({error.strerror})"
        raise InvalidInput("output", problem, "Name a file in a directory that exists and may be written to.") from None


def lines_of(instances: Iterable[Instance]) -> Iterator[str]:
    """The same as text, a line at a time."""
    return map(_line, instances)


def _line(instance: Instance) -> str:
    values = {field: getattr(instance, field) for field in FIELDS}
    return json.dumps({field: value for field, value in values.items() if value}, ensure_ascii=False) + "\n"
