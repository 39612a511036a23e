"""`influence open`: the pages, in a browser."""

from typing import Annotated

import typer

from service.cli import console
from service.cli.installation import is_elsewhere, open_service


def open(  # noqa: A001 - as the command is called
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Open it at this run: a name or id.", show_default=False)
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", "--print", help="Only print the address.")] = False,
) -> None:
    """Open the pages in a browser, and print their address."""
    from urllib.parse import quote

    view = "playground" if run is None else f"runs/{quote(run, safe='')}"
    address = f"{_origin()}/{view}"
    print(address)
    if not no_browser and not _shown(address):
        console.stderr().print("notice: no browser was found here; open the address in one", soft_wrap=True)


def _origin() -> str:
    """Of the service that commands work on, which answers."""
    if is_elsewhere():
        with open_service() as service:
            service.status()
            return service.url
    from service.operations.servers import pages_address
    from workers.environment import read_environment

    return pages_address(read_environment())


def _shown(address: str) -> bool:
    """Was a browser found? One of the terminal is none: it would take the terminal over."""
    import os
    import sys
    import webbrowser

    screen = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))
    return screen and webbrowser.open(address)
