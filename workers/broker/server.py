"""The local broker, brought up and down."""

import psutil

from cypher.servers.lifecycle import Notify, RunningServer, Start, bring_up, down
from cypher.servers.process import spawn
from workers.broker.connection import Broker
from workers.broker.executable import find_executable
from workers.broker.local import LocalBroker

__all__ = ["down", "up"]


def up(server: LocalBroker, notify: Notify = lambda words: None) -> RunningServer[Broker]:
    """Start the server unless it runs, and return when it answers. Two calls at once start one server.

    Raises:
        ServerError: no program, no port, no start; the message says which and what to do.
    """

    def prepare() -> Start:
        program = find_executable()
        server.data.mkdir(exist_ok=True)

        def start() -> psutil.Process:
            return spawn(server.command(program), server.console)

        return start

    return bring_up(server, prepare, notify)
