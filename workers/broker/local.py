"""A local broker: its folder, its configuration, its command line."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from cypher.errors import ServerError
from cypher.servers.daemon import HOST, Daemon, write_private
from cypher.servers.process import find
from workers.broker.connection import START_LOCAL, Broker
from workers.broker.executable import Executable, find_executable


@dataclass(frozen=True, slots=True)
class LocalBroker(Daemon[Broker]):
    """A Redis or Valkey of this machine: where it lives."""

    NAME: ClassVar[str] = "Redis"
    FIELD: ClassVar[str] = "broker"
    START: ClassVar[str] = START_LOCAL
    PORT_VARIABLE: ClassVar[str] = "INFLUENCE_REDIS_PORT"
    ERROR: ClassVar[str] = r" # (.*)$"  # its mark of warnings
    FATAL: ClassVar[str] = r" # (.*(?:Out Of Memory|crashed by signal).*)$"

    @property
    def conf(self) -> Path:
        return self.home / "redis.conf"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def password_in_use(self) -> bool:
        return self.process() is not None

    @property
    def advice(self) -> str:
        return f"See {self.console}; if its files are damaged, remove {self.data}: what they hold is sent again."

    def planned_version(self) -> str | None:
        try:
            return find_executable().version
        except ServerError:
            return None

    def process(self) -> psutil.Process | None:
        return find(*self._places)

    def last_port(self) -> int | None:
        try:
            match = re.search(r"^port (\d+)$", self.conf.read_text(), flags=re.MULTILINE)
        except FileNotFoundError:
            return None
        return int(match[1]) if match else None

    def endpoint_at(self, port: int) -> Broker:
        return Broker(f"redis://{HOST}:{port}", password=self.password(), local=True)

    def write_conf(self, port: int) -> None:
        if not self.password_file.exists():
            self.make_password()
        settings = {
            "bind": HOST,
            "port": port,
            "requirepass": self.password(),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",  # a power cut leaves half of the last command
            "save": '""',  # the append-only file is enough
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",  # else its command line is not what it was started with
        }
        write_private(self.conf, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self, program: Executable) -> list[str]:
        """The server's command line; it holds no secret."""
        return [str(program.path), *self._places]

    @property
    def _places(self) -> list[str]:
        """What names the folder on the command line, and so the server."""
        return [str(self.conf), "--dir", str(self.data)]
