"""What can go wrong with the graph, its server and the one beside it, as one line that says what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class GraphError(RuntimeError):
    """The graph or a server cannot do what was asked; names the problem and the fix.

    The command line turns it into exit code 1; nothing below it should reach a user as a stack trace.

    Args:
        problem: what is wrong, without a full stop.
        fix: what the user can do, as an imperative.
    """

    def __init__(self, problem: str, fix: str):
        super().__init__(problem, fix)
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.problem}. {self.fix}"


class Unusable(GraphError):
    """What the user gave cannot be used: an unknown name, an address of no known scheme; exit code 2."""


class Unreachable(GraphError):
    """No server answers."""


class Overwhelmed(GraphError):
    """The server has too little memory for so much at once."""


class Refused(GraphError):
    """The server does not let this user in."""


class QueryError(Unusable):
    """A mistake in a query, in Neo4j's own words, which may take several lines and point at the place."""

    def __init__(self, message: str):
        super().__init__(message, "Put the query right.")

    def __str__(self) -> str:
        return self.problem


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A question that names the nearest, with a space behind it; empty where nothing is near."""
    near = get_close_matches(wanted, list(known), n=1)
    return f"Did you mean {near[0]!r}? " if near else ""
