"""API keys: who may do what over HTTP. Only hashes are kept, in one file of this installation.

1. A key is `ig_<id>_<secret>`; the secret has 256 random bits, so that one round of SHA-256 keeps it.
2. The file is replaced as a whole, under a lock, and read again when it has changed: a key that is revoked stops
   working at once, in every process.
"""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Literal, get_args

import portalocker

from cypher.errors import Conflict, InvalidInput, NotFound, ServerError
from cypher.suggestions import did_you_mean

Scope = Literal["read", "query", "submit", "admin"]
"""To read runs, reports and figures; to ask in Cypher; to submit, cancel and resume jobs; all of it, and to delete."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
CHANGING: tuple[Scope, ...] = ("submit", "admin")
"""Scopes of what changes something."""
PREFIX = "ig"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without its secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    hash: str  # SHA-256 of the secret, in hex
    created_at: str  # ISO 8601, in UTC
    expires_at: str | None  # None: never

    @property
    def caller(self) -> "Caller":
        """Who presents it."""
        return Caller(self.id, self.name, self.scopes)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    id: str
    name: str
    scopes: tuple[Scope, ...]

    def may(self, scope: Scope) -> bool:
        """Does it have what asks for this scope? `admin` has everything."""
        return scope in self.scopes or "admin" in self.scopes


LOCAL = Caller("local", "this machine", ("admin",))
"""Whoever asks on this machine, where there are no keys."""


class Keys:
    """The keys of an installation.

    Args:
        file: that holds them; it need not be there.
    """

    def __init__(self, file: Path):
        self._file = file
        self._read_at: tuple[int, int] | None = None
        self._known: dict[str, ApiKey] = {}

    def list(self) -> list[ApiKey]:
        """All keys, the oldest first."""
        try:
            state = self._file.stat()
        except FileNotFoundError:
            self._read_at, self._known = None, {}
            return []
        if (at := (state.st_mtime_ns, state.st_ino)) != self._read_at:
            self._known, self._read_at = {key.id: key for key in _read(self._file)}, at
        return list(self._known.values())

    @property
    def exist(self) -> bool:
        """Has anybody ever made one? From then on nobody gets in without, even where all are revoked."""
        return self._file.exists()

    def create(self, name: str, scopes: Iterable[str], days: float | None = None) -> tuple[ApiKey, str]:
        """A new key, and what its owner has to present, which nobody can be told again.

        Args:
            name: whose it is, or what for.
            days: until it expires; None: never.

        Raises:
            InvalidInput: no name, an unknown scope, or a time that is over.
            Conflict: another key has this name.
        """
        name, chosen = name.strip(), tuple(dict.fromkeys(scopes))
        if not name or not name.isprintable():
            raise InvalidInput("name", f"{name!r} is no name", "Say whose key it is, or what for.")
        for scope in chosen:
            if scope not in SCOPES:
                fix = f"{did_you_mean(scope, SCOPES)}Choose among {', '.join(SCOPES)}."
                raise InvalidInput("scopes", f"there is no scope {scope!r}", fix)
        if not chosen:
            raise InvalidInput("scopes", "there are none", f"Choose among {', '.join(SCOPES)}.")
        if days is not None and days <= 0:
            raise InvalidInput("days", f"{days} is over already", "Give a number of days above 0.")
        now, secret = datetime.now(UTC), secrets.token_urlsafe(32)
        expires = None if days is None else (now + timedelta(days=days)).isoformat(timespec="seconds")
        key = ApiKey(
            id=secrets.token_hex(4),
            name=name,
            scopes=tuple(scope for scope in SCOPES if scope in chosen),
            hash=_hash(secret),
            created_at=now.isoformat(timespec="seconds"),
            expires_at=expires,
        )
        with self._locked():
            known = self.list()
            if name in {each.name for each in known}:
                raise Conflict("name", f"there is a key {name!r} already", "Give another name, or revoke that key.")
            self._write([*known, key])
        return key, f"{PREFIX}_{key.id}_{secret}"

    def revoke(self, wanted: str) -> ApiKey:
        """Take a key away, by name or id.

        Raises:
            NotFound: there is none.
        """
        with self._locked():
            known = self.list()
            found = next((key for key in known if wanted in (key.id, key.name)), None)
            if found is None:
                fix = did_you_mean(wanted, [key.name for key in known]) + "List the keys to see all of them."
                raise NotFound("key", f"there is no key {wanted!r}", fix)
            self._write([key for key in known if key is not found])
        return found

    def find(self, presented: str, now: datetime | None = None) -> ApiKey | None:
        """The key that is presented; None of one that is unknown, wrong or expired."""
        prefix, _, rest = presented.partition("_")
        id_, _, secret = rest.partition("_")
        self.list()
        key = self._known.get(id_)
        hashed = _hash(secret)  # also of an unknown id, so that it takes as long
        right = compare_digest(hashed, key.hash if key else _hash(""))
        if key is None or prefix != PREFIX or not right or key.is_expired(now or datetime.now(UTC)):
            return None
        return key

    def _locked(self) -> portalocker.Lock:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        return portalocker.Lock(self._file.with_suffix(".lock"), timeout=10)

    def _write(self, keys: Iterable[ApiKey]) -> None:
        new = self._file.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump([asdict(key) for key in keys], stream, indent=1)
        new.replace(self._file)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _read(file: Path) -> list[ApiKey]:
    try:
        return [ApiKey(**{**row, "scopes": tuple(row["scopes"])}) for row in json.loads(file.read_text())]
    except (ValueError, TypeError, KeyError) as error:
        raise ServerError("keys", f"the file of keys cannot be read ({error})", "Mend or remove it.") from error
