"""What somebody waits for: asked of the next worker that is free, and answered within seconds.

1. `ask` puts a question into the broker, before all jobs.
2. `look` says how far it is, and asks again where a worker was lost with it.
3. `wait` looks until it is answered, or for so many seconds.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cypher.errors import Busy, NotFound
from cypher.queries.named_reports import run_report
from cypher.store.store import Store
from workers.environment import Environment
from workers.evaluation.ablation.settings import AblationSettings
from workers.jobs.on_demand.mailbox import Answer, Mailbox
from workers.jobs.on_demand.questions import AblationQuestion, Kind, Question
from workers.limits import Limits

if TYPE_CHECKING:
    from workers.jobs.messages.queues import Queues

PAUSE = 0.02
"""Seconds between the first looks; later ones come less often."""
LONGEST = 0.25
ENDED = ("completed", "failed")


@dataclass(frozen=True, slots=True)
class OnDemand:
    """Where questions are put, and how they travel."""

    mailbox: Mailbox
    queues: "Queues"
    limits: Limits


@contextmanager
def open_on_demand(environment: Environment) -> Iterator[OnDemand]:
    """The broker that the environment names.

    Raises:
        ServerError: it is missing, or cannot be used.
    """
    from workers.jobs.messages.app import make_app  # Celery takes a while to import
    from workers.jobs.messages.queues import Queues

    broker, limits = environment.broker(), environment.limits()
    with broker.open() as client:
        yield OnDemand(Mailbox(client), Queues(make_app(broker.celery_url(), limits), limits.lease), limits)


def ask(on_demand: OnDemand, question: Question) -> str:
    """Put a question before the workers. Returns its id.

    Raises:
        ServerUnavailable: the broker is away.
    """
    name = on_demand.mailbox.put(question)
    _send(on_demand, name)
    return name


def ablation_of(
    store: Store,
    run: str,
    model: str | None,
    settings: AblationSettings,
    sentences: int,
    *,
    task: str | None = None,
    case: str | None = None,
) -> AblationQuestion:
    """The question how often the model is still right on the patterns of a run alone.

    Args:
        run: name or id.
        model: that made it; None: what the run's job named, or else the bundled one.
        sentences: at most, as many of each case; but one of each.
        task, case: only of these.

    Raises:
        NotFound: there is no such run, task or case.
        ServerError: the graph cannot be read.
    """
    found = store.find(run)
    run_report(store, "accuracy", {"run": found.id, "task": task, "case": case})  # are there such?
    return AblationQuestion(found.id, model or found.source or "bundled", settings, sentences, task, case)


def look(on_demand: OnDemand, name: str, kind: Kind) -> Answer:
    """How far a question is.

    Raises:
        NotFound: there is none of that id and kind, or not any more.
        ServerUnavailable: the broker is away.
    """
    found = on_demand.mailbox.find(name, kind)
    if found is None:
        raise NotFound("id", f"nothing was asked under {name!r}, or too long ago", "Ask again.")
    if found.lost and on_demand.mailbox.put_back(name):
        _send(on_demand, name)
    return found


async def answer_within(on_demand: OnDemand, question: Question, kind: Kind, seconds: float) -> Answer:
    """Ask a question, and take it back unless it is answered within so many seconds.

    Raises:
        Busy: it is not.
        ServerUnavailable: the broker is away.
    """
    name = await asyncio.to_thread(ask, on_demand, question)
    try:
        found = await wait(lambda: look(on_demand, name, kind), seconds)
    except BaseException:
        await asyncio.to_thread(on_demand.mailbox.withdraw, name)
        raise
    if found.status not in ENDED:
        await asyncio.to_thread(on_demand.mailbox.withdraw, name)
        raise Busy("workers", f"no worker has answered within {seconds:g} s", "Ask for less, or later.")
    return found


async def wait(look: Callable[[], Answer], seconds: float) -> Answer:
    """The answer as soon as it is there; or how far it is after so many seconds.

    Args:
        look: as the function of that name; called in a thread.

    Raises:
        NotFound, ServerUnavailable: as `look`.
    """
    until, pause = time.monotonic() + seconds, PAUSE
    while (found := await asyncio.to_thread(look)).status not in ENDED and time.monotonic() < until:
        await asyncio.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(LONGEST, 1.3 * pause)
    return found


def _send(on_demand: OnDemand, name: str) -> None:
    on_demand.queues.ask(name, on_demand.limits.answer_seconds, on_demand.limits.hard_after)
