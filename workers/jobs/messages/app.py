"""The Celery application: how messages about chunks travel, and how workers take them.

The ledger in the graph says what is to be done (`cypher.ledger`); a message only tells a worker to look at a chunk.
So a message may come twice, late or never: nothing here has to be exact, and no result is sent back.
What is asked on demand travels the same way: its message names a question in `workers.jobs.on_demand`.
"""

from importlib.metadata import version
from typing import get_args

from celery import Celery
from kombu.entity import Queue

from cypher.ledger.jobs import Device
from workers.limits import PRIORITIES, Limits

TASK = "influence.chunk"
ON_DEMAND = "influence.on-demand"
FIRST = 0
"""The priority, as Redis counts them, of what somebody waits for; those of jobs follow."""

DEVICES: tuple[Device, ...] = get_args(Device)

CONNECT = 5.0  # seconds after which a broker that does not answer is away
QUIET = 10.0  # seconds of silence after which a connection is tried before it is used


def queue_name(device: Device) -> str:
    """The queue of chunks for such devices; other versions of this package have their own."""
    return f"influence.{version('influence-graph')}.{device}"


def make_app(broker: str, limits: Limits) -> Celery:
    """The application at a broker.

    Args:
        broker: URL, as Celery takes it.
    """
    app = Celery("influence", broker=broker, include=["workers.jobs.processes.tasks"], set_as_current=False)
    app.conf.update(
        # A message is gone when its work has ended, not when it begins; a dead child's comes back at once.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=limits.chunk_seconds,
        task_time_limit=limits.chunk_seconds + limits.hard_after,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_queues=[Queue(queue_name(device)) for device in DEVICES],
        task_default_queue=queue_name("any"),
        task_create_missing_queues=False,
        # Workers take what they can begin at once; the rest stays in the broker for others.
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        # Threads of torch and CUDA do not survive a fork. A child imports torch before it is up.
        worker_pool="workers.jobs.processes.pool:Pool",
        worker_pool_start_method="spawn",
        worker_proc_alive_timeout=120.0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT,
        broker_transport_options={
            "visibility_timeout": limits.visibility,
            "queue_order_strategy": "priority",
            "priority_steps": list(range(PRIORITIES + 1)),
            "socket_connect_timeout": CONNECT,
            "socket_keepalive": True,
            "health_check_interval": QUIET,
        },
    )
    return app
