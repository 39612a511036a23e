"""Measure the graph, writing and answering, on a Neo4j of its own; print a table, write JSON.

Goals are reported, met or not; they never fail a run.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks import report, reports, store


def main(
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes, one round: does everything run?")] = False,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench-graph.json"),
) -> None:
    """Speed of the graph: writers, the bulk load, reports."""
    console = Console()
    load = os.getloadavg()[0]
    if load > 1:
        console.print(f"[yellow]This machine is busy (load {load:.1f}): expect noise.")
    with console.status("writing …"):
        figures = store.measure(store.SMALL if quick else store.Size())
    with console.status("reports …"):
        figures += reports.measure(reports.SMALL if quick else reports.SIZES)
    console.print(report.figures("The graph", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"load": load, "graph": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
