"""The command `influence`: its groups, and how it ends.

Exit codes: 0 done, 1 failed (also when the reader of stdout went away), 2 bad input or usage, 130 interrupted.
Results go to stdout, everything else to stderr.
"""

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from cypher.errors import InfluenceError, RequestError
from service.cli import ablate, analyze, experiment, export, jobs, plot, query, reports, server, store, tasks, worker

app = typer.Typer(
    name="influence",
    help="Which path through which heads carries each word's effect to a transformer's prediction.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(analyze.analyze)
app.add_typer(plot.app, name="plot")
app.command()(ablate.ablate)
app.command()(experiment.experiment)
app.command()(store.load)
app.command()(store.runs)
app.command()(export.export)
app.command()(store.delete)
app.command()(reports.queries)
app.command()(reports.report)
app.command()(query.query)
for command in (jobs.submit, jobs.watch, jobs.cancel, jobs.resume, jobs.logs):
    app.command()(command)
for command in (server.up, server.down, server.status, server.doctor):
    app.command()(command)
for command in (worker.worker, worker.sweep):
    app.command()(command)
app.add_typer(tasks.app, name="tasks")


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda wanted: _show_version() if wanted else None)
    ] = False,
) -> None:
    pass


def _show_version() -> None:
    print(f"influence {version('influence-graph')}")
    raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what goes wrong becomes one line on stderr and an exit code."""
    logging.getLogger("neo4j").setLevel(logging.ERROR)  # else the driver tells on stderr whatever it tries again
    try:
        app(arguments)
    except RequestError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except (OSError, InfluenceError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
