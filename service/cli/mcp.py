"""`influence mcp`: the graph and the jobs as tools of an agent."""

import logging
import sys

from service.cli import console, errors, options


def mcp(allow_model: options.AllowModel = None) -> None:
    """Serve tools to an agent by the Model Context Protocol, on stdin and stdout. The agent starts this command."""
    from service.logs import configure_logs
    from service.mcp.desk import Desk
    from service.mcp.stdio import serve
    from service.operations.limits import Limits, read_limits
    from service.operations.sharing import SharedServers
    from workers.environment import read_environment

    configure_logs()
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # an error is told to the agent
    usual = read_limits(Limits)
    limits = read_limits(Limits, models=(*usual.models, *options.allowed(allow_model)))
    if sys.stdin.isatty():
        console.notice("this command speaks with an agent, which starts it; Ctrl-D ends it")
    serve(Desk(SharedServers(read_environment(), limits), advice=errors.advice))
