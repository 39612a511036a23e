"""Where the graph and the broker are, and how long jobs may take: environment variables that begin with INFLUENCE_.

What the environment lacks, files of secrets may have.
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ByteSize, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cypher.connection import Connection
from cypher.errors import InvalidInput
from cypher.neo4j_server.jars import locked_version
from cypher.neo4j_server.local import LocalServer
from cypher.servers.daemon import MEBIBYTE
from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.folders import cache_folder, data_folder
from workers.limits import Limits

SECRETS = Path("/run/secrets")  # where containers are given theirs


def _enough(size: ByteSize) -> ByteSize:
    if size < 64 * MEBIBYTE:
        raise ValueError("is less than the 64MiB that Neo4j needs")
    return size


Port = Annotated[int, Field(ge=1, le=65535)]
Memory = Annotated[ByteSize, AfterValidator(_enough)]
Seconds = Annotated[float, Field(ge=1)]


class Environment(BaseSettings):
    """Where the servers are, and what jobs keep to. Secrets do not show in `repr`, logs or errors."""

    model_config = SettingsConfigDict(env_prefix="INFLUENCE_", env_ignore_empty=True, hide_input_in_errors=True)

    home: Path = Field(default_factory=data_folder)  # what the local servers keep
    neo4j_uri: str | None = None  # another server instead of a local one
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr | None = None
    neo4j_bolt_port: Port | None = None  # of the local server; None: a free one
    neo4j_heap: Memory = ByteSize(1024 * MEBIBYTE)
    neo4j_page_cache: Memory = ByteSize(256 * MEBIBYTE)
    maven_url: HttpUrl | None = None  # where Neo4j is downloaded from; None: Maven Central

    redis_url: str | None = None  # another server instead of a local one
    redis_user: str = "default"
    redis_password: SecretStr | None = None
    redis_port: Port | None = None  # of the local server; None: a free one

    server: str | None = None  # address of a service elsewhere
    api_key: SecretStr | None = None  # for it

    lease: Seconds = 30.0  # as in `Limits`
    chunk_seconds: Seconds = 1800.0
    hard_after: Seconds = 300.0
    visibility: Seconds = 3600.0
    grace: Annotated[float, Field(ge=0)] = 20.0

    def graph_server(self) -> LocalServer | Connection:
        """The local Neo4j, or how to reach the one that INFLUENCE_NEO4J_URI names.

        Raises:
            InvalidInput: an address that is none, or one without a password.
        """
        if self.neo4j_uri is None:
            return LocalServer(
                home=self.folder / "neo4j",
                jars=cache_folder() / f"neo4j-{locked_version()}",
                port=self.neo4j_bolt_port,
                heap=self.neo4j_heap,
                page_cache=self.neo4j_page_cache,
                maven=None if self.maven_url is None else str(self.maven_url),
            )
        if self.neo4j_password is None:
            raise InvalidInput("INFLUENCE_NEO4J_PASSWORD", "it is not set, and INFLUENCE_NEO4J_URI is", "Set it too.")
        return Connection(self.neo4j_uri, self.neo4j_user, self.neo4j_password.get_secret_value())

    def graph(self) -> Connection:
        """How to reach the graph, local or not.

        Raises:
            ServerError: there is none yet.
        """
        server = self.graph_server()
        return server if isinstance(server, Connection) else server.connection()

    def broker_server(self) -> LocalBroker | Broker:
        """The local broker, or how to reach the one that INFLUENCE_REDIS_URL names.

        Raises:
            InvalidInput: an address that is none, or one that holds a password.
        """
        if self.redis_url is None:
            return LocalBroker(self.folder / "broker", port=self.redis_port)
        password = None if self.redis_password is None else self.redis_password.get_secret_value()
        return Broker(self.redis_url, self.redis_user, password)

    def broker(self) -> Broker:
        """How to reach the broker, local or not.

        Raises:
            ServerError: there is none yet.
        """
        server = self.broker_server()
        return server if isinstance(server, Broker) else server.connection()

    def limits(self) -> Limits:
        """How long jobs may take."""
        return Limits(self.lease, self.chunk_seconds, self.visibility, self.grace, hard_after=self.hard_after)

    @property
    def logs(self) -> Path:
        """The folder of what workers log."""
        return self.folder / "logs"

    @property
    def folder(self) -> Path:
        """What the local servers and workers keep, absolute."""
        return self.home.expanduser().resolve()


def read_environment() -> Environment:
    """What the environment and files of secrets say.

    Raises:
        InvalidInput: a value that cannot be; the message names the variable.
    """
    try:
        return Environment(_secrets_dir=_secrets_folder())  # pyright: ignore[reportCallIssue] - pydantic's own
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "INFLUENCE_" + str(first["loc"][0]).upper()
        raise InvalidInput(name, first["msg"], _FIXES[str(first["loc"][0])]) from None


def _secrets_folder() -> Path | None:
    """The folder of files such as influence_neo4j_password: what INFLUENCE_SECRETS_DIR names, or else a container's."""
    named = os.environ.get("INFLUENCE_SECRETS_DIR")
    folder = Path(named).expanduser() if named else SECRETS
    if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        return folder
    if named:
        problem = f"{named} is not a folder that can be read"
        raise InvalidInput(
            "INFLUENCE_SECRETS_DIR", problem, "Name the folder of files such as influence_neo4j_password."
        )
    return None


_PORT = "Name a port from 1 to 65535."
_SIZE = "Write a size such as 1GB or 512MiB."
_SECONDS = "Write seconds, such as 30."
_FIXES = {
    "home": "Name a folder.",
    "neo4j_bolt_port": _PORT,
    "neo4j_heap": _SIZE,
    "neo4j_page_cache": _SIZE,
    "redis_port": _PORT,
    "lease": _SECONDS,
    "chunk_seconds": _SECONDS,
    "hard_after": _SECONDS,
    "visibility": _SECONDS,
    "grace": _SECONDS,
    "maven_url": "Write it like https://maven.example.org/repository/central",
}
