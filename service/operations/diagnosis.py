"""Everything that the servers need, looked at one by one."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from rich.filesize import decimal

from cypher.neo4j_server import doctor as graph_doctor
from cypher.servers.checks import Check
from service.operations.servers import servers_of
from workers.broker import doctor as broker_doctor
from workers.environment import Environment

PACKAGES = ("influence-graph", "neo4j", "redis", "torch", "transformers")
"""Whose versions matter."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, and how it is."""

    neo4j: list[Check]
    broker: list[Check]
    machine: list[Check]

    @property
    def good(self) -> bool:
        """Is there nothing to repair?"""
        return all(check.good for check in (*self.neo4j, *self.broker, *self.machine))


def diagnose(environment: Environment) -> Diagnosis:
    """Look at everything that the servers need; nothing is changed.

    Raises:
        RequestError: a setting that cannot be used.
    """
    graph, broker = servers_of(environment)
    return Diagnosis([*graph_doctor.examine(graph)], [*broker_doctor.examine(broker)], [*machine()])


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
