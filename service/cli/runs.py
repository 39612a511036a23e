"""`influence load`, `runs`, `delete` and `export`: results into the graph, what is there, and out of it again."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher.errors import InvalidInput
from service.cli import console, options
from service.cli.errors import on_interrupt
from service.cli.installation import check_here, open_installation
from service.export.target import Format
from workers.analysis.settings import tells_right

if TYPE_CHECKING:
    from service.operations.runs import LoadedRun


def load(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS.jsonl...", help="Files that `influence analyze` wrote.")
    ],
    name: Annotated[str | None, typer.Option(help="Name of the run.", show_default="the file's name")] = None,
    bulk: Annotated[
        bool,
        typer.Option(
            "--bulk", help="Replace the local graph with a new one made from these files: faster for many files."
        ),
    ] = False,
    replace: Annotated[bool, typer.Option("--force", help="With --bulk: even if the graph holds runs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON, a line for each run.")] = False,
) -> None:
    """Store each results file in the graph as a run. Results that are stored already stay as they are."""
    if name is not None and (bulk or len(results) > 1):
        raise InvalidInput("name", "it is given for several runs", "Leave it out: each is called as its file.")
    if bulk:
        check_here("load --bulk")
        _bulk_load(results, replace, as_json)
        return
    if replace:
        raise InvalidInput("replace", "it is given without --bulk", "Give --bulk, or leave it out.")

    for path in results:
        with (
            open_installation() as installation,
            on_interrupt("interrupted: what is stored is whole; the same command resumes"),
            console.progress("storing") as progress,
        ):
            loaded = installation.load(path, name, progress)
        _tell_cut_off(path, loaded)
        kept, named = loaded.kept, f"run {loaded.name!r} ({loaded.run})"
        if as_json:
            summary = {"run": loaded.run, "name": loaded.name, "stored": loaded.stored, "kept": kept}
            console.write_json(json.dumps(summary))
        elif loaded.stored:
            more = f", {kept} more were there already" if kept else ""
            print(f"{loaded.stored} instances stored in {named}{more}")
        else:
            print(f"nothing to do: all {kept} instances are in {named} already")


def _bulk_load(results: Sequence[Path], replace: bool, as_json: bool) -> None:
    from service.operations.bulk_load import bulk_load
    from workers.environment import read_environment

    started = time.monotonic()
    with (
        on_interrupt("interrupted: the graph is as it was before"),
        console.download("Neo4j") as downloaded,
        console.progress("reading") as progress,
    ):
        loaded = bulk_load(
            read_environment().graph_server(),
            results,
            replace=replace,
            progress=progress,
            notify=console.tell,
            downloaded=downloaded,
        )
    for path, run in zip(results, loaded, strict=True):
        if as_json:
            console.write_json(json.dumps({"run": run.run, "name": run.name, "instances": run.stored}))
        else:
            print(f"{run.stored} instances stored in run {run.name!r} ({run.run})")
        _tell_cut_off(path, run)
    if not as_json:
        console.stderr().print(f"a new graph after {time.monotonic() - started:.0f} s; Neo4j is up")


def _tell_cut_off(results: Path, loaded: "LoadedRun") -> None:
    if loaded.cut_off:
        console.stderr().print(f"notice: the last line of {results} was cut off and is left out")


def runs(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the runs in the graph, the newest first."""
    from dataclasses import asdict

    with open_installation() as installation:
        stored = installation.runs()
    if as_json:
        for run in stored:
            console.write_json(json.dumps(asdict(run), default=str))
        return
    if not stored:
        console.stderr().print("no runs yet; `influence submit`, `analyze --store` and `load` make them")
        return
    from rich.table import Table

    table = Table("run", "id", "status", box=None, pad_edge=False)
    for heading in ("instances", "right"):
        table.add_column(heading, justify="right")
    for heading in ("model", "created"):
        table.add_column(heading)
    for run in stored:
        right = f"{run.correct / run.instances:.0%}" if run.instances and tells_right(run.settings) else "–"
        model = run.model_name or run.model[:12]
        created = run.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
        instances = str(run.instances) if run.sentences in (None, run.instances) else f"{run.instances}/{run.sentences}"
        table.add_row(run.name, run.id, run.status, instances, right, model, created)
    console.stdout().print(table)


def delete(
    run: options.RunName,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Delete a run from the graph. Results files stay."""
    with open_installation() as installation, console.progress("deleting") as progress:
        deleted = installation.delete(run, progress)
    if as_json:
        console.write_json(json.dumps({"run": deleted.id, "name": deleted.name, "instances": deleted.instances}))
    else:
        print(f"run {deleted.name!r} ({deleted.id}) is deleted")


def export(
    run: options.RunName,
    output: Annotated[Path, typer.Option("--output", "-o", help="A file; with parquet, a folder.", show_default=False)],
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="jsonl: results that `load` takes back; parquet: a table for each kind of record."
        ),
    ] = "jsonl",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Write a run of the graph to files that other programs read."""
    with (
        open_installation() as installation,
        on_interrupt("interrupted: nothing was exported"),
        console.progress("exporting") as progress,
    ):
        exported = installation.export(run, form, output, replace=force, progress=progress).run
    if exported.status != "completed":
        console.stderr().print(f"notice: run {exported.name!r} is {exported.status}; only what is stored was exported")
    if as_json:
        summary = {"run": exported.id, "name": exported.name, "instances": exported.instances, "output": str(output)}
        console.write_json(json.dumps(summary))
    else:
        print(f"{exported.instances} instances of run {exported.name!r} exported to {output}")
