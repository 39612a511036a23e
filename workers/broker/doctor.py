"""Everything that the broker needs, looked at one by one."""

from collections.abc import Iterator

from cypher.errors import ServerError
from cypher.servers.checks import Check, check_answer, check_disk, check_memory, check_password, check_port
from cypher.servers.daemon import MEBIBYTE
from workers.broker.connection import Broker
from workers.broker.executable import find_executable
from workers.broker.local import LocalBroker

DISK = 256 * MEBIBYTE  # free bytes to ask for
MEMORY = 128 * MEBIBYTE  # what a full broker takes, and more


def examine(server: LocalBroker | Broker) -> Iterator[Check]:
    """Look at each thing in turn; nothing is changed."""
    if isinstance(server, LocalBroker):
        yield _program()
        yield check_port(server)
        yield from check_password(server)
        yield check_disk("disk", server.home, DISK, "set INFLUENCE_HOME to a larger disk.")
        yield check_memory(server, MEMORY, f"Make {MEMORY // MEBIBYTE} MiB free, or set INFLUENCE_REDIS_URL.")
    yield check_answer(server)


def _program() -> Check:
    try:
        program = find_executable()
    except ServerError as error:
        return Check("program", False, error.problem, error.fix)
    return Check("program", True, f"{program.version} of {program.origin}: {program.path}")
