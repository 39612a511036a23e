"""What a worker does for a question: take it, compute, answer. Knows nothing of Celery.

A heartbeat keeps the question, as it keeps chunks: where nobody waits for the answer any more, the work is broken off,
and a worker that is to stop gives it back. Whatever goes wrong is an answer too.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded

from cypher.errors import InfluenceError, InvalidInput, RequestError, ServerUnavailable
from cypher.queries.named_reports import run_report
from cypher.store.store import Store
from workers.analysis.analysis import compute, prepare
from workers.analysis.notices import notices
from workers.datasets.instance import SIMILARITY
from workers.evaluation.ablation.accuracy import Tally
from workers.evaluation.ablation.running import compute as compute_ablations
from workers.evaluation.ablation.running import prepare as prepare_ablations
from workers.jobs.chunk.heartbeat import Heartbeat, LeaseLost
from workers.jobs.chunk.lease_tokens import new_token
from workers.jobs.chunk.model_cache import ModelCache
from workers.jobs.chunk.shutdown import Shutdown, ShutdownRequested
from workers.jobs.on_demand.keeping import keep, place
from workers.jobs.on_demand.mailbox import Mailbox
from workers.jobs.on_demand.questions import AblationQuestion, AnalysisQuestion, kind_of
from workers.jobs.on_demand.results import to_answer
from workers.jobs.retry import OUTAGE
from workers.limits import Limits
from workers.records.stored_runs import first_of_each

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """What a process answers with."""

    mailbox: Mailbox
    models: ModelCache
    limits: Limits
    shutdown: Shutdown
    store: Callable[[], Store]  # opened where a question needs the graph


def answer(name: str, desk: Desk) -> bool:
    """Answer the question of that id, if there is anything to do.

    Returns: may an error have left a process that nothing succeeds in any more?

    Raises:
        ServerUnavailable: the broker is away.
        ShutdownRequested: this process is to stop; the question waits for another.
    """
    desk.shutdown.check()
    token = new_token()
    question = desk.mailbox.take(name, token, desk.limits.lease)
    if question is None:
        return False
    log.info("question taken", question=name, kind=kind_of(question))
    try:
        with Heartbeat(desk.mailbox, name, token, desk.limits.lease, desk.shutdown) as heartbeat:
            try:
                if isinstance(question, AblationQuestion):
                    with heartbeat.interrupting():
                        found, data = _ablate(question, desk), None
                else:
                    found, data = _analyse(question, desk, heartbeat)
                desk.mailbox.answer(name, token, json.dumps(found), data)
            except Exception as error:  # whatever a library raises
                if not isinstance(error, InfluenceError):
                    log.warning("a question cannot be answered", question=name, error=str(error), exc_info=True)
                desk.mailbox.refuse(name, token, _told(error, desk.limits))
                return not isinstance(error, (InfluenceError, SoftTimeLimitExceeded))
    except LeaseLost as reason:
        log.warning("left unanswered", question=name, reason=str(reason))
        if desk.shutdown.due:  # so that its message goes back
            raise ShutdownRequested(str(reason)) from None
    return False


def _told(error: Exception, limits: Limits) -> InfluenceError:
    """What whoever asked is told of an error."""
    if isinstance(error, InfluenceError) and not isinstance(error, OUTAGE):
        return error
    if isinstance(error, InfluenceError):
        return ServerUnavailable("graph", "the graph did not answer meanwhile", "Ask again.")
    if isinstance(error, SoftTimeLimitExceeded):
        problem = f"it takes longer than {limits.answer_seconds:g} s"
        return RequestError("workers", problem, "Ask for less, or submit it as a job.")
    return RequestError("workers", f"it cannot be computed ({type(error).__name__})", "Look into the worker's log.")


def _analyse(asked: AnalysisQuestion, desk: Desk, heartbeat: Heartbeat) -> tuple[dict[str, Any], bytes | None]:
    """The result, as a line of a results file, with what a reader should know of it; and its edges, if it has any."""
    with heartbeat.interrupting():
        model = desk.models.current(asked.source, asked.dtype).with_question(asked.question)
        plan = prepare(model, [asked.instance], asked.settings, memory=desk.models.left())
        kept = None if asked.keep is None else place(desk.store(), model, asked.settings, asked.instance, asked.keep)
        (result,) = compute(model, plan, asked.settings)
        told = list(notices(model, [sentence for batch in plan.batches for sentence in batch.sentences]))
    if kept is not None:  # not to be broken off in the middle
        keep(desk.store(), desk.mailbox, kept, model, result)
    run = None if kept is None else {"run": kept.id, "name": kept.name}
    line, edges = to_answer(result)
    return {"notices": told, "kept": run, "model": model.name, "result": line}, edges


def _ablate(asked: AblationQuestion, desk: Desk) -> dict[str, Any]:
    """Rows of accuracies, and how many sentences of the run they are of."""
    store = desk.store()
    run = store.find(asked.run)
    cases = run_report(store, "accuracy", {"run": run.id, "task": asked.task, "case": asked.case}).dicts()
    if not cases:
        raise InvalidInput("run", f"the run {run.name!r} has no results yet", "Wait until it has some.")
    model = desk.models.current(asked.source, run.settings.get("dtype", "float32"))
    if run.settings.get("question") == SIMILARITY:
        model = model.with_question(SIMILARITY)
    results = first_of_each(store, run, cases, max(1, asked.sentences // len(cases)))
    prepared = prepare_ablations(model, results, asked.settings)
    tally = Tally()
    for ablated in compute_ablations(model, prepared, asked.settings, memory=desk.models.left()):
        tally.add(ablated)
    done, instances = len(prepared.subjects), sum(row["instances"] for row in cases)
    rows = [asdict(row) for row in tally.rows()]
    return {"model": model.name, "rows": rows, "sentences": done, "left_out": instances - done}
