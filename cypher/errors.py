"""What can go wrong with the graph, its server and the one beside it, as one line that says what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

NEAREST = 3
"""The most names to suggest."""


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


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """The names that may be meant, upper and lower case being the same; empty where nothing is near.

    They are those that are equal; else those that begin with what was wanted, or hold it as whole words; else the most
    alike.
    """
    folded = wanted.casefold()
    names = {name: name.casefold() for name in sorted(known)}
    part = re.compile(rf"^{re.escape(folded)}|\b{re.escape(folded)}\b")
    alike = get_close_matches(folded, names.values(), n=1)
    ways = (
        [name for name, lower in names.items() if lower == folded],
        [name for name, lower in names.items() if part.search(lower)],
        [name for name, lower in names.items() if lower in alike],
    )
    return next(filter(None, ways), [])[:NEAREST]


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A question that names the nearest, with a space behind it; empty where nothing is near."""
    near = [repr(name) for name in nearest(wanted, known)]
    return f"Did you mean {' or '.join(near)}? " if near else ""
