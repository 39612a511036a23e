"""Runs of other versions: what a worker or sweeper looks for before it begins."""

from importlib.metadata import version

from cypher.errors import Unusable
from cypher.ledger import Ledger
from cypher.store import Store

PACKAGE = "influence-graph"


def check_versions(store: Store) -> None:
    """Are the unfinished runs of this version? Another's may compute and store differently.

    Raises:
        Unusable: one is not.
    """
    active = set(Ledger(store).active())
    ours = version(PACKAGE)
    for run in store.runs():
        theirs = run.versions.get(PACKAGE)
        if run.id in active and theirs != ours:
            raise Unusable(
                f"the run {run.name!r} was queued by {PACKAGE} {theirs}, and this is {ours}",
                f"Let workers of that version finish it, or stop it: influence cancel {run.id}",
            )
