"""`influence plot aggregated | difference | entropy | attractors`: figures over a run, from its reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cypher.errors import InvalidInput
from cypher.queries.named_reports import run_report
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from cypher.store.table import Table
from service.cli.store import open_store

if TYPE_CHECKING:
    from service.figures import Traffic

Level = Literal["attention", "embedding"]
Align = Literal["position", "role"]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Its name or id; `influence runs` lists them.")]
TaskOption = Annotated[str, typer.Option("--task", help="Which task, such as sva-obj.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")]
LevelOption = Annotated[Level, typer.Option(help="Tell heads and skip connections apart, or not.")]
AlignOption = Annotated[
    Align, typer.Option(help="What is laid over each other: equal positions, or equal roles where lengths differ.")
]


def aggregated(
    wanted: RunArgument,
    task: TaskOption,
    output: OutputOption,
    case: Annotated[str | None, typer.Option(help="One case, such as SP.", show_default="all in a row")] = None,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw how often patterns take each step: all sentences of a case laid over each other."""
    from service import figures

    with _reading(wanted, output) as source:
        cases = source.superpositions(task, case, level, align)
    name = task if case is None else f"{task} {case}"
    facts = [*source.facts(), f"{level}-level patterns", f"aligned by {align}"]
    figure = figures.draw_aggregated(cases, f"{name}: how often patterns take each step", facts)
    about = source.about("aggregated", task=task, case=case, level=level, align=align)
    figures.save(figure, output, about)
    print(output)


def difference(
    wanted: RunArgument,
    task: TaskOption,
    case: Annotated[str, typer.Option("--case", help="One case, such as SP.")],
    against: Annotated[str, typer.Option("--against", help="The case to compare it with, such as SS.")],
    output: OutputOption,
    level: LevelOption = "attention",
    align: AlignOption = "position",
) -> None:
    """Draw which steps patterns take more often in one case than in another."""
    from service import figures

    if case == against:
        raise InvalidInput("--against", f"it is {case}, like --case", "Name two cases.")
    with _reading(wanted, output) as source:
        one, other = (source.superpositions(task, name, level, align)[0] for name in (case, against))
    facts = [*source.facts(), f"{level}-level patterns", f"aligned by {align}"]
    figure = figures.draw_difference(
        one, other, f"{task}: steps that patterns take more often in {case} or {against}", facts
    )
    about = source.about("difference", task=task, case=case, against=against, level=level, align=align)
    figures.save(figure, output, about)
    print(output)


def entropy(wanted: RunArgument, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw pattern entropy against accuracy, a point for each case."""
    from service import figures

    with _reading(wanted, output) as source:
        entropies = source.report("pattern-entropy", align=align)
        (correlation,) = source.report("entropy-correlation", align=align).dicts()
    spearman = correlation["spearman"]
    title = "Pattern entropy and accuracy"
    if spearman is not None:
        title += f" (Spearman {spearman:.2f})".replace("-", "−")
    sentences = sum(row["instances"] for row in entropies.dicts())
    facts = [*source.facts(), f"cases: {len(entropies.rows)}", f"sentences: {sentences:,}", f"aligned by {align}"]
    figure = figures.draw_entropy(entropies, title, facts)
    figures.save(figure, output, source.about("entropy", align=align))
    print(output)


def attractors(wanted: RunArgument, task: TaskOption, output: OutputOption, align: AlignOption = "position") -> None:
    """Draw how strongly each place speaks for the right or the wrong answer, beside the matched case."""
    from service import figures

    with _reading(wanted, output) as source:
        places = source.report("positions", task=task, align=align)
        rows = source.report("attractors", task=task, align=align)
    facts = [*source.facts(), f"aligned by {align}"]
    figure = figures.draw_attractors(rows, places, f"{task}: which words speak for the wrong answer", facts)
    figures.save(figure, output, source.about("attractors", task=task, align=align))
    print(output)


@dataclass(frozen=True, slots=True)
class _Source:
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
        return [f"run {self.run.name}", f"model {self.run.model_name or self.run.model[:12]}", *unfinished]

    def about(self, figure: str, **choices: str | None) -> dict[str, Any]:
        """What a figure's file says of its origin."""
        run = self.run
        origin = {"run": run.id, "name": run.name, "model": run.model, "model_name": run.model_name}
        return {"figure": figure, **choices, **origin, "instances": run.instances, "versions": run.versions}


@contextmanager
def _reading(wanted: str, output: Path) -> Iterator[_Source]:
    """The run of that name or id, once the output's name is known to be good."""
    from service import figures

    figures.check_format(output)
    with open_store() as store:
        yield _Source(store, store.find(wanted))
