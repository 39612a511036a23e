"""`influence serve` and `influence keys`: the HTTP API, and who may use it."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import console, options
from service.cli.installation import LocalCommand

if TYPE_CHECKING:
    from service.operations.keys import Keys

app = typer.Typer(no_args_is_help=True)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port.", show_default="8642")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the address.")] = 1,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name by which clients call this service; repeat the option.")
    ] = None,
    allow_model: options.AllowModel = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print only that it starts; the log files have the rest.")
    ] = False,
) -> None:
    """Serve the HTTP API until Ctrl-C or SIGTERM. Without API keys, it serves this machine alone."""
    from service.api.serve import serve as run
    from service.api.settings import read_settings
    from workers.environment import read_environment

    usual = read_settings()
    models = (*usual.models, *options.allowed(allow_model))
    hosts = (*usual.hosts, *(allow_host or ()))
    settings = read_settings(host=host, port=port, hosts=hosts, models=models, quiet=quiet or None)
    starts = f"the service starts at http://{settings.host}:{settings.port}/v1"
    run(read_environment(), settings, processes, lambda: console.stderr().print(starts, soft_wrap=True))


@app.callback()
def keys() -> None:
    """API keys: who may do what over HTTP."""


@app.command("create", cls=LocalCommand)
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")],
    scopes: Annotated[
        str, typer.Option(help="What it opens: some of read, query, submit, admin, separated by commas.")
    ] = "read",
    days: Annotated[
        float | None, typer.Option(help="Days until it expires.", show_default="it does not expire")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it. It is shown this once."""
    key, secret = _keys().create(name, [scope.strip() for scope in scopes.split(",") if scope.strip()], days)
    if as_json:
        described = {name: value for name, value in asdict(key).items() if name != "hash"}
        console.write_json(json.dumps({**described, "key": secret}))
        return
    print(secret)
    until = "does not expire" if key.expires_at is None else f"expires at {key.expires_at}"
    console.stderr().print(f"the key {key.name!r} ({key.id}) opens {', '.join(key.scopes)} and {until}", soft_wrap=True)


@app.command("list", cls=LocalCommand)
def list_keys(as_json: options.AsJson = False) -> None:
    """List the keys, without their secrets."""
    known = _keys().list()
    if as_json:
        rows = [{name: value for name, value in asdict(key).items() if name != "hash"} for key in known]
        console.write_json(json.dumps(rows))
        return
    if not known:
        console.stderr().print("no keys yet; `influence keys create` makes them")
        return
    from rich.table import Table

    table = Table("name", "id", "scopes", "created", "expires", box=None, pad_edge=False)
    for key in known:
        table.add_row(key.name, key.id, ", ".join(key.scopes), key.created_at, key.expires_at or "–")
    console.stdout().print(table)


@app.command("revoke", cls=LocalCommand)
def revoke(key: Annotated[str, typer.Argument(help="Its name or id.")], as_json: options.AsJson = False) -> None:
    """Take a key away. It stops working at once."""
    revoked = _keys().revoke(key)
    if as_json:
        console.write_json(json.dumps({"name": revoked.name, "id": revoked.id}))
    else:
        print(f"The key {revoked.name!r} ({revoked.id}) is revoked.")


def _keys() -> "Keys":
    from service.operations.keys import Keys
    from workers.environment import read_environment

    return Keys(read_environment().folder / "keys.json")
