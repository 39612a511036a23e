"""results.jsonl: one result a line, appended as results come, so that a run that was cut off can resume.

1. A last line that was cut off in writing is dropped; every other line must be a result, or blank. A byte-order mark at
   the beginning is left out.
2. What is there is kept if it was made by the same model with the same settings from the same sentences;
   otherwise the file is refused and stays as it is.
3. Every new result is flushed at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import SEEK_END
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import portalocker

from cypher.errors import InvalidInput
from service.exactness import Exactness
from workers.analysis.results import InstanceResult, NotFinite
from workers.analysis.settings import COUNTERFACTUAL, LEFT_OUT
from workers.datasets.instance import SIMILARITY, Instance

OPENING = '{"id": '
"""How every line begins; what is cut off must begin like this to be dropped."""

OTHER_FILE = "Name another output, or remove this file to start anew."
NO_RESULTS = "Name a file of results, such as an analysis writes."


def read_results(path: Path) -> Iterator[InstanceResult]:
    """The results of a file, in order, without a last line that was cut off in writing.

    Raises:
        InvalidInput: no such file, or a line that is no result.
    """
    for line in _lines(path):
        yield line.result


@dataclass(frozen=True)
class KeptResults:
    """What a results file already holds."""

    ids: frozenset[str]
    exactness: Exactness  # of these results
    size: int  # bytes up to the end of the last whole line


NOTHING = KeptResults(frozenset(), Exactness(), 0)


def read_kept(path: Path, model: str, settings: Mapping[str, Any], instances: Sequence[Instance]) -> KeptResults:
    """The results of an earlier run that this run can keep; none where there is no file.

    Args:
        model: fingerprint of the model.
        settings: of this run, as results hold them.
        instances: of this run.

    Raises:
        InvalidInput: the file is no results file, or its results have another model, settings or sentences.
    """
    if not path.exists():
        return NOTHING
    known = {instance.id: instance for instance in instances}
    ids: set[str] = set()
    exactness, size = Exactness(), 0
    for line in _lines(path):
        result = line.result
        _check_same(path, result, model, settings, known.get(result.id))
        if result.id in ids:
            raise InvalidInput("output", f"{path} holds {result.id!r} twice", OTHER_FILE)
        ids.add(result.id)
        exactness.add(result)
        size = line.end
    return KeptResults(frozenset(ids), exactness, size)


@dataclass(frozen=True)
class FileContent:
    """What a results file holds."""

    first: InstanceResult  # whose model and settings all the others share
    count: int


def read_content(path: Path) -> FileContent:
    """Read a whole file before any of it is used.

    Raises:
        InvalidInput: as `read_checked`.
    """
    results = read_checked(path)
    return FileContent(next(results), 1 + sum(1 for _ in results))


def is_cut_off(path: Path) -> bool:
    """Was the last line of a results file cut off in writing, so that it is left out?"""
    with path.open("rb") as file:
        file.seek(-1, SEEK_END)
        return file.read(1) != b"\n"


def read_checked(path: Path) -> Iterator[InstanceResult]:
    """The results of a file, in order, without a last line that was cut off in writing.

    Raises:
        InvalidInput: no such file, a line that is no result, no results, one twice, or several models or settings.
    """
    first: InstanceResult | None = None
    ids: set[str] = set()
    for line in _lines(path):
        result, where = line.result, f"{path}:{line.number}"
        first = first or result
        if result.id in ids:
            raise InvalidInput("id", f"{result.id!r} appears twice", "Leave one of them out.", where)
        ids.add(result.id)
        if result.model != first.model:
            problem = f"this result is of model {result.model[:12]}, the earlier ones are of {first.model[:12]}"
            raise InvalidInput("model", f"{problem} (fingerprints)", "Put each model's results into a file.", where)
        if result.settings != first.settings:
            _check_settings(result.settings, first.settings, where)
        yield result
    if first is None:
        raise InvalidInput("results", f"{path} holds no results", NO_RESULTS)


def _check_settings(settings: Mapping[str, Any], first: Mapping[str, Any], where: str) -> None:
    for name in sorted(settings.keys() | first.keys()):
        before, now = first.get(name, LEFT_OUT.get(name)), settings.get(name, LEFT_OUT.get(name))
        if before != now:
            problem = f"this result was made with {_shown(now)}, the earlier ones with {_shown(before)}"
            raise InvalidInput(name, problem, "Put the results of each choice of settings into a file.", where)


class ResultsWriter:
    """Appends results to a file behind its first `size` bytes; no other run can at the same time. A context manager."""

    def __init__(self, path: Path, size: int):
        self.path = path
        self.size = size

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("ab")
            portalocker.lock(self._file, portalocker.LOCK_EX | portalocker.LOCK_NB)
            self._file.truncate(self.size)
        except portalocker.LockException as error:
            self._file.close()
            raise InvalidInput(
                "output", f"another run is writing {self.path}", "Wait for it, or name another file."
            ) from error
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def write(self, result: InstanceResult) -> None:
        """One line, flushed at once.

        Raises:
            InvalidInput: the file cannot be written any more, such as on a full disk.
        """
        try:
            self._file.write(f"{result.to_json()}\n".encode())
            self._file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def check_writable(path: Path) -> None:
    """Can results be written there? Leaves an existing file as it is, and no new one.

    Raises:
        InvalidInput: they cannot.
    """
    existed = path.exists()
    if str(path) == "-" or (existed and not path.is_file()):
        raise InvalidInput("output", f"{path} is not a file", "Name a file, or none for results on stdout.")
    try:
        path.open("ab").close()
    except OSError as error:
        raise _unwritable(path, error) from error
    if not existed:
        path.unlink()


def _shown(value: Any) -> str:
    """A setting as it is given."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        "output", f"cannot write {path} ({error.strerror})", "Name a file in a folder that you can write to."
    )


class _Line(NamedTuple):
    number: int  # from 1
    end: int  # bytes from the file's beginning
    result: InstanceResult


def _lines(path: Path) -> Iterator[_Line]:
    """The lines that are not blank, without one that was cut off in writing."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput("results", f"cannot read {path} ({error.strerror})", NO_RESULTS) from error
    end = 0
    with file:
        for number, line in enumerate(file, start=1):
            end += len(line)
            opening = OPENING.encode()
            if not line.endswith(b"\n") and (line.startswith(opening) or opening.startswith(line)):
                return
            where = f"{path}:{number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if not text.strip():
                    continue
                result = InstanceResult.from_json(text)
            except UnicodeDecodeError as error:
                problem = f"this line is not a result: byte {line[error.start]:#04x} is not UTF-8"
                raise InvalidInput("results", problem, NO_RESULTS, where) from None
            except NotFinite as error:
                raise InvalidInput("results", str(error), "Analyse this sentence again, in float64.", where) from None
            except ValueError as error:
                raise InvalidInput("results", "this line is not a result", NO_RESULTS, where) from error
            yield _Line(number, end, result)


def _check_same(
    path: Path, result: InstanceResult, model: str, settings: Mapping[str, Any], instance: Instance | None
) -> None:
    if result.model != model:
        problem = f"{path} was made with model {result.model[:12]}, and this run has {model[:12]} (fingerprints)"
        raise InvalidInput("model", problem, OTHER_FILE)
    for name in sorted(result.settings.keys() | settings.keys()):
        before, now = result.settings.get(name, LEFT_OUT.get(name)), settings.get(name, LEFT_OUT.get(name))
        if before != now:
            problem = f"{path} was made with {_shown(before)}, and this run has {_shown(now)}"
            fix = f"Use {_shown(before)} again, name another output, or remove this file."
            raise InvalidInput(name, problem, fix)
    if instance is None:
        return
    if instance.label is not None and instance.correct is None:  # classes go by several names
        if (instance.wrong is not None) != result.wrong_is_given:
            before = result.wrong if result.wrong_is_given else "the best other class"
            now = instance.wrong or "the best other class"
            raise InvalidInput("wrong", f"of {result.id!r} it is {before!r} in {path}, and {now!r} here", OTHER_FILE)
        instance = replace(instance, wrong=None)
    if settings.get("baseline") != COUNTERFACTUAL:
        instance = replace(instance, counterfactual=None)
    if settings["question"] != SIMILARITY:
        instance = replace(instance, reference=None, target_word=None)
    elif instance.target_word != result.target_word:
        before, now = (each.target_word or "the first token" for each in (result, instance))
        problem = f"of {result.id!r} it is {before!r} in {path}, and {now!r} here"
        raise InvalidInput("target_word", problem, OTHER_FILE)
    for name in ("text", "correct", "wrong", "counterfactual", "reference"):
        before, now = getattr(result, name), getattr(instance, name)
        if now is not None and before != now:  # a classifier's instance has no answers but its label
            raise InvalidInput(name, f"of {result.id!r} it is {before!r} in {path}, and {now!r} here", OTHER_FILE)
