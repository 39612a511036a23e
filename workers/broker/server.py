"""The local broker, brought up and down."""

from cypher.servers.lifecycle import Notify, RunningServer, Start, bring_up, down
from cypher.servers.process import spawn
from workers.broker.connection import Broker
from workers.broker.executable import find_executable
from workers.broker.local import LocalBroker

__all__ = ["down", "prepare", "up"]


def up(server: LocalBroker, notify: Notify = lambda words: None) -> RunningServer[Broker]:
    """Start the server unless it runs, and return when it answers. Two calls at once start one server.

    Raises:
        ServerError: no program, no port, no start; the message says which and what to do.
    """
    return bring_up(server, lambda: prepare(server), notify)


def prepare(server: LocalBroker) -> Start:
    """See to everything that the server needs. Returns what starts it.

    Raises:
        ServerError: there is no program.
    """
    program = find_executable()
    server.data.mkdir(exist_ok=True)
    return lambda: spawn(server.command(program), server.console)
