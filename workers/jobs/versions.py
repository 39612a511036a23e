"""Runs of other versions: they are left to workers and sweepers of theirs, which may compute and store differently."""

from collections.abc import Mapping
from importlib.metadata import version

from cypher.errors import Conflict
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store

PACKAGE = "influence-graph"


def is_ours(versions: Mapping[str, str]) -> bool:
    """Was a run with such versions submitted by this version?"""
    return versions.get(PACKAGE) == version(PACKAGE)


def check_versions(store: Store) -> None:
    """Are the unfinished runs of this version?

    Raises:
        Conflict: one is not.
    """
    active = Ledger(store).active()
    for run in store.runs():
        if run.id in active and not is_ours(run.versions):
            raise Conflict(
                "run",
                f"the run {run.name!r} was queued by {PACKAGE} {run.versions.get(PACKAGE)}, and this is "
                f"{version(PACKAGE)}",
                f"Let workers of that version finish it, or cancel it, {run.id}.",
            )
