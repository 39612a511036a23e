"""Chunks of a run as the CSV files that Neo4j's importer takes.

1. Each table is a file; what its columns are stands in a file of its own, so that runs can be written side by side.
2. A node has a number in the files, by which relationships name their ends: the importer is faster with numbers. Those
   of models begin at 0, and those of run k, counted from 1, at k * 2^40.
3. Lists are joined by a character that no text should hold; texts are quoted, so that an empty one is not missing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from cypher.bulk.columns import TABLES, ColumnType
from cypher.bulk.totals import Totals
from cypher.errors import InvalidInput
from cypher.store.records import ChunkRecord, InstanceRecord, ModelRecord, RunRecord

SEPARATOR = "\x1f"  # of a list's elements
NUMBERS = 2**40  # of nodes that a run may have


class File(NamedTuple):
    """What the rows of a file are, and their columns after those of node numbers."""

    type: str  # label or type
    columns: Mapping[str, ColumnType]
    ends: tuple[str, str] | None = None  # of relationships: the labels of the nodes that they lead from and to


def _without(table: str, *names: str) -> dict[str, ColumnType]:
    return {name: kind for name, kind in TABLES[table].items() if name not in names}


FILES = {
    "models": File("Model", TABLES["models"]),
    "runs": File("Run", TABLES["runs"]),
    "chunks": File("Chunk", TABLES["chunks"]),
    "cases": File("Case", _without("cases", "run")),
    "sites": File("Site", _without("sites", "case")),
    "routes": File("Route", _without("routes", "case")),
    "instances": File("Instance", _without("instances", "chunk", "order", "case")),
    "activations": File("Activation", _without("activations", "instance")),
    "patterns": File("Pattern", _without("patterns", "instance")),
    "uses": File("USES", {}, ends=("Run", "Model")),
    "has_chunk": File("HAS_CHUNK", {}, ends=("Run", "Chunk")),
    "has_case": File("HAS_CASE", {}, ends=("Run", "Case")),
    "has_site": File("HAS_SITE", {}, ends=("Case", "Site")),
    "has_route": File("HAS_ROUTE", {}, ends=("Case", "Route")),
    "holds": File("HOLDS", {"order": "long"}, ends=("Chunk", "Instance")),
    "of": File("OF", {}, ends=("Instance", "Case")),
    "has": File("HAS", {}, ends=("Instance", "Activation")),
    "has_pattern": File("HAS_PATTERN", {}, ends=("Instance", "Pattern")),
    "flows": File("FLOWS", _without("flows", "source", "target"), ends=("Activation", "Activation")),
    "steps": File("STEP", _without("steps", "pattern", "activation"), ends=("Pattern", "Activation")),
    "traffic": File("TRAFFIC", _without("traffic", "source", "target"), ends=("Site", "Site")),
}


def header(file: File) -> str:
    """The line that tells the importer what the columns are."""
    numbers = [":START_ID", ":END_ID"] if file.ends else [":ID"]
    return ",".join([*numbers, *(f"{name}:{kind}" for name, kind in file.columns.items())]) + "\n"


class RunFiles:
    """The files of one run. A context manager.

    Raises:
        InvalidInput: a text that cannot be in a list.
    """

    def __init__(self, folder: Path, number: int, run: RunRecord, model: int):
        """
        Args:
            number: of the run among those that are imported together, from 1.
            model: number of its model's node, which is written elsewhere.
        """
        self._folder = folder
        self._run = run
        self._suffix = f"-{number}.csv"
        self._numbers = count(number * NUMBERS)
        self._node = next(self._numbers)
        self._model = model
        self._cases: dict[str, int] = {}
        self._totals = Totals()
        self.chunks = 0
        self.instances = 0
        self.correct = 0
        self.multiline = False  # does a text span lines?

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._files = {
                name: stack.enter_context((self._folder / f"{name}{self._suffix}").open("w", newline="\n"))
                for name in FILES
                if name != "models"
            }
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if error is None:
                self._finish()

    def add(self, chunk: ChunkRecord) -> None:
        """Write a chunk's rows; its sums are kept to the end."""
        node = next(self._numbers)
        values = {"id": chunk.id, "run": chunk.run, "index": chunk.index, "instances": len(chunk.instances)}
        self._write("chunks", node, values | {"status": "completed", "attempts": 1, "seconds": 0.0})
        self._write("has_chunk", (self._node, node))
        for case in chunk.cases:
            if case.id not in self._cases:
                self._cases[case.id] = next(self._numbers)
        for instance, order in zip(chunk.instances, chunk.order, strict=True):
            at = self._add_instance(instance)
            self._write("holds", (node, at), {"order": order})
        self._totals.add(chunk)
        self.chunks += 1
        self.instances += len(chunk.instances)
        self.correct += sum(instance.predicted_correctly for instance in chunk.instances)

    def _add_instance(self, instance: InstanceRecord) -> int:
        """Its rows, by far the most of all: made without detours."""
        node = next(self._numbers)
        self._write("instances", node, instance)
        self._write("of", (node, self._cases[instance.case]))
        first = node + 1
        activations, patterns = len(instance.activations), len(instance.patterns)
        self._numbers = count(first + activations + patterns)
        texts: dict[str | None, str] = {text: _text(text) for a in instance.activations for text in (a.token, a.role)}
        self._files["activations"].write(
            "".join(
                f"{at},{a.id},{a.layer},{a.position},{texts[a.token]},{texts[a.role]}\n"
                for at, a in enumerate(instance.activations, first)
            )
        )
        self._files["has"].write("".join(f"{node},{at}\n" for at in range(first, first + activations)))
        self._files["flows"].write("".join(f"{first + f[0]},{first + f[1]},{f[2]},{f[3]!r}\n" for f in instance.flows))
        for at, pattern in enumerate(instance.patterns, first + activations):
            self._write("patterns", at, pattern)
            self._files["has_pattern"].write(f"{node},{at}\n")
            self._files["steps"].write(
                "".join(f"{at},{first + s[0]},{s[1]},{'' if s[2] is None else s[2]}\n" for s in pattern.steps)
            )
        return node

    def _finish(self) -> None:
        """What the run's end tells: sums, and the run itself."""
        sites: dict[str, int] = {}
        for case in self._totals.cases.values():
            self._write("cases", self._cases[case.id], case)
            self._write("has_case", (self._node, self._cases[case.id]))
        for site in self._totals.sites.values():
            sites[site.id] = next(self._numbers)
            self._write("sites", sites[site.id], site)
            self._write("has_site", (self._cases[site.case], sites[site.id]))
        for step in self._totals.traffic.values():
            self._write("traffic", (sites[step.source], sites[step.target]), step)
        for route in self._totals.routes.values():
            node = next(self._numbers)
            self._write("routes", node, route)
            self._write("has_route", (self._cases[route.case], node))
        now = datetime.now(UTC).isoformat()
        values = asdict(self._run) | {"status": "completed", "created_at": now, "finished_at": now}
        values |= {"instances": self.instances, "correct": self.correct, "chunks": self.chunks}
        self._write("runs", self._node, values)
        self._write("uses", (self._node, self._model))

    def _write(self, name: str, numbers: int | tuple[int, int], values: Any = None) -> None:
        row = line(FILES[name], numbers, values)
        self._files[name].write(row)
        self.multiline |= "\n" in row[:-1] or "\r" in row


def write_models(folder: Path, models: Iterable[ModelRecord]) -> None:
    """The models that runs use, numbered from 0."""
    lines = [line(FILES["models"], number, model) for number, model in enumerate(models)]
    (folder / "models-0.csv").write_text("".join(lines), newline="\n")


def line(file: File, numbers: int | tuple[int, int], values: Any = None) -> str:
    """A row of a file.

    Args:
        numbers: of the node, or of both ends.
        values: a record, or a map.
    """
    cells = [str(numbers)] if isinstance(numbers, int) else list(map(str, numbers))
    for name, kind in file.columns.items():
        value = values.get(name) if isinstance(values, dict) else getattr(values, name)
        cells.append("" if value is None else _CELLS[kind](value))
    return ",".join(cells) + "\n"


def _text(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _texts(values: tuple[str, ...]) -> str:
    for value in values:
        if SEPARATOR in value:
            raise InvalidInput(
                "text", f"the text {value!r} holds the character U+001F", "Load its file without the bulk import."
            )
    return _text(SEPARATOR.join(values))


def _numbers(values: tuple[float, ...]) -> str:
    return SEPARATOR.join(map(repr, values))


_CELLS: dict[ColumnType, Callable[[Any], str]] = {
    "string": _text,
    "long": str,
    "double": repr,
    "boolean": lambda value: "true" if value else "false",
    "datetime": str,
    "string[]": _texts,
    "long[]": _numbers,
    "double[]": _numbers,
}
