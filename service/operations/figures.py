"""Figures: of one result, and over a run from its reports."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias, cast

from cypher.errors import InvalidInput, NotFound
from cypher.queries.named_reports import Align, run_report
from cypher.store.records import Level
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from cypher.store.table import Table
from cypher.suggestions import did_you_mean
from service.operations.sentences import find_sentence
from service.results_file import read_results
from workers.analysis.results import InstanceResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from service.figures import Selection, Traffic

FigureFormat: TypeAlias = Literal["svg", "pdf", "png"]

WORDS = 4
"""Of a result, that its figure shows unless others are named: the strongest."""


@dataclass(frozen=True, slots=True)
class WrittenFigure:
    """A figure as the content of a file."""

    form: FigureFormat
    content: bytes
    notices: tuple[str, ...]  # what a reader of it should know

    def save(self, path: str | PathLike[str]) -> None:
        """Write the file, whatever it is called.

        Raises:
            InvalidInput: it cannot be written.
        """
        try:
            Path(path).write_bytes(self.content)
        except OSError as error:
            raise InvalidInput("output", f"cannot write {path}: {error.strerror}", "Name another file.") from error


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFigure:
    """A figure, and what it was drawn from, which its file keeps as metadata."""

    figure: "Figure"
    about: Mapping[str, Any] | None = None

    @property
    def notices(self) -> list[str]:
        """What a reader of the figure should know."""
        from service import figures

        letters = figures.without_glyphs(self.figure)
        return [f"no font of this machine has {' '.join(letters)}: drawn as boxes"] if letters else []

    def save(self, path: Path) -> None:
        """Write a file in the format that its extension names; equal figures give equal bytes.

        Raises:
            InvalidInput: another extension than .svg, .pdf and .png, or a path that cannot be written.
        """
        from service import figures

        figures.save(self.figure, path, self.about)

    def write(self, stream: BinaryIO, form: str) -> None:
        """Write to a stream, as `svg`, `pdf` or `png`.

        Raises:
            InvalidInput: another format.
        """
        from service import figures

        figures.write(self.figure, stream, form, self.about)

    def written(self, form: FigureFormat) -> WrittenFigure:
        """The figure as the content of a file; equal figures give equal bytes."""
        content = BytesIO()
        self.write(content, form)
        return WrittenFigure(form, content.getvalue(), tuple(self.notices))


def check_format(path: Path) -> FigureFormat:
    """The format that a figure's file of that name has. To be asked before anything is read.

    Raises:
        InvalidInput: another extension than .svg, .pdf and .png.
    """
    from service import figures

    return cast(FigureFormat, figures.check_format(path).removeprefix("."))


def find_result(path: Path, name: str | None = None) -> InstanceResult:
    """A result of a results file.

    Args:
        name: its id; None for the first.

    Raises:
        InvalidInput: no such file, or it holds no results.
        NotFound: it has no such id; the message names the nearest.
    """
    seen: list[str] = []
    for result in read_results(path):
        if name in (None, result.id):
            return result
        seen.append(result.id)
    if not seen:
        raise InvalidInput("results", f"{path} holds no results", "Analyse the sentences again.")
    some = ", ".join(seen[:8]) + (f" and {len(seen) - 8} more" if len(seen) > 8 else "")
    raise NotFound("id", f"{name!r} is not in {path}", f"{did_you_mean(name or '', seen)}It holds {some}.")


def draw_result(result: InstanceResult, words: Sequence[str] | None = None) -> DrawnFigure:
    """The paths that carry the words of one result (paper, Figure 1).

    Args:
        words: source words by token or position, or `top:K` for the K strongest; None for the strongest four.

    Raises:
        InvalidInput: a name that is no source word of the result.
    """
    from service import figures

    chosen = figures.strongest(result, WORDS) if words is None else figures.named(result, words)
    return DrawnFigure(figures.draw(result, chosen))


def draw_sentence(
    store: Store, run: str, name: str, words: Sequence[str] | None = None, *, raw_tokens: bool = False
) -> DrawnFigure:
    """`draw_result` of a sentence of a run.

    Args:
        run: name or id.
        name: of the sentence, as its user calls it.
        raw_tokens: show tokens as the model's vocabulary spells them.

    Raises:
        InvalidInput: as `draw_result`.
        RequestError: no such run or sentence.
    """
    result = find_sentence(store, run, name)
    return draw_result(result.as_spelled() if raw_tokens else result, words)


def draw_aggregated(
    store: Store,
    run: str,
    task: str,
    case: str | None = None,
    *,
    level: Level = "attention",
    align: Align = "position",
    least_share: float | None = None,
    steps: int | None = None,
    positions: tuple[int, int] | None = None,
) -> DrawnFigure:
    """How often patterns take each step: all sentences of a case laid over each other (paper, Figures 14 and 15).

    Args:
        run: name or id.
        case: one case; None for all in a row.
        least_share: of a case's sentences; rarer steps are left out. Where neither this nor `steps` is given, so many
            are left out that the figure fits a page, and the figure says so.
        steps: that each case shows, the most frequent.
        positions: the first and last that are shown.

    Raises:
        RequestError: no such run, task or case, or one that cannot be aligned so; a share, number or window that
            cannot be.
    """
    from service import figures

    selection = figures.Selection(least_share, steps, positions)
    source = _RunReports(store, store.find(run))
    cases = source.superpositions(task, case, level, align)
    name = task if case is None else f"{task} {case}"
    facts = [*source.facts(), f"{level}-level patterns", f"aligned by {align}"]
    figure = figures.draw_aggregated(cases, f"{name}: how often patterns take each step", facts, selection)
    choices = {"task": task, "case": case, "level": level, "align": align}
    return DrawnFigure(figure, source.about("aggregated", **choices, **_chosen(selection)))


def draw_difference(
    store: Store,
    run: str,
    task: str,
    case: str,
    against: str,
    *,
    level: Level = "attention",
    align: Align = "position",
    least_share: float | None = None,
    steps: int | None = None,
    positions: tuple[int, int] | None = None,
) -> DrawnFigure:
    """Which steps patterns take more often in one case than in another.

    Args:
        least_share: smaller differences of shares are left out.
        steps, positions: as of `draw_aggregated`.

    Raises:
        InvalidInput: the same case twice.
        RequestError: as `draw_aggregated`.
    """
    from service import figures

    selection = figures.Selection(least_share, steps, positions)
    if case == against:
        raise InvalidInput("against", f"it is {case}, like the first case", "Name two cases.")
    source = _RunReports(store, store.find(run))
    one, other = (source.superpositions(task, name, level, align)[0] for name in (case, against))
    facts = [*source.facts(), f"{level}-level patterns", f"aligned by {align}"]
    title = f"{task}: steps that patterns take more often in {case} or {against}"
    choices = {"task": task, "case": case, "against": against, "level": level, "align": align}
    about = source.about("difference", **choices, **_chosen(selection))
    return DrawnFigure(figures.draw_difference(one, other, title, facts, selection), about)


def draw_entropy(store: Store, run: str, *, align: Align = "position") -> DrawnFigure:
    """Pattern entropy against accuracy, a point for each case.

    Raises:
        RequestError: as `draw_aggregated`.
    """
    from service import figures

    source = _RunReports(store, store.find(run))
    entropies = source.report("pattern-entropy", align=align)
    (correlation,) = source.report("entropy-correlation", align=align).dicts()
    title = figures.entropy_title(correlation["spearman"])
    sentences = sum(row["instances"] for row in entropies.dicts())
    facts = [*source.facts(), f"cases: {len(entropies.rows)}", f"sentences: {sentences:,}", f"aligned by {align}"]
    return DrawnFigure(figures.draw_entropy(entropies, title, facts), source.about("entropy", align=align))


def draw_attractors(store: Store, run: str, task: str, *, align: Align = "position") -> DrawnFigure:
    """How strongly each place speaks for the right or the wrong answer, beside the matched case.

    Raises:
        RequestError: as `draw_aggregated`.
    """
    from service import figures

    source = _RunReports(store, store.find(run))
    places = source.report("positions", task=task, align=align)
    rows = source.report("attractors", task=task, align=align)
    facts = [*source.facts(), f"aligned by {align}"]
    figure = figures.draw_attractors(rows, places, figures.attractors_title(task), facts)
    return DrawnFigure(figure, source.about("attractors", task=task, align=align))


@dataclass(frozen=True, slots=True)
class _RunReports:
    """A run, and what its reports say."""

    store: Store
    run: StoredRun

    def report(self, name: str, **parameters: Any) -> Table:
        return run_report(self.store, name, {"run": self.run.id, **parameters})

    def superpositions(self, task: str, case: str | None, level: Level, align: Align) -> "list[Traffic]":
        from service import figures

        which = {"task": task, "case": case, "align": align}
        union = self.report("flow-frequency", level="embedding", **which)
        by_component = self.report("flow-frequency", level="attention", **which) if level == "attention" else None
        return figures.superpositions(self.report("positions", **which), union, by_component)

    def facts(self) -> list[str]:
        """What a figure says of the run."""
        unfinished = [] if self.run.status == "completed" else [f"{self.run.status}: some sentences are missing"]
        words = self.run.settings.get("words")
        some = [f"patterns of the strongest words only ({words})"] if words else []
        baseline = self.run.settings.get("baseline")  # named where it is not the mask
        unusual = [] if baseline is None else [f"baseline {baseline}"]
        model = f"model {self.run.model_name or self.run.model[:12]}"
        return [f"run {self.run.name}", model, *unusual, *unfinished, *some]

    def about(self, figure: str, **choices: Any) -> dict[str, Any]:
        """What a figure's file says of its origin."""
        run = self.run
        origin = {"run": run.id, "name": run.name, "model": run.model, "model_name": run.model_name}
        return {"figure": figure, **choices, **origin, "instances": run.instances, "versions": run.versions}


def _chosen(selection: "Selection") -> dict[str, Any]:
    """What was asked for of it."""
    return {name: value for name, value in asdict(selection).items() if value is not None}
