"""A message at work: Celery's, with two changes.

One that cannot be acknowledged is not taken for one that is. The broker can go away while a chunk is computed, when
nobody listens to it. Celery would only log that, and keep the place that the message has among those at work: this
worker would take no other. Here the error reaches the consumer, which connects again (`pool.Pool` lets it pass). The
ledger knows what is done, so that a message that comes again does no harm.

And processes that end while they compute are counted here, since they cannot count themselves.
"""

from typing import Any

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import WorkerLostError
from celery.utils.log import get_logger
from celery.worker import request

logger = get_logger(__name__)


class Request(request.Request):
    """Raises what the connection raises; counts processes that were lost."""

    def acknowledge(self) -> None:
        if not self.acknowledged:
            self._on_ack(logger, ())
            self.acknowledged = True

    def reject(self, requeue: Any = False) -> None:
        if not self.acknowledged:
            self._on_reject(logger, (), requeue)
            self.acknowledged = True

    def on_failure(self, exc_info: Any, *arguments: Any, **options: Any) -> Any:
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if isinstance(error, WorkerLostError):
            self._count("killed")
        return super().on_failure(exc_info, *arguments, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        if not soft:
            self._count("time limit")
        super().on_timeout(soft, timeout)

    def _count(self, kind: str) -> None:
        from workers.jobs.processes import metrics  # which looks for a folder that is made after this is imported

        metrics.FAILURES.labels(kind).inc()
        if self.worker_pid is not None:
            metrics.forget(self.worker_pid)
