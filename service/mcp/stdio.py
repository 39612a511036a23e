"""Tools over standard input and output, for the agent that starts this process."""

import anyio

from service.mcp.desk import Desk
from service.mcp.server import create_server


def serve(desk: Desk) -> None:
    """Serve until standard input ends; nothing but messages is written to standard output."""
    try:
        anyio.run(create_server(desk).run_stdio_async)
    finally:
        desk.servers.close()
