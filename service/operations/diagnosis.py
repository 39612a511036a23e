"""Everything that the servers need, looked at one by one."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import httpx
from rich.filesize import decimal

from cypher.neo4j_server import doctor as graph_doctor
from cypher.servers.checks import Check
from cypher.servers.daemon import HOST, is_free
from service.operations import local_processes
from service.operations.servers import servers_of
from workers.broker import doctor as broker_doctor
from workers.environment import Environment

PACKAGES = ("influence-graph", "neo4j", "redis", "torch", "transformers")
"""Whose versions matter."""
SECONDS = 5.0
"""To wait for the service's answer."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, and how it is."""

    neo4j: list[Check]
    broker: list[Check]
    service: list[Check]
    machine: list[Check]

    @property
    def good(self) -> bool:
        """Is there nothing to repair?"""
        return all(check.good for check in (*self.neo4j, *self.broker, *self.service, *self.machine))


def diagnose(environment: Environment, port: int) -> Diagnosis:
    """Look at everything that the servers need; nothing is changed.

    Args:
        port: where a service would listen that is started now.

    Raises:
        RequestError: a setting that cannot be used.
    """
    graph, broker = servers_of(environment)
    listening = service(local_processes.service_port(environment.folder), port)
    return Diagnosis([*graph_doctor.examine(graph)], [*broker_doctor.examine(broker)], [listening], [*machine()])


def service(running: int | None, port: int) -> Check:
    """Does the service answer, or could it listen?

    Args:
        running: where it does already.
    """
    if running is None and is_free(port):
        return Check("port", True, f"{port} is free")
    try:
        alive = httpx.get(f"http://{HOST}:{running or port}/livez", timeout=SECONDS).json() == {"alive": True}
    except (httpx.HTTPError, ValueError):
        alive = False
    if alive:
        return Check("port", True, f"a service answers at {running or port}")
    if running is not None:
        return Check("port", False, f"the service at {running} does not answer", "Stop it, and start it again.")
    return Check("port", False, f"{port} is taken by another program", "Stop that, or set INFLUENCE_API_PORT.")


def machine() -> Iterator[Check]:
    """What matters beside the servers: versions, and the GPU."""
    packages = " ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield Check("versions", True, f"Python {platform.python_version()} {packages}")
    import torch  # takes seconds

    if not torch.cuda.is_available():
        yield Check("GPU", True, "none that CUDA can use; the CPU computes")
        return
    free, total = torch.cuda.mem_get_info()
    yield Check("GPU", True, f"{torch.cuda.get_device_name()}, {decimal(free)} of {decimal(total)} free")
