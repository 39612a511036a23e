"""Where the broker is and how to get in; every client is opened here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from cypher.errors import AccessDenied, InvalidInput, ServerError, ServerUnavailable

if TYPE_CHECKING:
    from redis import Redis

SCHEMES = ("redis", "rediss")
ADDRESS = "INFLUENCE_REDIS_URL"
START_LOCAL = f"Start the local server, or name another with {ADDRESS}."
PORT = 6379  # where an address names none
OLDEST = (6, 2)  # Valkey began as Redis 7.2, and counts on from there
SECONDS = 10.0  # to wait for a server's answer


@dataclass(frozen=True, slots=True)
class Broker:
    """A Redis or Valkey server and a user of it. The password does not show in `repr`.

    Raises:
        InvalidInput: an address that is none, or one that holds a password.
    """

    url: str
    user: str = "default"
    password: str | None = field(default=None, repr=False)  # None: the server asks for none
    local: bool = False  # a server of this machine

    def __post_init__(self) -> None:
        form = "Write it like redis://localhost:6379/0, or rediss://broker.example.org for TLS."
        try:
            parts = self._parts
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise InvalidInput(ADDRESS, "this is not an address", form) from None
        if parts.username is not None or parts.password is not None:
            raise InvalidInput(
                ADDRESS,
                "the Redis address holds a user or password",
                "Set INFLUENCE_REDIS_USER and INFLUENCE_REDIS_PASSWORD.",
            )
        database = parts.path.removeprefix("/")
        bare = not (parts.query or parts.fragment) and (not database or database.isdecimal())
        if parts.scheme not in SCHEMES or not host or not bare:
            raise InvalidInput(ADDRESS, f"{self.url!r} is not a Redis address", form)

    def __str__(self) -> str:
        return self.url

    def open(self) -> "Redis":
        """A client of a server that answers, lets the user in and is of a known version. Close it after use.

        Raises:
            ServerError: any of these fails.
        """
        client = self._client()
        try:
            self._version(client)
        except BaseException:
            client.close()
            raise
        return client

    def version(self) -> str:
        """Ask the server for its name and version, such as Valkey 9.1.2.

        Raises:
            ServerError: no answer, no entry, or too old.
        """
        with self._client() as client:
            return self._version(client)

    def celery_url(self) -> str:
        """The address as Celery takes it. It holds the password: never print it."""
        parts = self._parts
        entry = "" if self.password is None else f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        # Celery trusts any certificate unless told otherwise.
        query = "ssl_cert_reqs=required" if parts.scheme == "rediss" else ""
        return parts._replace(netloc=entry + parts.netloc, query=query).geturl()

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    def _client(self) -> "Redis":
        from redis import Redis  # takes a while to import
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        parts = self._parts
        assert parts.hostname is not None
        return Redis(
            parts.hostname,
            parts.port or PORT,
            int(parts.path.removeprefix("/") or 0),
            username=None if self.password is None else self.user,
            password=self.password,
            ssl=parts.scheme == "rediss",
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 1),  # a server that was restarted has closed what was open
        )

    def _version(self, client: "Redis") -> str:
        from redis.exceptions import (
            AuthenticationError,
            BusyLoadingError,
            ConnectionError,  # noqa: A004 - Redis's own
            RedisError,
            TimeoutError,  # noqa: A004 - Redis's own
        )

        try:
            known = cast(Mapping[str, Any], client.info("server"))
        except AuthenticationError as error:
            if self.password is None:
                raise AccessDenied("broker", f"{self} asks for a password", "Set INFLUENCE_REDIS_PASSWORD.") from error
            raise AccessDenied(
                "broker",
                f"{self} rejects the password of the user {self.user!r}",
                "Check INFLUENCE_REDIS_USER and INFLUENCE_REDIS_PASSWORD.",
            ) from error
        except BusyLoadingError as error:
            raise ServerUnavailable(
                "broker", f"{self} is still loading its data", "Wait a moment, and try again."
            ) from error
        except (ConnectionError, TimeoutError) as error:
            fix = START_LOCAL if self.local else f"Start it, or unset {ADDRESS} to use a local server."
            raise ServerUnavailable("broker", f"no Redis answers at {self}", fix) from error
        except (RedisError, OSError, ValueError) as error:
            raise ServerError("broker", f"{self} cannot be used: {error}", f"Check {ADDRESS}.") from error
        if "valkey_version" in known:
            return f"Valkey {known['valkey_version']}"
        version = f"Redis {known.get('redis_version')}"
        if not is_known(version):
            raise ServerError("broker", f"{self} is {version}", "Use Redis 6.2 or newer, or Valkey.")
        return version


def is_known(version: str) -> bool:
    """Is this a version that can be used, such as Redis 7.2.4 or Valkey 9.1.2?"""
    _, _, number = version.partition(" ")
    major, _, rest = number.partition(".")
    minor = rest.partition(".")[0]
    return major.isdecimal() and minor.isdecimal() and (int(major), int(minor)) >= OLDEST
