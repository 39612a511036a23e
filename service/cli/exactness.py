"""What is said where influences do not add up, or are less exact than asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.cli import console
from service.cli.sizes import percent
from service.exactness import ACCEPTABLE_ERROR

if TYPE_CHECKING:
    from cypher.store.runs import InexactInstances

Named = Sequence[tuple[str, float]]
"""Some sentences and their errors."""


def of_completeness(count: int, instances: int, worst: Named) -> str:
    """Such as `2 of 100 sentences have a completeness error above 5 % (the worst: a, 110 %; b, 7.1 %) …`."""
    return (
        f"{_counted(count, instances)} a completeness error above {percent(ACCEPTABLE_ERROR)} ({_named(worst)}): their "
        "influences do not add up, as the line from the baseline to the input was sampled too coarsely; analyse them "
        "again with --sampling adaptive, more --samples or --dtype float64"
    )


def of_tolerance(count: int, instances: int, worst: Named) -> str:
    """Such as `2 of 100 sentences have a sampling error above their tolerance (the worst: a, 3 %; b, 1.1 %) …`."""
    return (
        f"{_counted(count, instances)} a sampling error above their tolerance ({_named(worst)}), and their results say "
        "so (within_tolerance); analyse them again with more --samples, more --memory or --dtype float64"
    )


def warn(inexact: "InexactInstances", run: str, part: str = "") -> None:
    """Warnings with what to do, where a run, or a part of it such as `sva-obj SP`, has such sentences."""
    where = f"{part} of run {run!r}" if part else f"run {run!r}"
    if inexact.count:
        warning(f"{where}: {of_completeness(inexact.count, inexact.instances, inexact.worst)}")
    if inexact.beyond_tolerance:
        warning(f"{where}: {of_tolerance(inexact.beyond_tolerance, inexact.instances, inexact.worst_sampled)}")


def warning(text: str) -> None:
    """On stderr."""
    console.stderr().print(f"warning: {text}", style="yellow", soft_wrap=True)


def _counted(count: int, instances: int) -> str:
    return f"{count:,} of {instances:,} sentence{'' if instances == 1 else 's'} {'has' if count == 1 else 'have'}"


def _named(worst: Named) -> str:
    return "the worst: " + "; ".join(f"{name}, {percent(error)}" for name, error in worst)
