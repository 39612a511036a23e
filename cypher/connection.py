"""Where a Neo4j is and how to get in; every driver is opened here."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from ssl import CERT_NONE, SSLCertVerificationError, create_default_context
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from cypher.servers.daemon import is_supervised

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
DATABASE = {"database", "db"}
"""Of an address's query, as other programs name a database in it."""
OLDEST = (5, 26)
ADDRESS = "INFLUENCE_NEO4J_URI"
START_LOCAL = f"Start the local server, or name another with {ADDRESS}."
NEWER = "Use Neo4j 5.26 or newer."
SECONDS = 10.0  # to wait for a server's answer
TLS = ("+s", "+ssc")
TLS_SECONDS = 3.0  # to wait for the beginning of a TLS connection
PORT = 7687  # where an address names none


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
        if parts.path.strip("/") or parts.fragment or DATABASE.intersection(parse_qs(parts.query, True)):
            raise InvalidInput(
                ADDRESS,
                f"{self.uri!r} names a database, and the one that is used is the user's home database",
                "Leave it out, or make it the home database of that user.",
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
            except ServiceUnavailable as error:  # it ended, or gave no answer, after it had told its version
                raise _no_answer(self, error) from error
            except DriverError as error:
                raise ServerUnavailable("graph", f"{self.uri} gave no answer ({error})", "Try again.") from error
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
        raise _no_answer(connection, error) from error
    except (DriverError, Neo4jError) as error:
        if isinstance(error, Neo4jError) and (error.code or "").endswith("AuthenticationRateLimit"):
            raise AccessDenied(
                "graph",
                f"{connection.uri} has had too many wrong passwords in a row",
                "Wait some seconds, and check INFLUENCE_NEO4J_USER and INFLUENCE_NEO4J_PASSWORD.",
            ) from error
        said = str(error).partition("\n")[0]
        raise ServerError("graph", f"{connection.uri} cannot be used: {said}", f"Check {ADDRESS}.") from error
    return known_version(agent, connection.uri)


def _no_answer(connection: Connection, error: ServiceUnavailable) -> ServerError:
    """Why a server gives no answer, as far as one can see from here."""
    scheme, uri = urlsplit(connection.uri).scheme, connection.uri
    for cause in causes(error):
        if isinstance(cause, SSLCertVerificationError):
            return ServerError(
                "graph",
                f"the TLS certificate of {uri} is not trusted here ({cause.verify_message})",
                "Make this machine trust its issuer or, if nobody can eavesdrop, begin the address "
                f"with {scheme}sc://, which takes any certificate.",
            )
    with_tls, plain = scheme.endswith(TLS), scheme.partition("+")[0]
    if connection.logs is None and _listens(connection):
        if with_tls and not _speaks_tls(connection):
            return ServerError(
                "graph",
                f"the server at {uri} does not speak TLS",
                f"If nobody can eavesdrop, begin the address with {plain}://; else let the server use TLS.",
            )
        if not with_tls and _speaks_tls(connection):
            return ServerError(
                "graph",
                f"the server at {uri} speaks TLS only",
                f"Begin the address with {plain}+s://, or {plain}+ssc:// if its certificate is self-signed.",
            )
        problem = f"what listens at {uri} does not answer as Neo4j does"
        return ServerUnavailable("graph", problem, f"It may be busy: try again. Else check {ADDRESS}.")
    if connection.logs is None:
        fix = f"Start it, or unset {ADDRESS} to use a local server."
    elif not is_supervised(connection.logs):
        fix = START_LOCAL
    else:
        fix = "It is restarted when it ends: try again in half a minute. If it is still away then, start it."
    return ServerUnavailable("graph", f"no Neo4j answers at {uri}", fix)


def _listens(connection: Connection) -> bool:
    try:
        _connect(connection).close()
    except OSError:
        return False
    return True


def _speaks_tls(connection: Connection) -> bool:
    """Does the server at this address answer the beginning of a TLS connection?"""
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE  # nothing is sent to it
    try:
        with _connect(connection) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False


def _connect(connection: Connection) -> socket.socket:
    parts = urlsplit(connection.uri)
    return socket.create_connection((parts.hostname, parts.port or PORT), TLS_SECONDS)


def known_version(agent: str, uri: str) -> str:
    """The version in what a server calls itself, such as Neo4j/5.26.30.

    Raises:
        ServerError: it is too old, or no Neo4j.
    """
    number = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if not number or (int(number[1]), int(number[2])) < OLDEST:
        raise ServerError("graph", f"{uri} is {agent}", NEWER)
    return agent.removeprefix("Neo4j/")


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that led to it; where a server is one of several, the driver groups what led to each."""
    yield error
    grouped = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (error.__cause__ or error.__context__, *grouped):
        if cause is not None:
            yield from causes(cause)
