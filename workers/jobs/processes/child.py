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
from workers.jobs.chunk.model_cache import Models
from workers.jobs.chunk.stopping import Stopped, Stopping
from workers.jobs.chunk.work import Bench, Ending, Report, work
from workers.jobs.processes import logs, metrics
from workers.jobs.processes.pool import CREW, Crew
from workers.jobs.retry import patiently

KINDS: dict[Ending, str] = {"retried": "try", "split": "try", "failed": "sentence", "run failed": "model"}
"""What came in the way, by how the work on a chunk ended."""

log = structlog.get_logger()


def begin() -> None:
    """Before the first task."""
    crew = _crew()
    logs.set_up(crew.log_file(_index()), crew.name, crew.quiet)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(crew.threads())


def end() -> None:
    """After the last."""
    metrics.forget(os.getpid())


def look_at(run: str, chunk: str) -> None:
    """The task.

    Raises:
        SystemExit: this process was asked to stop, or is broken; its message goes back.
    """
    with structlog.contextvars.bound_contextvars(run=run, chunk=chunk):
        try:
            report = work(chunk, _bench())
            _count(report)
            if report.broken:  # such as after a CUDA error, when every call fails: a fresh one takes its place
                log.warning("ends, as that may have left it broken")
                raise SystemExit(0)
        except Stopped:
            raise SystemExit(0) from None
        except InfluenceError as error:
            metrics.FAILURES.labels("graph").inc()
            log.error("left to the sweeper", error=str(error))
        except Exception as error:
            metrics.FAILURES.labels("error").inc()
            log.error("left to the sweeper", error=f"{type(error).__name__}: {error}", exc_info=True)


def _count(report: Report) -> None:
    metrics.CHUNKS.labels(report.ending).inc()
    if report.ending == "done":
        metrics.SENTENCES.inc(report.sentences)
    if report.ending == "failed":
        metrics.FAILED.inc(report.sentences)
    if report.ending in KINDS:
        metrics.FAILURES.labels(KINDS[report.ending]).inc()
    for phase, seconds in report.spent.items():
        metrics.SECONDS.labels(phase).inc(seconds)
    device = _crew().device(_index())
    if device != "cpu":
        metrics.GPU_MEMORY.labels(device).set(torch.cuda.max_memory_reserved(device))


@cache
def _bench() -> Bench:
    """Made for the first task: Celery's pool sets up its signals after `begin`."""
    crew, index = _crew(), _index()
    stopping = Stopping(crew.limits.grace)
    stopping.listen()
    store = patiently(_open, crew.limits.patience, stopping.check, lambda error: log.warning(str(error)))
    device = crew.device(index)
    return Bench(
        worker=f"{crew.name}-{index}",
        ledger=Ledger(store),
        models=Models(device, crew.memory),
        limits=crew.limits,
        stopping=stopping,
        device=torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
    )


def _open() -> Store:
    return Store.open(read_environment().graph())


def _crew() -> Crew:
    return cast(Any, current_app.conf)[CREW]


def _index() -> int:
    """Of this child; one that takes the place of another has the same."""
    return cast(Any, current_process()).index
