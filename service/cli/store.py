"""`influence load`, `runs` and `delete`: results into the graph, what is there, and out of it again."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cypher.errors import InvalidInput, RequestError, ServerError
from cypher.store.store import Store
from service.cli import console
from service.cli.bulk import load_bulk
from service.results_file import is_cut_off, read_content, read_results
from service.storing import Destination, RunWriter
from workers.environment import read_environment
from workers.records.to_graph import describe_model, describe_run


def load(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS.jsonl...", help="Files that `influence analyze` wrote.")
    ],
    name: Annotated[str | None, typer.Option(help="Of the run.", show_default="the file's name")] = None,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="Replace the local graph by a new one of these files: the fast way for many.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --bulk: even where the graph holds runs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON, a line for each run.")] = False,
) -> None:
    """Store the results of each file in the graph, as one run. What is stored already is left as it is."""
    if name is not None and (bulk or len(results) > 1):
        raise InvalidInput("--name", "it is given for several runs", "Leave it out: each is called as its file.")
    if bulk:
        load_bulk(results, force, as_json)
        for path in results:
            _tell_cut_off(path)
        return
    if force:
        raise InvalidInput("--force", "it is given without --bulk", "Give --bulk, or leave it out.")
    for path in results:
        _load(path, name, as_json)


def _load(results: Path, name: str | None, as_json: bool) -> None:
    content = read_content(results)
    _tell_cut_off(results)
    name = results.stem if name is None else name
    run = describe_run(content.first.model, content.first.settings, content.first.versions, name)
    with open_store(migrate=True) as store:
        destination = Destination(store, run, describe_model(content.first))
        if destination.begun.texts:
            for result in read_results(results):
                destination.holds(result.id, result.text)
        try:
            with (
                RunWriter(destination) as writer,
                console.progress(content.count, elsewhere=True, doing="storing") as advance,
            ):
                for result in read_results(results):
                    writer.write(result)
                    advance()
        except KeyboardInterrupt:
            console.stderr().print("interrupted: what is stored is whole; the same command goes on there")
            raise typer.Exit(console.INTERRUPTED) from None
    summary = {"run": run.id, "name": name, "stored": writer.stored, "kept": content.count - writer.stored}
    if as_json:
        print(json.dumps(summary))
    elif writer.stored:
        kept = f", {summary['kept']} more were there already" if summary["kept"] else ""
        console.stdout().print(f"{writer.stored} instances stored in run {name!r} ({run.id}){kept}")
    else:
        console.stdout().print(f"nothing to do: all {content.count} instances are in run {name!r} ({run.id}) already")


def _tell_cut_off(results: Path) -> None:
    if is_cut_off(results):
        console.stderr().print(f"notice: the last line of {results} was cut off and is left out")


def runs(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the runs in the graph, the newest first."""
    with open_store() as store:
        stored = store.runs()
    if as_json:
        for run in stored:
            print(json.dumps(asdict(run), default=str))
        return
    if not stored:
        console.stderr().print("no runs yet; `influence submit`, `analyze --store` and `load` make them")
        return
    table = Table("run", "id", "status", box=None, pad_edge=False)
    for heading in ("instances", "right"):
        table.add_column(heading, justify="right")
    for heading in ("model", "created"):
        table.add_column(heading)
    for run in stored:
        right = f"{run.correct / run.instances:.0%}" if run.instances else "–"
        model = run.model_name or run.model[:12]
        created = run.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
        instances = str(run.instances) if run.sentences in (None, run.instances) else f"{run.instances}/{run.sentences}"
        table.add_row(run.name, run.id, run.status, instances, right, model, created)
    console.stdout().print(table)


def delete(
    wanted: Annotated[str, typer.Argument(metavar="RUN", help="Its name or id; `influence runs` lists them.")],
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Delete a run from the graph. Results files stay."""
    with open_store() as store:
        run = store.find(wanted)
        with console.progress(run.sentences or run.instances, elsewhere=True, doing="deleting") as advance:
            store.delete(run.id, advance)
    if as_json:
        print(json.dumps({"run": run.id, "name": run.name, "instances": run.instances}))
    else:
        console.stdout().print(f"run {run.name!r} ({run.id}) is deleted")


def open_store(*, migrate: bool = False) -> Store:
    """The graph that the settings name.

    Args:
        migrate: bring its schema up to date; who writes asks for it.

    Raises:
        ServerError: there is none, or it cannot be used.
        Conflict: its schema is not of this version.
    """
    return Store.open(read_environment().graph(), migrate=migrate)


def reach(*servers: Callable[[], object]) -> None:
    """Look at each server; where some are away, name all of these, and end with exit code 1.

    Raises:
        RequestError: a setting of one.
    """
    away = False
    for look in servers:
        try:
            look()
        except RequestError:
            raise
        except ServerError as error:
            print(f"error: {error}", file=sys.stderr)
            away = True
    if away:
        raise typer.Exit(1)
