"""Signs of life: a file that a worker or sweeper touches while it goes on, so that others see where one is stuck."""

from pathlib import Path
from typing import Any

from celery import bootsteps

from workers.jobs.processes.pool import POOL_SETTINGS

PERIOD = 5.0
"""Seconds between two touches."""


def liveness_file(logs: Path, name: str) -> Path:
    """Of a worker or sweeper, beside what it logs."""
    return logs / f"{name}.pulse"


class LivenessStep(bootsteps.StartStopStep):
    """Touches the file while a worker's main process goes round its loop: not while it looks for a lost broker."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        pool = parent.app.conf[POOL_SETTINGS]
        self._turn = parent.timer.call_repeatedly(PERIOD, liveness_file(pool.logs, pool.name).touch)

    def stop(self, parent: Any) -> None:
        self._turn.cancel()
