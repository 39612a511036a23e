"""The folder of a report: what made it, the results it draws on, and a folder for every finished experiment.

- `experiments.json`: of each task the model, the settings and the sentences. Another model, other settings or other
  sentences of a task are refused; other tasks, of whatever model, are added.
- `results/TASK.jsonl`: results files, which can be resumed. In names of files, what is no letter or digit of a task's
  name may be percent-encoded, such as its slashes.
- `NAME/report.json`, with a CSV file for each table and an SVG and a PNG for each figure.
- `NAME/TASK.json`: where an experiment runs the model again, what it found of one task.
- `report.html`: all finished experiments on one page.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from cypher.errors import InvalidInput
from service.experiments.findings import ExperimentReport, NamedFigure, Sheet
from service.experiments.tasks import in_order
from service.figures.files import save
from service.results_file import read_results
from workers.analysis.results import InstanceResult

MANIFEST = "experiments.json"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a task's results come from."""

    model: str  # name
    fingerprint: str
    sentences: str  # in words
    settings: dict[str, Any]  # as results hold them
    source: str = field(compare=False)  # what the model is loaded by
    arguments: tuple[str, ...] = field(compare=False)  # that gave whoever called the options of the results
    whole: bool = field(default=False, compare=False)  # are all results there?


class Folder:
    """The folder at `path`, which is created where there is none.

    Raises:
        InvalidInput: it cannot be created, or it holds something else.
    """

    def __init__(self, path: Path):
        self.path = path
        self._manifest = path / MANIFEST
        if path.exists() and not path.is_dir():
            raise InvalidInput("output", f"{path} is not a folder", "Name another one.")
        if path.is_dir() and any(path.iterdir()) and not self._manifest.exists():
            raise InvalidInput("output", f"{path} holds something else", "Name a new folder.")
        self.origins = self._read()

    def results(self, task: str) -> Path:
        return self.path / "results" / f"{_file_name(task)}.jsonl"

    def of(self, experiment: str) -> Path:
        return self.path / experiment

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those whose results are all here, in the order of the paper, and the user's own after these."""
        return tuple(task for task in in_order(self.origins) if self._has(task))

    @property
    def page(self) -> Path:
        return self.path / "report.html"

    def check(self, task: str, origin: Origin) -> None:
        """Do the results of the task that are here, if any, have this origin?

        Raises:
            InvalidInput: they do not; the message names the difference.
        """
        before = self.origins.get(task)
        if before is None or before == origin or not self.results(task).exists():
            return
        fix = "Name another folder, or remove this one."
        if before.fingerprint != origin.fingerprint:
            one, other = (f"{each.model} ({each.fingerprint[:12]})" for each in (before, origin))
            raise InvalidInput("output", f"{self.path} has {task} of model {one}, and this run has {other}", fix)
        if before.sentences != origin.sentences:
            problem = f"{self.path} has {task} of sentences {before.sentences}, and this run has {origin.sentences}"
            raise InvalidInput("output", problem, fix)
        for name in sorted(before.settings.keys() | origin.settings.keys()):
            was, now = before.settings.get(name), origin.settings.get(name)
            if was != now:
                problem = f"{self.path} has {task} made with {name} {was}, and this run has {now}"
                raise InvalidInput("output", problem, fix)

    def claim(self, origins: Mapping[str, Origin]) -> None:
        """Record what the results of tasks come from.

        Raises:
            InvalidInput: the folder cannot be written, or as `check`.
        """
        for task, origin in origins.items():
            self.check(task, origin)
        self._record({task: replace(origin, whole=False) for task, origin in origins.items()})

    def complete(self, task: str) -> None:
        """Record that a task's results are all here."""
        self._record({task: replace(self.origins[task], whole=True)})

    def read_results(self) -> dict[str, list[InstanceResult]]:
        """The results of every task that has all of them."""
        return {task: list(read_results(self.results(task))) for task in self.tasks}

    def digest(self, tasks: Sequence[str], choices: Mapping[str, Any]) -> str:
        """Of the results of these tasks, and of what else changes the numbers of an experiment."""
        results = {}
        for task in tasks:
            with self.results(task).open("rb") as file:
                results[task] = file_digest(file, "sha256").hexdigest()
        return sha256(json.dumps([results, choices], sort_keys=True).encode()).hexdigest()

    def finished(self, experiment: str) -> ExperimentReport | None:
        """The report of an experiment; None where there is no complete one."""
        try:
            return ExperimentReport.from_dict(
                json.loads((self.of(experiment) / "report.json").read_text(encoding="utf-8"))
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def rows(
        self, experiment: str, task: str, made_from: str, kind: type[Row], compute: Callable[[], list[Row]]
    ) -> list[Row]:
        """What an experiment finds of one task: read where it was found before in the same results, else computed."""
        path = self.of(experiment) / f"{_file_name(task)}.json"
        row = TypeAdapter(kind)
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
            if before["made_from"] == made_from:
                return [row.validate_python(each) for each in before["rows"]]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # there is no complete one
        found = compute()
        path.parent.mkdir(exist_ok=True)
        _write(path, json.dumps({"made_from": made_from, "rows": [row.dump_python(each) for each in found]}))
        return found

    def write(self, report: ExperimentReport, figures: Sequence[NamedFigure]) -> None:
        """Tables and figures, and the report last: where it is, all is."""
        folder = self.of(report.experiment)
        folder.mkdir(exist_ok=True)
        (folder / "report.json").unlink(missing_ok=True)
        for sheet in report.sheets:
            _write_csv(folder / f"{sheet.name}.csv", sheet)
        for each in figures:
            for extension in (".svg", ".png"):
                save(each.figure, folder / f"{_file_name(each.name)}{extension}", {"figure": each.title})
        _write(folder / "report.json", json.dumps(report.to_dict(), indent=1, ensure_ascii=False))

    def figure(self, experiment: str, name: str) -> Path:
        """The SVG file of a figure."""
        return self.of(experiment) / f"{_file_name(name)}.svg"

    def _has(self, task: str) -> bool:
        return self.origins[task].whole and self.results(task).exists()

    def _record(self, origins: Mapping[str, Origin]) -> None:
        self.origins = {**self.origins, **origins}
        try:
            (self.path / "results").mkdir(parents=True, exist_ok=True)
            text = {"tasks": {task: asdict(origin) for task, origin in self.origins.items()}}
            _write(self._manifest, json.dumps(text, indent=2, ensure_ascii=False))
        except OSError as error:
            raise InvalidInput(
                "output", f"cannot write {self.path} ({error.strerror})", "Name a folder that you can write to."
            ) from error

    def _read(self) -> dict[str, Origin]:
        if not self._manifest.exists():
            return {}
        try:
            tasks = json.loads(self._manifest.read_text(encoding="utf-8"))["tasks"]
            return {
                task: Origin(**{**values, "arguments": tuple(values["arguments"])}) for task, values in tasks.items()
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput("output", f"{self._manifest} is damaged", "Name another folder.") from error


def _file_name(name: str) -> str:
    """A name without its extension, of a task or with one in it, which may hold any characters."""
    return quote(name, safe=" (),+'")


def _write(path: Path, text: str) -> None:
    """The whole file or nothing of it."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _write_csv(path: Path, sheet: Sheet) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.columns)
        writer.writerows([json.dumps(cell) if isinstance(cell, tuple) else cell for cell in row] for row in sheet.rows)
