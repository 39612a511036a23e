"""What the service is told when it starts; its processes read it from the environment."""

import ipaddress
from typing import Annotated

from pydantic import Field

from service.operations.limits import Limits, read_limits

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServiceSettings(Limits):
    """Where the service listens, for whom, and what it bounds."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8642
    hosts: tuple[str, ...] = ()  # names that requests may come for, besides the host and loopback's
    body: Annotated[int, Field(ge=1)] = 64 * 2**20  # bytes of a request
    requests: Annotated[int, Field(ge=1)] = 600  # of a key, a minute
    quiet: bool = False  # log to a file of each process, and not to standard error

    @property
    def is_local(self) -> bool:
        """Does it listen on this machine alone?"""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def known_hosts(self) -> frozenset[str]:
        """Names that requests may come for."""
        return frozenset({*LOOPBACK, self.host, *self.hosts})


def read_settings(**given: object) -> ServiceSettings:
    """What the environment says, and what is given instead.

    Raises:
        InvalidInput: a value that cannot be; the message names it.
    """
    return read_limits(ServiceSettings, **given)
