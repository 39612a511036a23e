"""What `influence analyze` prints for people: a table for each instance, and the summary of a run."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli import exactness
from service.cli.sizes import pace, percent
from service.operations.analyses import AnalysisSummary
from workers.analysis.results import InstanceResult, WordResult
from workers.influence.component import SKIP


def print_result(console: Console, result: InstanceResult) -> None:
    """The instance's words, strongest first, each with its path through tokens and components."""
    console.print(Text(result.sentence, style="bold"), soft_wrap=True)
    verdict = f" ({'right' if result.qoi > 0 else 'wrong'})" if result.tells_right else ""
    console.print(
        f"{result.id}: {result.quantity} = {result.qoi:+.3f}{verdict}, "
        f"baseline {result.baseline_qoi:+.3f}, completeness error {_error(result.completeness_error)}"
        f"{sampled(result)}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("word", no_wrap=True)
    table.add_column("path  (· skip connection, ─3→ attention head 3)")
    for name in ("all paths", "its path", "its components"):
        table.add_column(name, justify="right", no_wrap=True)
    for word in sorted(result.words, key=lambda word: -abs(word.influence)):
        values = (word.influence, word.embedding_influence, word.attention_influence)
        table.add_row(
            str(word.position), result.shown[word.position], path(result, word), *(f"{value:+.3f}" for value in values)
        )
    console.print(table)
    if result.left_out:
        console.print(
            f"and {result.left_out} more words, with {percent(result.left_out_share)} of the absolute influence, "
            "whose patterns were not asked for",
            soft_wrap=True,
        )
    console.print()


def path(result: InstanceResult, word: WordResult) -> str:
    """A pattern in one line, such as `pilot · ─3→ pilot ─5→ [MASK] ·`."""
    steps = (
        "·" if component == SKIP else f"─{component}→ {result.label(position)}"
        for position, component in zip(word.path[1:], word.components, strict=True)
    )
    return " ".join((result.label(word.position), *steps))


def _error(error: float | None, which: str = "") -> str:
    """A completeness error, or that there is none."""
    return "none" if error is None else percent(error) + which


def sampled(result: InstanceResult) -> str:
    """The points of a sentence that has as many as it needs, and how exact they are."""
    if result.sampling_error is None:
        return ""
    beyond = "" if result.within_tolerance else f", beyond the tolerance of {percent(result.settings['tolerance'])}"
    return f", {result.samples} points, sampling error {percent(result.sampling_error)}{beyond}"


def print_summary(console: Console, summary: AnalysisSummary) -> None:
    """The summary in a few lines."""
    for line in _lines(summary):
        console.print(line)


def print_warnings(summary: AnalysisSummary) -> None:
    """Warnings with what to change, where errors are too large."""
    sentences = summary.instances + summary.kept
    if summary.beyond_tolerance:
        exactness.warning(exactness.of_tolerance(summary.beyond_tolerance, sentences, summary.worst_sampled))
    if summary.inexact:
        exactness.warning(exactness.of_completeness(summary.inexact, sentences, summary.worst))


def _lines(summary: AnalysisSummary) -> Iterator[str]:
    kept = f" new, {summary.kept} were there already" if summary.kept else ""
    left_out = f", {summary.left_out} bad ones left out" if summary.left_out else ""
    yield f"sentences           {summary.instances}{kept}{left_out}"
    if summary.instances:
        if summary.right is not None:
            yield f"model right         {summary.right} ({summary.right / summary.instances:.0%})"
        waited = "" if summary.waited is None else f", {summary.waited:.1f} of them waiting for the graph"
        yield f"seconds             {summary.seconds:.1f} ({pace(summary.instances_per_second, 'sentence')}){waited}"
    yield f"completeness error  {_error(summary.worst_completeness_error, ' at worst')}"
    if summary.tolerance is not None:
        beyond = f", {summary.beyond_tolerance} sentences beyond it" if summary.beyond_tolerance else ""
        worst = _error(summary.worst_sampling_error, " at worst")
        yield f"sampling error      {worst}, tolerance {percent(summary.tolerance)}{beyond}"
        if summary.instances:
            mean = summary.samples / summary.instances
            yield f"points              {mean:.1f} a sentence, {summary.most_samples} at most"
    if summary.left_out_share:
        share = percent(1 - summary.left_out_share)
        yield f"words               those with patterns have {share} of the absolute influence, in the mean"
    if summary.output:
        yield f"results             {summary.output}"
    if summary.run:
        yield f"in the graph        run {summary.run!r}"
