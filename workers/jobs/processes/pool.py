"""The processes of a worker: children started afresh (spawn), each with its device and its share of the cores.

The main process only carries messages and never imports torch.
"""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from celery.concurrency.prefork import TaskPool

from workers.limits import Limits

POOL_SETTINGS = "influence_pool"
"""Where the application's configuration, which every child is given, holds the settings of the pool."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What the children of a worker are given."""

    name: str  # of the worker
    devices: tuple[str, ...]  # dealt out in turn
    children: int
    memory: int | None  # bytes for the models and a batch of each; None: half of what is free
    limits: Limits
    logs: Path
    quiet: bool = False  # on the terminal

    @property
    def on_gpu(self) -> bool:
        return self.devices[0] != "cpu"

    def device(self, child: int) -> str:
        return self.devices[child % len(self.devices)]

    def threads(self) -> int:
        """Of torch, in each child."""
        return max(1, len(os.sched_getaffinity(0)) // self.children)

    def log_file(self, child: int | None = None) -> Path:
        """A child's, or the main process's."""
        return self.logs / (f"{self.name}.jsonl" if child is None else f"{self.name}.{child}.jsonl")


class Pool(TaskPool):
    """Celery's, with two changes.

    Its children learn that they are to stop; else they would finish what they compute, however long that takes. And a
    connection that is lost as a message is acknowledged is told the consumer, which then connects again.
    """

    def on_start(self) -> None:
        assert self.app is not None
        self.callbacks_propagate = self.app.connection_for_read().connection_errors
        super().on_start()

    def on_stop(self) -> None:
        if self._pool is not None:
            self._pool.close()  # first, so that none is put in the place of one that ends
            for pid in self.info["processes"]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
        super().on_stop()


def find_devices(wanted: str) -> tuple[str, ...]:
    """The devices of that name: `auto` and `cuda` mean all GPUs where there are any.

    Raises:
        InvalidInput: there is no such device here.
    """
    if wanted == "cpu":
        return (wanted,)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:  # torch stays out of this process
        return other.submit(_look_for, wanted).result()


def _look_for(wanted: str) -> tuple[str, ...]:
    import torch

    from workers.models.devices import settle_device

    device = settle_device(wanted)
    if device.type == "cuda" and wanted in ("auto", "cuda"):
        return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
    return (str(device),)
