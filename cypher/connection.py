"""Where a Neo4j is and how to get in; every driver is opened here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urlsplit

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    UnsupportedServerProduct,
)

from cypher.errors import AccessDenied, InvalidInput, ServerError, ServerUnavailable

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
OLDEST = (5, 26)
ADDRESS = "INFLUENCE_NEO4J_URI"
START_LOCAL = f"Start the local server, or name another with {ADDRESS}."
NEWER = "Use Neo4j 5.26 or newer."
SECONDS = 10.0  # to wait for a server's answer


@dataclass(frozen=True, slots=True)
class Connection:
    """A Neo4j server and a user of it. The password does not show in `repr`.

    Raises:
        InvalidInput: an address that no driver takes, or one that holds a password.
    """

    uri: str
    user: str
    password: str = field(repr=False)
    logs: Path | None = None  # of a server of this machine

    def __post_init__(self) -> None:
        form = "Write it like bolt://localhost:7687 or neo4j+s://graph.example.org"
        try:
            parts = urlsplit(self.uri)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise InvalidInput(ADDRESS, "this is not an address", f"{form}.") from None
        if parts.username is not None or parts.password is not None:
            raise InvalidInput(
                ADDRESS,
                "the Neo4j address holds a user or password",
                "Set INFLUENCE_NEO4J_USER and INFLUENCE_NEO4J_PASSWORD.",
            )
        if parts.scheme not in SCHEMES or not host:
            raise InvalidInput(
                ADDRESS, f"{self.uri!r} is not a Neo4j address", f"{form}; the schemes are {', '.join(SCHEMES)}."
            )

    def __str__(self) -> str:
        return self.uri

    def version(self) -> str:
        """Ask the server for its version, such as 5.26.30.

        Raises:
            ServerError: no answer, no entry, or too old.
        """
        with open_driver(self) as driver:
            return server_version(driver, self)

    def serves(self) -> bool:
        """Does the server still serve its database? Where writing failed, not before it is started again.

        Raises:
            ServerError: the server itself gives no answer or no entry, or is too old.
        """
        with open_driver(self, max_transaction_retry_time=0) as driver:
            try:
                driver.execute_query("RETURN 1")  # nothing of the graph, which is the store's to ask
            except Neo4jError:
                return False
        return True


def open_driver(connection: Connection, **options: Any) -> Driver:
    """A driver for a server that answers, lets the user in and is of a known version. Close it after use.

    Args:
        options: of the driver.

    Raises:
        ServerError: any of these fails.
    """
    try:
        driver = GraphDatabase.driver(
            connection.uri,
            auth=(connection.user, connection.password),
            connection_timeout=SECONDS,
            connection_acquisition_timeout=SECONDS,
            **options,
        )
    except (ConfigurationError, ValueError) as error:
        raise InvalidInput(ADDRESS, f"{connection.uri!r} is not a Neo4j address ({error})", "Correct it.") from error
    try:
        server_version(driver, connection)
    except BaseException:
        driver.close()
        raise
    return driver


def server_version(driver: Driver, connection: Connection) -> str:
    """Ask the server for its version, such as 5.26.30.

    Raises:
        ServerError: no answer, no entry, a certificate that is not trusted, or too old.
    """
    try:
        agent = driver.get_server_info().agent
    except AuthError as error:
        raise AccessDenied(
            "graph",
            f"{connection.uri} rejects the password of the user {connection.user!r}",
            "Check INFLUENCE_NEO4J_USER and INFLUENCE_NEO4J_PASSWORD.",
        ) from error
    except UnsupportedServerProduct as error:
        raise ServerError("graph", f"{connection.uri} is not a Neo4j, or one of another generation", NEWER) from error
    except ServiceUnavailable as error:
        for cause in _causes(error):
            if isinstance(cause, SSLCertVerificationError):
                raise ServerError(
                    "graph",
                    f"the TLS certificate of {connection.uri} is not trusted here ({cause.verify_message})",
                    "Make this machine trust its issuer or, if nobody can eavesdrop, begin the address "
                    f"with {urlsplit(connection.uri).scheme}sc://, which takes any certificate.",
                ) from error
        fix = START_LOCAL if connection.logs else f"Start it, or unset {ADDRESS} to use a local server."
        raise ServerUnavailable("graph", f"no Neo4j answers at {connection.uri}", fix) from error
    except (DriverError, Neo4jError) as error:
        if isinstance(error, Neo4jError) and (error.code or "").endswith("AuthenticationRateLimit"):
            raise AccessDenied(
                "graph",
                f"{connection.uri} has had too many wrong passwords in a row",
                "Wait some seconds, and check INFLUENCE_NEO4J_USER and INFLUENCE_NEO4J_PASSWORD.",
            ) from error
        raise ServerError("graph", f"{connection.uri} cannot be used: {error}", f"Check {ADDRESS}.") from error
    return known_version(agent, connection.uri)


def known_version(agent: str, uri: str) -> str:
    """The version in what a server calls itself, such as Neo4j/5.26.30.

    Raises:
        ServerError: it is too old, or no Neo4j.
    """
    number = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if not number or (int(number[1]), int(number[2])) < OLDEST:
        raise ServerError("graph", f"{uri} is {agent}", NEWER)
    return agent.removeprefix("Neo4j/")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that led to it; where a server is one of several, the driver groups what led to each."""
    yield error
    grouped = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (error.__cause__ or error.__context__, *grouped):
        if cause is not None:
            yield from _causes(cause)
