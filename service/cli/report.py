"""What `influence analyze` tells people: a table for each instance, and the summary of a run."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.datasets.instance import MASK
from workers.results import SKIP, InstanceResult, WordResult

ACCEPTABLE_ERROR = 0.05
"""Completeness error above which influences should not be trusted."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One run of `influence analyze`."""

    instances: int  # analysed in this run
    kept: int  # found in the output file, made by an earlier run
    skipped: int  # bad, left out by --skip-bad
    right: int  # of those analysed, with the correct answer above the wrong one
    seconds: float
    instances_per_second: float
    worst_completeness_error: float  # the kept included
    worst_instance: str | None
    output: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def print_result(console: Console, result: InstanceResult) -> None:
    """The instance's words, strongest first, each with its path through tokens and components."""
    console.print(Text(result.text.replace(MASK, result.tokens[result.target]), style="bold"))
    verdict = "right" if result.qoi > 0 else "wrong"
    console.print(
        f"{result.id}: logit({result.correct}) − logit({result.wrong}) = {result.qoi:+.3f} ({verdict}), "
        f"baseline {result.baseline_qoi:+.3f}, completeness error {result.completeness_error * 100:.2g} %"
    )
    table = Table("word", "path  (· skip connection, ─3→ attention head 3)", box=None, pad_edge=False)
    for name in ("all paths", "its path", "its components"):
        table.add_column(name, justify="right", no_wrap=True)
    for word in sorted(result.words, key=lambda word: -abs(word.influence)):
        values = (word.influence, word.embedding_influence, word.attention_influence)
        table.add_row(word.token, path(result, word), *(f"{value:+.3f}" for value in values))
    console.print(table)
    console.print()


def path(result: InstanceResult, word: WordResult) -> str:
    """A pattern in one line, such as `pilot · ─3→ pilot ─5→ [MASK] ·`."""
    steps = (
        "·" if component == SKIP else f"─{component}→ {result.tokens[position]}"
        for position, component in zip(word.path[1:], word.components, strict=True)
    )
    return " ".join((word.token, *steps))


def print_summary(console: Console, summary: Summary) -> None:
    """The summary in a few lines, with a warning where the quadrature is too coarse."""
    for line in _lines(summary):
        console.print(line)


def print_warning(console: Console, summary: Summary) -> None:
    """What to change where the completeness error is too large."""
    if summary.worst_completeness_error > ACCEPTABLE_ERROR:
        console.print(
            f"warning: a completeness error of {summary.worst_completeness_error:.1%} ({summary.worst_instance}) is "
            f"above {ACCEPTABLE_ERROR:.0%}: use more --samples, --sampling trapezoid, or --dtype float64",
            style="yellow",
        )


def _lines(summary: Summary) -> Iterator[str]:
    kept = f" ({summary.kept} more were there already)" if summary.kept else ""
    skipped = f", {summary.skipped} bad ones left out" if summary.skipped else ""
    yield f"instances          {summary.instances}{kept}{skipped}"
    if summary.instances:
        yield f"model right        {summary.right} ({summary.right / summary.instances:.0%})"
        yield f"seconds            {summary.seconds:.1f} ({summary.instances_per_second:.1f} instances/s)"
    yield f"completeness error {summary.worst_completeness_error * 100:.2g} % at worst"
    if summary.output:
        yield f"results            {summary.output}"
