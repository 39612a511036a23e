"""The installation that a command works on: this machine's, or the one behind the service that --server names."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cypher.errors import RequestError
from service.cli import errors

if TYPE_CHECKING:
    from service.client.client import Client
    from service.operations.installation import Installation

HERE_ALONE = "Leave --server out, or run it on the service's machine."


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation is."""

    server: str | None = None  # address of its service; None: it is this machine's
    by_option: bool = False  # was the address given with the command, and not by the environment?
    plain_http: bool = False  # may a key travel there without encryption?


_place: ContextVar[Place] = ContextVar("place", default=Place())  # noqa: B039 - it is immutable


def choose(place: Place) -> None:
    """From now on, commands work there."""
    _place.set(place)


def is_elsewhere() -> bool:
    """Do commands work on a service's installation?"""
    return _place.get().server is not None


def open_installation() -> "Installation":
    """What commands work on; a context manager.

    Raises:
        RequestError: an address that is none, or to which a key must not travel.
    """
    place = _place.get()
    if place.server is None:
        from service.operations.local_installation import LocalInstallation

        return LocalInstallation()
    return open_service()


def open_service() -> "Client":
    """The service that commands work on; a context manager.

    Raises:
        RequestError: an address that is none, or to which a key must not travel.
    """
    from service.client.client import Client

    place = _place.get()
    return Client(place.server, plain_http=place.plain_http)


def check_here(what: str) -> None:
    """Refuse to do on this machine what a user may expect elsewhere.

    Raises:
        RequestError: commands work elsewhere.
    """
    if is_elsewhere():
        fix = "Leave --server out and unset INFLUENCE_SERVER, or run it on the service's machine."
        raise RequestError("server", f"`influence {what}` works on this machine alone", fix)


class LocalCommand(errors.Command):
    """A command that works on this machine alone. It refuses --server; the variable means other commands."""

    def invoke(self, ctx: Any) -> Any:
        if _place.get().by_option:
            name = " ".join(("influence", *ctx.command_path.split()[1:]))  # however the program was started
            error = RequestError("server", f"`{name}` works on this machine alone", HERE_ALONE)
            errors.end_if_any([error])
        return super().invoke(ctx)
