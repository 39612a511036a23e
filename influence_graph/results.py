"""Results that show themselves, one by one and as a table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, overload

from cypher.bulk.totals import worst
from cypher.errors import Conflict
from influence_graph.figures import Figure
from influence_graph.html import render
from service.operations.figures import draw_result
from service.results_file import ResultsWriter, check_writable
from service.results_file import read_results as read_file
from workers.analysis.results import InstanceResult, WordResult
from workers.influence.component import SKIP

if TYPE_CHECKING:
    from workers.models import Model

SHOWN = 20
"""Results that a notebook shows of many."""


class Result(InstanceResult):
    """Everything computed about one sentence, with what made it. A notebook shows its words and its figure."""

    @classmethod
    def of(cls, result: InstanceResult) -> Self:
        """The same result, with what shows it."""
        return cls(**{field.name: getattr(result, field.name) for field in fields(result)})

    @property
    def right(self) -> bool | None:
        """Does the model prefer the right answer? None where the question has none."""
        return self.qoi > 0 if self.tells_right else None

    @property
    def strongest(self) -> list[WordResult]:
        """The words, those of largest absolute influence first."""
        return sorted(self.words, key=lambda word: -abs(word.influence))

    def plot(self, words: Iterable[str | int] | None = None) -> Figure:
        """The paths that carry the influence of some words, layer by layer (paper, Figure 1).

        Args:
            words: tokens or positions; by default the four words of largest influence.

        Raises:
            InvalidInput: a name that no source word has.
        """
        return Figure(draw_result(self, None if words is None else [str(word) for word in words]))

    def __repr__(self) -> str:
        return f"<Result {self.id!r}: {len(self.words)} words, quantity of interest {self.qoi:+.3f}>"

    def _repr_html_(self) -> str:
        largest = max(abs(word.influence) for word in self.words) or 1.0
        words = [(word, _steps(self, word), 100 * abs(word.influence) / largest) for word in self.strongest]
        return render("result", result=self, text=self.sentence, words=words, figure=self.plot().data_uri())


class Results(Sequence[Result]):
    """Results, in order. A notebook shows them as a table."""

    def __init__(self, results: Iterable[InstanceResult]):
        self._results = tuple(result if isinstance(result, Result) else Result.of(result) for result in results)

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> "Results": ...
    def __getitem__(self, index: int | slice) -> "Result | Results":
        return Results(self._results[index]) if isinstance(index, slice) else self._results[index]

    @property
    def model(self) -> "Model | None":
        """The model that made them, where it is loaded."""
        return None

    @property
    def right(self) -> int | None:
        """How many sentences the model has right; None where the question has no right answer."""
        known = [result.right for result in self if result.right is not None]
        return sum(known) if len(known) == len(self) else None

    @property
    def worst_completeness_error(self) -> float | None:
        """The largest completeness error; None where there is none."""
        return worst(result.completeness_error for result in self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} sentences>"

    def _repr_html_(self) -> str:
        rows = [(result, result.sentence, result.strongest[:3]) for result in self[:SHOWN]]
        return render("results", results=self, rows=rows)


def read_results(path: str | PathLike[str]) -> Results:
    """The results in a file, without a last line that was cut off in writing.

    Raises:
        InvalidInput: no such file, or a line that is no result.
    """
    return Results(read_file(Path(path)))


def write_results(path: str | PathLike[str], results: Iterable[InstanceResult], *, replace: bool = False) -> Path:
    """Write results as they come, a line of JSON each; returns the path.

    What is written before an interruption is whole, and `read_results` reads it.

    Args:
        replace: replace a file that already exists.

    Raises:
        Conflict: there is a file already.
        InvalidInput: the path cannot be written.
    """
    path = Path(path)
    if path.exists() and not replace:
        raise Conflict("path", f"{path} already exists", "Name another file, or give replace=True.")
    check_writable(path)
    with ResultsWriter(path, 0) as writer:
        for result in results:
            writer.write(result)
    return path


def _steps(result: InstanceResult, word: WordResult) -> Iterator[tuple[int | None, str]]:
    """Each step of a word's pattern: its head, or None for the skip connection, and the token that it leads to."""
    for position, component in zip(word.path[1:], word.components, strict=True):
        yield None if component == SKIP else component, result.label(position)
