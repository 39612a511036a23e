"""The command `influence`: its groups, and how it ends.

Exit codes: 0 done, 1 failed (also when the reader of stdout went away), 2 bad input or usage, 130 interrupted.
Results go to stdout, everything else to stderr.

Modules of commands import at their top only what the options need; a command imports what it uses when it is called,
so that every command answers at once.
"""

import logging
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated

import typer

from cypher.errors import InfluenceError
from service.cli import (
    ablate,
    analyze,
    console,
    convert,
    errors,
    experiment,
    installation,
    jobs,
    mcp,
    pages,
    plot,
    query,
    reports,
    runs,
    serve,
    servers,
    tasks,
    worker,
)

app = typer.Typer(
    name="influence",
    help="Find which path, through which heads, carries each word's effect to a transformer's prediction.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = (
    analyze.analyze,
    ablate.ablate,
    convert.convert,
    experiment.experiment,
    runs.load,
    runs.runs,
    runs.export,
    runs.delete,
    reports.queries,
    reports.report,
    query.query,
    jobs.submit,
    jobs.watch,
    jobs.cancel,
    jobs.resume,
    jobs.logs,
    servers.up,
    servers.down,
    servers.status,
    servers.doctor,
    pages.open,
    worker.worker,
    worker.sweep,
    serve.serve,
    mcp.mcp,
)
"""In the order of the help."""

LOCAL = (
    convert.convert,
    experiment.experiment,
    servers.up,
    servers.down,
    servers.doctor,
    worker.worker,
    worker.sweep,
    serve.serve,
    mcp.mcp,
)
"""Those that work on this machine alone."""

for command in COMMANDS:
    app.command(cls=installation.LocalCommand if command in LOCAL else errors.Command)(command)
app.command(cls=installation.LocalCommand, hidden=True)(worker.supervise)
app.add_typer(plot.app, name="plot")
app.add_typer(tasks.app, name="tasks")
app.add_typer(serve.app, name="keys")


@app.callback()
def _options(
    context: typer.Context,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="INFLUENCE_SERVER",
            help="Work on the installation behind this service (`influence serve`) instead of this machine's. "
            "INFLUENCE_API_KEY has the API key.",
        ),
    ] = None,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Send the API key to another machine even without TLS.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda wanted: _show_version() if wanted else None)
    ] = False,
) -> None:
    given = context.get_parameter_source("server")
    by_option = given is not None and given.name == "COMMANDLINE"
    installation.choose(installation.Place(server or None, by_option and bool(server), plain_http))


def _spare_driver() -> None:
    """Keep Neo4j's driver from importing numpy, pandas and pyarrow: for values that it is never sent here, they would
    take half of the time in which a command answers.
    """
    optional = ModuleType("neo4j._optional_deps")
    optional.__getattr__ = lambda name: None  # whichever it asks for is not installed
    sys.modules.setdefault(optional.__name__, optional)


def _show_version() -> None:
    from importlib.metadata import version

    print(f"influence {version('influence-graph')}")
    raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what goes wrong becomes one line on stderr and an exit code."""
    _spare_driver()
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # else the driver tells on stderr what an error tells too
    console.replace_what_cannot_be_shown()
    try:
        errors.check_arguments(sys.argv[1:] if arguments is None else arguments)
        app(arguments)
    except (OSError, InfluenceError) as error:
        errors.print_error(error)
        sys.exit(errors.exit_code(error))
