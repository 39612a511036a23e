"""Errors as programs elsewhere are told them.

What a server said, its address, and where files lie stay in the log: an error of a server says which one, and no more.
"""

from dataclasses import dataclass

import structlog

from cypher.errors import InfluenceError, ModelError, ServerError

log = structlog.get_logger()

SERVERS = {"graph": "the graph", "broker": "the broker"}
SAID = {
    "server-unavailable": "does not answer",
    "server-overloaded": "has too little memory for so much at once",
    "access-denied": "does not let this service in",
}


@dataclass(frozen=True, slots=True)
class ToldError:
    """An error, without what is nobody's business."""

    code: str
    problem: str
    field: str | None = None
    fix: str | None = None
    where: str | None = None


def told(error: InfluenceError) -> ToldError:
    """One of the project's own errors; that of a server goes into the log as it is."""
    if isinstance(error, ServerError):
        log.error("server error", server=error.field, code=error.code, error=str(error))
        fix = "Try again." if error.code != "access-denied" else "Tell whoever runs this service."
        problem = f"{SERVERS.get(error.field, 'a server')} {SAID.get(error.code, 'cannot be used')}"
        return ToldError(error.code, problem, error.field, fix)
    where = None if isinstance(error, ModelError) else error.where  # a folder of this machine
    return ToldError(error.code, error.problem, error.field, error.fix, where)
