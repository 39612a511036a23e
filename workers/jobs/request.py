"""A message at work: Celery's, but one that cannot be acknowledged is not taken for one that is.

The broker can go away while a chunk is computed, when nobody listens to it. Celery would only log that, and keep the
place that the message has among those at work: this worker would take no other. Here the error reaches the consumer,
which connects again (`pool.Pool` lets it pass). The ledger knows what is done, so that a message that comes again does
no harm.
"""

from typing import Any

from celery.utils.log import get_logger
from celery.worker import request

logger = get_logger(__name__)


class Request(request.Request):
    """Raises what the connection raises."""

    def acknowledge(self) -> None:
        if not self.acknowledged:
            self._on_ack(logger, ())
            self.acknowledged = True

    def reject(self, requeue: Any = False) -> None:
        if not self.acknowledged:
            self._on_reject(logger, (), requeue)
            self.acknowledged = True
