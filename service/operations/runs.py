"""Runs of the graph: results stored in it, and deleted from it."""

from dataclasses import dataclass
from pathlib import Path

from cypher.errors import NotFound
from cypher.ledger.jobs import JobStatus
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.operations.progress import OnProgress, each_of, unheard
from service.operations.storing import Destination, RunWriter
from service.results_file import is_cut_off, read_content, read_results
from workers.records.to_graph import describe_model, describe_run


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run that a results file was stored as."""

    run: str  # id
    name: str
    stored: int  # instances
    kept: int  # instances that were there before
    cut_off: bool  # the file's last line was, and is left out


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, the newest first."""

    runs: list[StoredRun]
    next: str | None  # the cursor of the next page; None on the last


def list_page(
    store: Store, limit: int, cursor: str | None = None, *, text: str = "", status: JobStatus | None = None
) -> RunPage:
    """Runs, the newest first.

    Args:
        cursor: `RunPage.next` of the page before.
        text: that their name or their model's holds, or their id begins with, in whatever case.
        status: that they have.

    Raises:
        NotFound: the run that the cursor names is gone.
        ServerError: the graph cannot be read.
    """
    known = store.runs()
    first = 0
    if cursor is not None:
        places = {run.id: place for place, run in enumerate(known)}
        if cursor not in places:
            raise NotFound("cursor", "the run that it names is gone", "Begin again, without a cursor.")
        first = places[cursor] + 1
    found = [run for run in known[first:] if status in (None, run.status) and _has(run, text.casefold())]
    page = found[:limit]
    return RunPage(page, page[-1].id if limit < len(found) else None)


def _has(run: StoredRun, text: str) -> bool:
    names = (run.name, run.model_name or "", run.source or "")
    return run.id.startswith(text) or any(text in name.casefold() for name in names)


def load(store: Store, results: Path, name: str | None = None, progress: OnProgress = unheard) -> LoadedRun:
    """Store the results of a file as one run. What is stored already stays as it is.

    If it is interrupted, what is stored is whole, and the same call continues.

    Args:
        name: of the run; None: the file's.

    Raises:
        InvalidInput: the file holds no results, or not those of one model and one choice of settings.
        Conflict: another run has this name.
        ServerError: the graph cannot be used.
    """
    content = read_content(results)
    cut_off = is_cut_off(results)
    name = results.stem if name is None else name
    run = describe_run(content.first.model, content.first.settings, content.first.versions, name)
    destination = Destination(store, run, describe_model(content.first))
    if destination.begun.texts:
        for result in read_results(results):
            destination.holds(result.id, result.text)
    advance = each_of(content.count, progress)
    with RunWriter(destination) as writer:
        for result in read_results(results):
            writer.write(result)
            advance()
    return LoadedRun(run.id, name, writer.stored, content.count - writer.stored, cut_off)


def delete(store: Store, run: str, progress: OnProgress = unheard) -> StoredRun:
    """Delete the run of that name or id from the graph. If it is interrupted, the same call continues.

    Returns: the run as it was.

    Raises:
        RequestError: there is no such run, or several have this name.
        ServerError: the graph cannot be used.
    """
    found = store.find(run)
    store.delete(found.id, each_of(found.sentences or found.instances, progress))
    return found
