"""What every server of this machine has: a folder, a port, a password, a process that outlives who started it."""

import os
import re
import secrets
import socket
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import psutil

from cypher.errors import AccessDenied, ServerError, ServerUnavailable

HOST = "127.0.0.1"
MEBIBYTE = 2**20
SUPERVISION = "supervision.json"
"""In a server's folder: the file that says that it is to run."""


class Endpoint(Protocol):
    """How to get in to a server, here or elsewhere; `str` of it is the address, without the password."""

    @property
    def user(self) -> str: ...

    def version(self) -> str:
        """Ask the server for its version.

        Raises:
            ServerError: no answer, no entry, or too old.
        """
        ...


AnyEndpoint = TypeVar("AnyEndpoint", bound=Endpoint)


@dataclass(frozen=True, slots=True)
class Daemon(ABC, Generic[AnyEndpoint]):
    """A server of this machine: where it lives, and how it is told from all else."""

    NAME: ClassVar[str]
    FIELD: ClassVar[str]  # of errors: graph or broker
    START: ClassVar[str]  # what to do where none runs
    PORT_VARIABLE: ClassVar[str]  # of the environment, that names a port
    ERROR: ClassVar[str]  # a pattern of a line that says why the server ended; its group is the reason
    FATAL: ClassVar[str]  # the same of a server that had started

    home: Path  # absolute; data, logs, configuration and password
    port: int | None = field(default=None, kw_only=True)  # None: that of the last time if it is free, or any free one

    @property
    def password_file(self) -> Path:
        return self.home / "password"

    @property
    def supervision(self) -> Path:
        """The file that says that it is to run."""
        return self.home / SUPERVISION

    @property
    def console(self) -> Path:
        """What the server itself printed since its last start."""
        return self.home / "logs" / "console.log"

    @property
    @abstractmethod
    def password_in_use(self) -> bool:
        """Has the server taken a password, so that a new one would not do?"""

    @abstractmethod
    def planned_version(self) -> str | None:
        """Of the program that `up` would start; None where there is none."""

    @abstractmethod
    def process(self) -> psutil.Process | None:
        """The process that runs on this folder, whoever started it."""

    @abstractmethod
    def last_port(self) -> int | None:
        """The port it was started with last."""

    @abstractmethod
    def write_conf(self, port: int) -> None:
        """Write the server's own configuration file."""

    @abstractmethod
    def endpoint_at(self, port: int) -> AnyEndpoint:
        """How to get in where the server listens at this port."""

    def is_torn(self) -> bool:
        """Would the server that runs harm its own files if it were to stop by itself?"""
        return False

    @property
    def silence(self) -> float:
        """Seconds of processor time that it may spend without an answer before it counts as hung."""
        return 10.0

    def answers(self) -> bool:
        """Does it do what it is there for? One that nobody can ask counts too, as a restart mends no password."""
        try:
            endpoint = self.connection()
        except ServerError as error:
            return not isinstance(error, ServerUnavailable)
        try:
            return self.serves(endpoint)
        except AccessDenied:
            return True
        except ServerError:
            return False

    def serves(self, endpoint: AnyEndpoint) -> bool:
        """Ask it for what it is there for.

        Raises:
            ServerError: no answer.
        """
        endpoint.version()
        return True

    def connection(self) -> AnyEndpoint:
        """How to reach the server that was started last.

        Raises:
            ServerUnavailable: none was ever started.
            ServerError: its password is gone.
        """
        port = self.last_port()
        if port is None:
            raise ServerUnavailable(self.FIELD, f"there is no local {self.NAME} yet", self.START)
        return self.endpoint_at(port)

    def password(self) -> str:
        """The generated password.

        Raises:
            ServerError: its file is gone, empty, or cannot be read.
        """
        try:
            password = self.password_file.read_text().strip()
        except OSError as error:
            raise ServerError(
                self.FIELD,
                f"the password of the local {self.NAME} cannot be read ({error.strerror}: {self.password_file})",
                f"Restore that file, or give up the data: stop the server, then remove {self.home}",
            ) from error
        if not password:
            raise ServerError(
                self.FIELD, f"{self.password_file} is empty", f"Restore it, or give up the data: remove {self.home}"
            )
        return password

    def make_password(self) -> None:
        """Generate a password, in a file that only this user can read."""
        write_private(self.password_file, secrets.token_hex(24) + "\n")

    @property
    def advice(self) -> str:
        """What to do where the server ended while it started."""
        return f"See {self.console}"

    def why_it_ended(self) -> str:
        """What the server itself said last of all that was wrong."""
        said = self.console.read_text(errors="replace")
        reasons = re.findall(self.ERROR, said, flags=re.MULTILINE) or said.splitlines() or ["no word"]
        return reasons[-1].strip()

    def last_words(self) -> str | None:
        """Why a server ended that had started, where it said so; one that was killed had no time to."""
        try:
            said = re.findall(self.FATAL, self.console.read_text(errors="replace"), flags=re.MULTILINE)
        except OSError:
            return None
        return said[-1].strip() if said else None


def is_supervised(logs: Path) -> bool:
    """Is the server with these logs restarted when it ends?"""
    return (logs.parent / SUPERVISION).exists()


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def is_free(port: int) -> bool:
    """Can a server listen on this port?"""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
