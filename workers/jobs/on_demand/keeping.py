"""Results of single sentences in the graph: a run of that name, model and settings grows by one sentence at a time."""

from cypher.errors import Conflict
from cypher.store.records import RunRecord
from cypher.store.store import Store
from workers.analysis.analysis import provenance
from workers.analysis.assemble import VERSIONS
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.jobs.on_demand.mailbox import Mailbox
from workers.models import Model
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_loaded, describe_run

SECONDS = 60.0
"""That storing one sentence may take."""


def place(store: Store, model: Model, settings: Settings, instance: Instance, name: str) -> RunRecord:
    """The run that a result will be stored in.

    Raises:
        InvalidInput: a name that no run can have.
        Conflict: another run has this name, or holds another sentence under this id.
        ServerError: the graph cannot be used.
    """
    run = describe_run(model.fingerprint, provenance(model, settings), VERSIONS, name)
    _check_text(store.resume_point(run).texts.get(instance.id), instance.id, instance.text, name)
    return run


def _check_text(stored: str | None, name: str, text: str, run: str) -> None:
    if stored not in (None, text):
        problem = f"{name!r} is {stored!r} in the stored run {run!r}"
        raise Conflict("id", problem, "Give the sentence another id, or the run another name.")


def keep(store: Store, mailbox: Mailbox, run: RunRecord, model: Model, result: InstanceResult) -> None:
    """Store a result in a run, unless it is there; one worker at a time.

    Raises:
        Conflict: the run is not complete, or holds another sentence under this id.
        ServerError: the graph cannot be used.
    """
    with mailbox.alone(f"keeping.{run.id}", SECONDS):
        begun = store.resume_point(run)
        if begun.status not in (None, "completed"):
            problem = f"the run {run.name!r} is {begun.status}"
            raise Conflict("keep", problem, "Complete or delete it first, or choose another name.")
        _check_text(begun.texts.get(result.id), result.id, result.text, run.name)
        if result.id in begun.texts:
            return
        (chunk,) = in_chunks(run, [result], first=begun.chunks, before=len(begun.texts))
        store.begin(run, describe_loaded(model))
        store.write(chunk)
        store.finish(run.id)
