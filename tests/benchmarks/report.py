"""The measurements as tables."""

from collections.abc import Iterable, Mapping

from rich.filesize import decimal
from rich.table import Table

from tests.benchmarks.accuracy import Accuracy
from tests.benchmarks.scaling import Size
from tests.benchmarks.speed import Row
from tests.benchmarks.store import Figure

ANSWER = {None: "", True: "[green]met[/]", False: "[red]not met[/]"}


def _table(title: str, *columns: str) -> Table:
    """Names to the left, numbers to the right: a column called `=...` holds names."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.removeprefix("="), justify="left" if column.startswith("=") else "right")
    return table


def ratios(title: str, rows: Iterable[Row]) -> Table:
    """All words of one sentence; F: the bare matrix products of one forward pass."""
    table = _table(
        f"{title}; F: the products of one forward pass", "=time of", "=over that of", "measured", "goal", "="
    )
    for row in rows:
        sign = "≥" if row.more_is_better else "≤"
        goal = "" if row.goal is None else f"{sign} {row.goal:g}"
        table.add_row(row.what, row.over, f"{row.measured:.2f}", goal, ANSWER[row.met])
    return table


def times(seconds: Mapping[str, float]) -> Table:
    table = _table("Median times", "=", "milliseconds")
    for name, value in seconds.items():
        table.add_row(name, f"{value * 1e3:.1f}")
    return table


def accuracy(title: str, rows: Iterable[Accuracy]) -> Table:
    table = _table(title, "=sampling", "samples", "median error", "worst error", "ms a sentence")
    for row in rows:
        error = (f"{100 * value:.2g} %" for value in (row.median, row.worst))
        table.add_row(row.sampling, str(row.samples), *error, f"{row.seconds * 1e3:.1f}")
    return table


def sizes(rows: Iterable[Size]) -> Table:
    table = _table("Everything, one sentence", "=size", "seconds", "peak memory", "reckoned with")
    for row in rows:
        table.add_row(str(row.shape), f"{row.seconds:.2f}", decimal(row.peak), decimal(row.estimate))
    return table


def figures(title: str, rows: Iterable[Figure]) -> Table:
    table = _table(title, "=", "measured", "=", "goal", "=")
    for figure in rows:
        sign = "≤" if figure.less_is_better else "≥"
        goal = "" if figure.goal is None else f"{sign} {figure.goal:,g}"
        measured = f"{figure.measured:,.3f}" if figure.measured < 10 else f"{figure.measured:,.0f}"
        table.add_row(figure.what, measured, figure.unit, goal, ANSWER[figure.met])
    return table
