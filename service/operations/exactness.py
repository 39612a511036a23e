"""What the numbers of a run are worth: which of its sentences have influences that do not add up."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Neo4j's driver takes a while to import
    from cypher.store.runs import InexactInstances
    from cypher.store.store import Store

ACCEPTABLE_ERROR = 0.05
"""Completeness error above which influences should not be trusted."""


def find_inexact(store: "Store", run: str, task: str | None = None, case: str | None = None) -> "InexactInstances":
    """The sentences of a run (an id) whose completeness error is above `ACCEPTABLE_ERROR`.

    Args:
        task, case: only of these.

    Raises:
        ServerError: the graph cannot be read.
    """
    return store.inexact(run, ACCEPTABLE_ERROR, task=task, case=case)
