"""A worker's main process: Celery's consumer and its pool, until it is asked to stop."""

import os
import socket
import tempfile
import warnings

import structlog
from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_shutting_down

from cypher.errors import InvalidInput
from workers.jobs.messages.app import queue_name
from workers.jobs.processes import logs
from workers.jobs.processes.liveness import LivenessStep
from workers.jobs.processes.pool import POOL_SETTINGS, PoolSettings

log = structlog.get_logger()


def run_worker(app: Celery, pool: PoolSettings, metrics_host: str, metrics_port: int | None) -> int:
    """Take chunks and compute them until SIGTERM or Ctrl-C. Returns the exit code: 1 where it could not end in peace.

    Args:
        metrics_host, metrics_port: where metrics are served; without a port, nowhere.

    Raises:
        InvalidInput: the port is taken, or the host is none of this machine's addresses.
        OSError: the logs cannot be written.
    """
    logs.set_up(pool.log_file(), pool.name, pool.quiet)
    warnings.simplefilter("ignore", SecurityWarning)  # of root, who could be harmed by pickles
    log.info(logs.STARTS, devices=" ".join(pool.devices), processes=pool.children, threads=pool.threads())
    app.conf[POOL_SETTINGS] = pool
    with tempfile.TemporaryDirectory(prefix="influence-metrics-") as folder:
        if metrics_port is not None:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # for the children too
            from workers.jobs.processes import metrics  # which looks for the folder

            try:
                metrics.serve(metrics_host, metrics_port)
            except OSError as error:
                problem = f"nothing can be served at {metrics_host}:{metrics_port} ({error.strerror})"
                raise InvalidInput("metrics_port", problem, "Name another port, or another address.") from error
        assert app.steps is not None
        app.steps["worker"].add(LivenessStep)
        worker = app.Worker(
            hostname=f"{pool.name}@{socket.gethostname()}",
            concurrency=pool.children,
            queues=[queue_name("gpu" if pool.on_gpu else "cpu"), queue_name("any")],
            optimization="fair",
            loglevel="WARNING",  # of what a child says before its log is set up
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        ways: list[str] = []
        worker_shutting_down.connect(lambda how, **_: ways.append(how), weak=False)
        worker.start()
    return 0 if ways == ["Warm"] * len(ways) else 1  # Ctrl-C is the usual end of a worker
