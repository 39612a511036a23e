"""What is said where influences do not add up."""

from typing import TYPE_CHECKING

from service.cli import console
from service.cli.sizes import percent

if TYPE_CHECKING:
    from cypher.store.runs import InexactInstances

FIX = "analyse them again with --sampling adaptive, more --samples or --dtype float64"


def describe(inexact: "InexactInstances") -> str:
    """Such as `2 sentences with a completeness error above 5 % (the worst: a, 110 %; b, 7.1 %)`."""
    sentences = "1 sentence" if inexact.count == 1 else f"{inexact.count:,} sentences"
    worst = "; ".join(f"{name}, {percent(error)}" for name, error in inexact.worst)
    return f"{sentences} with a completeness error above {percent(inexact.acceptable)} (the worst: {worst})"


def warn(inexact: "InexactInstances", run: str, part: str = "") -> None:
    """A warning with what to do, where a run, or a part of it such as `sva-obj SP`, has such sentences."""
    if inexact.count:
        where = f"{part} of run {run!r}" if part else f"run {run!r}"
        text = f"warning: {where} has {describe(inexact)}; their influences do not add up: {FIX}"
        console.stderr().print(text, style="yellow", soft_wrap=True)
