"""What can go wrong with a user's query, or with the server while it works, as an error that says what to do."""

import re
from collections.abc import Iterable
from os import SEEK_END
from pathlib import Path
from shutil import disk_usage

from neo4j.exceptions import ConstraintError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from cypher.errors import (
    AccessDenied,
    Conflict,
    InfluenceError,
    InvalidInput,
    InvalidQuery,
    QueryLimitExceeded,
    ServerError,
    ServerOverloaded,
    ServerUnavailable,
)
from cypher.servers.daemon import is_supervised
from cypher.suggestions import nearest

EXPLAIN = "EXPLAIN\n"
"""What is put before a query to plan it: a line of its own, so that Neo4j shows a mistake in the line that is wrong."""

MISTAKES = ("Neo.ClientError.Statement.", "Neo.ClientError.Procedure.", "Neo.ClientError.Database.")
"""How the codes of a mistake in the query begin."""

CAUSE = re.compile(r"^Caused by: java\.io\.IOException: (.*)$", re.MULTILINE)
FULL = "No space left on device"
ROOM = 2**24  # bytes on a disk that is as good as full
TAIL = 2**20  # bytes of a log in which its last error is

TOO_LARGE = re.compile(r"direct buffer memory")
IMPOSSIBLE = re.compile(r"exceeds (?:implementation|VM) limit|Java heap space|NegativeArraySize")

POSITION = re.compile(r"\(line (\d+), column (\d+) \(offset: (\d+)\)\)")


class ConcurrentWrite(Conflict):
    """Another program writes the same run at this moment; unlike other conflicts, this one passes."""


def query_error(error: Neo4jError, given: Iterable[str], seconds: float | None) -> InfluenceError | None:
    """The error for what is wrong with a query itself; None for what has other causes.

    Args:
        given: names of the parameters that it has.
        seconds: that it may take.
    """
    code, message = error.code or "", error.message or ""
    if code.endswith(".ParameterMissing"):
        return _missing(message, list(given))
    if "TransactionTimedOut" in code:
        return too_long(seconds)
    if "MemoryPool" in code:
        return QueryLimitExceeded(
            "query",
            "the query takes more memory than it may",
            "Collect or sort less at once, or raise INFLUENCE_NEO4J_HEAP and restart the server.",
        )
    if TOO_LARGE.search(message):
        return too_large("one row of it does not fit into what the server sends at once")
    if code.endswith((".OutOfMemoryError", ".StackOverFlowError")) or IMPOSSIBLE.search(message):
        return QueryLimitExceeded(
            "query", "the query builds a list or text that is larger than the server can hold", "Build a smaller one."
        )
    if code.startswith(MISTAKES):
        return _mistake(message, "Correct the query.")
    return None


def too_long(seconds: float | None) -> QueryLimitExceeded:
    """The error for a query that takes more than its time."""
    limit = "longer than it may" if seconds is None else f"more than {seconds:g} s"
    return QueryLimitExceeded("timeout", f"the query takes {limit}", "Ask for less, or allow it more time.")


def too_large(why: str) -> QueryLimitExceeded:
    """The error for an answer that nobody should hold."""
    fix = "Ask for less: count or aggregate, or return parts of a list or text."
    return QueryLimitExceeded("query", f"the answer is too large: {why}", fix)


def server_error(error: Neo4jError | DriverError, logs: Path | None) -> ServerError | ConcurrentWrite:
    """The error for what is wrong with a statement of our own, or with the server.

    Args:
        logs: the server's, where it is of this machine.
    """
    if isinstance(error, ServiceUnavailable | SessionExpired):
        fix = "Start it and try again: the work resumes where it stopped."
        if logs is not None and is_supervised(logs):
            fix = "It is restarted when it ends: try again in half a minute, and the work resumes where it stopped."
        return ServerUnavailable("graph", "the graph's server has gone away", fix)
    if isinstance(error, DriverError):
        said = str(error).partition("\n")[0]
        return ServerError("graph", f"the graph cannot be reached: {said}", "Try again.")
    if isinstance(error, ConstraintError):
        return another_writes()
    if (error.code or "").startswith("Neo.ClientError.Security."):
        first = str(error.message).partition("\n")[0]
        problem = f"the graph's server does not let this user do that ({first})"
        return AccessDenied("graph", problem, "Give the user that right, or name another user.")
    if "MemoryPool" in (error.code or ""):
        return ServerOverloaded(
            "graph",
            "the graph's server has too little memory for so many edges at once",
            "Keep fewer edges of each sentence, such as top:200, or raise INFLUENCE_NEO4J_HEAP and restart the server.",
        )
    refused = ServerError("graph", f"the graph's server refused: {error.message}", "Try again.")
    return storage_error(error, logs) or refused


def another_writes() -> ConcurrentWrite:
    """The error for a run that another program writes."""
    return ConcurrentWrite("run", "another program is writing the same run", "Wait until it ends, then try again.")


def lost_query(logs: Path | None) -> ServerError:
    """The error for a query whose server went away while it worked on it, and perhaps because of it.

    Args:
        logs: the server's, where it is of this machine.
    """
    return ServerError(
        "query",
        "the graph's server ended while it worked on this query",
        "If it builds long lists or texts, it may need more memory than the server has: build smaller ones. "
        f"Otherwise {again(logs)}.",
    )


def unanswered() -> ServerUnavailable:
    """The error for a query that the server gave no answer to, though the connection lasted."""
    return ServerUnavailable("graph", "the graph's server gave no answer to this query", "It may be busy: try again.")


def again(logs: Path | None) -> str:
    """When to try again."""
    return "try again when the server is back" if logs is None else "try again in half a minute, when it is back"


def storage_error(error: Neo4jError, logs: Path | None) -> ServerError | None:
    """The error for a server that cannot go on, which Neo4j's answer does not explain; None for what is none.

    Args:
        logs: the server's, where it is of this machine.
    """
    code = error.code or ""
    if not code.startswith("Neo.DatabaseError.Transaction.") and not code.endswith(".DatabaseUnavailable"):
        return None
    again = "restart it and try again: the work resumes where it stopped."
    cause = FULL if _is_full(logs) else _last_cause(logs)
    if cause is None:
        return ServerError("graph", f"the graph's server has broken down: {error.message}", f"See its logs, {again}")
    if FULL in cause:
        return ServerError("graph", "the disk of the graph's server is full", f"Make room on it, {again}")
    return ServerError("graph", f"the graph's server cannot write its files: {cause}", f"Fix that, {again}")


def _is_full(logs: Path | None) -> bool:
    """Is there no room where the server writes? Then it has logged nothing of it either."""
    return logs is not None and logs.exists() and disk_usage(logs).free < ROOM


def _last_cause(logs: Path | None) -> str | None:
    """The last failure to read or write that a server logged."""
    try:
        with (logs or Path()).joinpath("debug.log").open("rb") as file:
            file.seek(max(0, file.seek(0, SEEK_END) - TAIL))
            said = CAUSE.findall(file.read().decode(errors="replace"))
    except OSError:
        return None
    return said[-1] if said else None


def without_explain(error: InvalidQuery) -> InvalidQuery:
    """The same mistake at the place where it is without `EXPLAIN` before it."""

    def moved(match: re.Match[str]) -> str:
        line, column, offset = map(int, match.groups())
        return f"(line {line - 1}, column {column} (offset: {offset - len(EXPLAIN)}))" if line > 1 else ""

    return _mistake(POSITION.sub(moved, error.problem), error.fix)


def _mistake(message: str, fix: str) -> InvalidQuery:
    place = POSITION.search(message)
    return InvalidQuery("query", message, fix, None if place is None else f"line {place[1]}, column {place[2]}")


def _missing(message: str, given: list[str]) -> InvalidInput:
    names = [name.strip(" `") for name in message.partition(":")[2].split(",")]
    near = nearest(names[0], given)
    fix = f"Did you mean ${near[0]}, which is given?" if near else f"Give ${names[0]} a value."
    return InvalidInput("parameters", f"no value is given for {', '.join(f'${name}' for name in names)}", fix)
