"""A child process of a worker, from its begin to its end.

It begins with its log file and its share of the cores; it looks for the graph when there is something to do.
"""

import os
from functools import cache
from typing import Any, cast

import structlog
import torch
from billiard.process import current_process
from celery import current_app

from cypher.errors import InfluenceError
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store
from workers.environment import read_environment
from workers.jobs.chunk.model_cache import ModelCache
from workers.jobs.chunk.processing import ChunkOutcome, Ending, WorkerContext, process_chunk
from workers.jobs.chunk.shutdown import Shutdown, ShutdownRequested
from workers.jobs.on_demand.answering import Desk, answer
from workers.jobs.on_demand.mailbox import Mailbox
from workers.jobs.processes import logs, metrics
from workers.jobs.processes.pool import POOL_SETTINGS, PoolSettings
from workers.jobs.retry import OUTAGE, retry

KINDS: dict[Ending, str] = {"retried": "attempt", "split": "attempt", "failed": "sentence", "run failed": "model"}
"""What came in the way, by how the work on a chunk ended."""

log = structlog.get_logger()


def begin() -> None:
    """Before the first task."""
    pool = _pool()
    logs.set_up(pool.log_file(_index()), pool.name, pool.quiet)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(pool.threads())


def end() -> None:
    """After the last."""
    metrics.forget(os.getpid())


def handle_message(run: str, chunk: str) -> None:
    """The task: compute the chunk that a message names.

    Raises:
        SystemExit: this process was asked to stop, or is broken; its message goes back.
    """
    with structlog.contextvars.bound_contextvars(run=run, chunk=chunk):
        try:
            outcome = process_chunk(chunk, _context())
            _count(outcome)
            if outcome.broken:  # such as after a CUDA error, when every call fails: a fresh one takes its place
                log.warning("ends, as that may have left it broken")
                raise SystemExit(0)
        except ShutdownRequested:
            raise SystemExit(0) from None
        except OUTAGE as error:
            metrics.FAILURES.labels("graph").inc()
            log.error("left to the sweeper", error=str(error))
        except InfluenceError as error:
            metrics.FAILURES.labels("error").inc()
            log.error("left to the sweeper", error=str(error))
        except Exception as error:
            metrics.FAILURES.labels("error").inc()
            log.error("left to the sweeper", error=f"{type(error).__name__}: {error}", exc_info=True)


def answer_question(question: str) -> None:
    """The other task: answer the question on demand that a message names.

    Raises:
        SystemExit: this process was asked to stop; its message goes back.
    """
    with structlog.contextvars.bound_contextvars(question=question):
        try:
            if answer(question, _desk()):
                log.warning("ends, as that may have left it broken")
                raise SystemExit(0)
        except ShutdownRequested:
            raise SystemExit(0) from None
        except OUTAGE as error:  # its message goes back
            log.warning("left to another", error=str(error))
            raise SystemExit(0) from None
        except Exception as error:
            metrics.FAILURES.labels("error").inc()
            log.error("left unanswered", error=f"{type(error).__name__}: {error}", exc_info=True)


def _count(outcome: ChunkOutcome) -> None:
    metrics.CHUNKS.labels(outcome.ending).inc()
    if outcome.ending == "done":
        metrics.SENTENCES.inc(outcome.sentences)
    if outcome.ending == "failed":
        metrics.FAILED.inc(outcome.sentences)
    if outcome.ending in KINDS:
        metrics.FAILURES.labels(KINDS[outcome.ending]).inc()
    for phase, seconds in outcome.timings.items():
        metrics.SECONDS.labels(phase).inc(seconds)
    device = _pool().device(_index())
    if device != "cpu":
        metrics.GPU_MEMORY.labels(device).set(torch.cuda.max_memory_reserved(device))


@cache
def _shutdown() -> Shutdown:
    """Made for the first message: Celery's pool sets up its signals after `begin`."""
    shutdown = Shutdown(_pool().limits.grace)
    shutdown.listen()
    return shutdown


@cache
def _models() -> ModelCache:
    return ModelCache(_pool().device(_index()), _pool().memory)


@cache
def _store() -> Store:
    return Store.open(read_environment().graph(), migrate=True)


@cache
def _desk() -> Desk:
    mailbox = Mailbox(read_environment().broker().open())
    return Desk(mailbox, _models(), _pool().limits, _shutdown(), _store)


@cache
def _context() -> WorkerContext:
    pool, index, shutdown = _pool(), _index(), _shutdown()
    store = retry(_store, pool.limits.retry_seconds, shutdown.check, lambda error: log.warning(str(error)))
    device = pool.device(index)
    return WorkerContext(
        worker=f"{pool.name}-{index}",
        ledger=Ledger(store),
        models=_models(),
        limits=pool.limits,
        shutdown=shutdown,
        device=torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
    )


def _pool() -> PoolSettings:
    return cast(Any, current_app.conf)[POOL_SETTINGS]


def _index() -> int:
    """Of this child; one that takes the place of another has the same."""
    return cast(Any, current_process()).index
