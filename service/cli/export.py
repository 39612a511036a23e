"""`influence export`: a run out of the graph, as files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cypher.errors import InvalidInput
from service.cli import console
from service.cli.store import open_store
from service.export.target import Format


def export(
    wanted: Annotated[str, typer.Argument(metavar="RUN", help="Its name or id; `influence runs` lists them.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file; with parquet, a folder.", show_default=False)],
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="jsonl: results that `load` takes back; parquet: a table for each kind of record."
        ),
    ] = "jsonl",
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier export left there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Write a run of the graph to files that other programs read."""
    from service.export.formats import export as write  # networkx and pyarrow take a while to import

    with open_store() as store:
        run = store.find(wanted)
        if run.status == "deleting":
            raise InvalidInput("RUN", f"{run.name!r} is half deleted", f"Give `influence delete {run.id}` again.")
        if run.status != "completed":
            console.stderr().print(f"notice: run {run.name!r} is {run.status}; what is stored of it is exported")
        try:
            with console.progress(run.instances, elsewhere=True, doing="exporting") as advance:
                write(store, run, form, output, force=force, advance=advance)
        except KeyboardInterrupt:
            console.stderr().print("interrupted: nothing was exported")
            raise typer.Exit(console.INTERRUPTED) from None
    if as_json:
        print(json.dumps({"run": run.id, "name": run.name, "instances": run.instances, "output": str(output)}))
    else:
        console.stdout().print(f"{run.instances} instances of run {run.name!r} exported to {output}")
