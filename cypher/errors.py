"""Everything that can go wrong in a way that a user can do something about.

- InfluenceError
  - RequestError: what was asked for cannot be done as it was asked; asking again changes nothing
    - InvalidInput: a value that cannot be used
      - InvalidQuery: a mistake in a Cypher query
      - ModelError: a checkpoint that cannot be loaded
        - PickledWeights: because its weights are pickled
    - NotFound: a name that nothing has
    - Conflict: what already exists, or its state, stands in the way
    - RefusedQuery: a query that does more than read the graph
    - TooLarge: more at once than is taken
    - OutOfMemory: more memory is needed than is allowed
  - QueryLimitExceeded: a query needs more time or memory than it may take
  - Busy: as much runs already as may run at once
  - ServerError: a server does not do what it should
    - ServerUnavailable: it does not answer
    - ServerOverloaded: it has too little memory for so much at once
    - AccessDenied: it does not let this user in

Every error names the field at fault in the domain's words, what is wrong, and what to do. It knows neither the command
line nor HTTP: front ends turn `code` into exit codes and statuses, and `field` into their own names.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Self


class InfluenceError(Exception):
    """What went wrong, and what the user can do; never shown with a stack trace.

    Args:
        field: the setting, column or thing at fault, such as `correct`, `samples`, `run` or `graph`.
        problem: what is wrong, quoting the value; without a full stop.
        fix: what the user can do, as an imperative.
        where: the file and line, such as `sentences.jsonl:3`; None where there is none.
    """

    code: ClassVar[str] = "error"
    """Names the kind of error, whatever the front end; it does not change between versions."""

    def __init__(self, field: str, problem: str, fix: str, where: str | None = None):
        super().__init__(field, problem, fix, where)
        self.field = field
        self.problem = problem
        self.fix = fix
        self.where = where

    def at(self, where: str | None) -> Self:
        """The same error, placed at `where` unless it already has a place."""
        return type(self)(self.field, self.problem, self.fix, self.where or where)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {name: getattr(self, name) for name in ("code", "field", "problem", "fix", "where")}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> "InfluenceError":
        """The inverse of `to_dict`; of a code that is not known, an `InfluenceError`."""
        rest = {name: value for name, value in values.items() if name != "code"}
        return kinds().get(values["code"], InfluenceError)(**rest)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.problem}. {self.fix}"


def kinds() -> dict[str, type[InfluenceError]]:
    """Every kind of error, by code."""
    return {kind.code: kind for kind in _below(InfluenceError)}


def _below(kind: type[InfluenceError]) -> Iterator[type[InfluenceError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


class RequestError(InfluenceError):
    """What was asked for cannot be done as it was asked; asking again changes nothing."""

    code = "bad-request"


class InvalidInput(RequestError):
    """A value that cannot be used."""

    code = "invalid-input"

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.field}: {self.problem}. {self.fix}"


class InvalidQuery(InvalidInput):
    """A mistake in a query, in Neo4j's own words, which may take several lines and point at the place."""

    code = "invalid-query"

    def __str__(self) -> str:
        return self.problem


class ModelError(InvalidInput):
    """A checkpoint that cannot be loaded, or not as what was asked for."""

    code = "unusable-model"


class PickledWeights(ModelError):
    """A checkpoint whose weights are pickled, so that reading them could run a program."""

    code = "pickled-weights"


class NotFound(RequestError):
    """A name that nothing has; the message names the nearest."""

    code = "not-found"


class Conflict(RequestError):
    """What already exists, or the state that it is in, stands in the way."""

    code = "conflict"


class RefusedQuery(RequestError):
    """A query that does more than read the graph."""

    code = "refused-query"


class TooLarge(RequestError):
    """More at once than is taken."""

    code = "too-large"


class OutOfMemory(InvalidInput):
    """More memory is needed than is allowed, or than the device has left."""

    code = "out-of-memory"


class QueryLimitExceeded(InfluenceError):
    """A query needs more time or memory than it may take."""

    code = "query-limit-exceeded"


class Busy(InfluenceError):
    """As much runs already as may run at once."""

    code = "too-many-requests"


class ServerError(InfluenceError):
    """A server does not do what it should; `field` says which: `graph` or `broker`."""

    code = "server-error"


class ServerUnavailable(ServerError):
    """The server does not answer."""

    code = "server-unavailable"


class ServerOverloaded(ServerError):
    """The server has too little memory for so much at once."""

    code = "server-overloaded"


class AccessDenied(ServerError):
    """The server does not let this user in."""

    code = "access-denied"
