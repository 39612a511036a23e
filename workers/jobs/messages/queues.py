"""What lies in the broker, and what is put there.

The ledger may hold a hundred thousand chunks; the broker holds those that come next. Its messages are read as kombu
keeps them in Redis: a list for each queue and priority, and the hash of those that were delivered and are not
acknowledged yet.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from cypher.errors import ServerUnavailable
from cypher.ledger.jobs import DueChunk
from cypher.ledger.ledger import Ledger
from workers.jobs.messages.app import DEVICES, FIRST, ON_DEMAND, TASK, queue_name
from workers.jobs.versions import is_ours
from workers.limits import PRIORITIES

WINDOW = 1000
"""Chunks for each device that are in the broker."""


class Queues:
    """The queues of an application's broker.

    Every method raises ServerUnavailable, of field `broker`, where the broker is away.

    Args:
        claimed_within: seconds in which a worker that was given a message has claimed its chunk. A chunk that still
            waits after that has lost its message, with the worker that held it.
    """

    def __init__(self, app: Celery, claimed_within: float):
        self._app = app
        self._claimed_within = claimed_within

    def send(self, chunks: Iterable[DueChunk]) -> int:
        """Put messages into the queues. Returns how many."""
        count = 0
        with _broker_errors(), self._app.producer_or_acquire() as producer:
            for due in chunks:
                self._app.send_task(
                    TASK,
                    args=(due.run, due.chunk),
                    task_id=due.chunk,
                    queue=queue_name(due.device),
                    priority=PRIORITIES - due.priority,  # Redis: 0 first, which is what somebody waits for
                    producer=producer,
                )
                count += 1
        return count

    def ask(self, question: str, seconds: float, hard_after: float) -> None:
        """Put a message about a question on demand before all others.

        Args:
            question: its id.
            seconds: of computing, after which it has failed.
            hard_after: beyond that, where a process that does not heed is killed.
        """
        with _broker_errors(), self._app.producer_or_acquire() as producer:
            self._app.send_task(
                ON_DEMAND,
                args=(question,),
                task_id=question,
                queue=queue_name("any"),
                priority=FIRST,
                soft_time_limit=seconds,
                time_limit=seconds + hard_after,
                producer=producer,
            )

    def queued(self) -> set[str]:
        """The chunks whose messages are in the broker: in a list, or just delivered."""
        with self._channel() as channel, channel.client.pipeline() as pipe:
            for device in DEVICES:
                for priority in channel.priority_steps:
                    pipe.lrange(channel._q_for_pri(queue_name(device), priority), 0, -1)
            now, near = time.time(), self._claimed_within  # the clock of a worker that is far off tells nothing
            pipe.zrangebyscore(channel.unacked_index_key, now - near, now + near)
            *lists, delivered = pipe.execute()
            kept = channel.client.hmget(channel.unacked_key, delivered) if delivered else []
        waiting = [json.loads(message) for messages in lists for message in messages]
        taken = [json.loads(message)[0] for message in kept if message is not None]
        return {message["headers"]["id"] for message in (*waiting, *taken)}

    def fill(self, ledger: Ledger, run: str | None = None, window: int = WINDOW) -> int:
        """Send what of the next `window` chunks for each device is not queued; runs of other versions are let be.

        Args:
            run: of this run only.

        Returns: how many were sent.
        """
        others = [other for other, versions in ledger.active().items() if not is_ours(versions)]
        due = [each for device in DEVICES for each in ledger.due(window, run, device, others)]
        if not due:
            return 0
        queued = self.queued()
        return self.send(each for each in due if each.chunk not in queued)

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        """A channel of kombu's, with its client of the server."""
        with _broker_errors(), self._app.connection_for_write() as connection:
            channel = connection.ensure_connection(max_retries=0, reraise_as_library_errors=True).default_channel
            try:
                yield channel
            except connection.connection_errors as error:  # the client's own: a pool may hold dead connections
                raise OperationalError(str(error)) from error


@contextmanager
def _broker_errors() -> Iterator[None]:
    """Errors of the connection as ours."""
    try:
        yield
    except OperationalError as error:
        fix = "Start it; the graph keeps the work, which is queued as soon as the broker is back."
        raise ServerUnavailable("broker", f"the broker does not answer ({error})", fix) from error
