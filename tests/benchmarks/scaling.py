"""Seconds and peak memory over sizes, each size in a process of its own."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import psutil
import torch

from tests.benchmarks.timing import seconds
from tests.benchmarks.workload import Shape, Workload
from workers.influence.footprint import Footprint


@dataclass(frozen=True)
class Size:
    """What everything (both levels, all words, all edges) takes at one size; bytes beside the weights."""

    shape: Shape
    seconds: float
    peak: int
    estimate: int  # what the planning of batches reckons with


class ResidentPeak:
    """Largest resident memory of this process while it runs, above that at its start, sampled every 2 ms."""

    def __enter__(self) -> "ResidentPeak":
        self._process, self._done = psutil.Process(), threading.Event()
        self._start = self._highest = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.is_set():
            self._highest = max(self._highest, self._process.memory_info().rss)
            time.sleep(0.002)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def bytes(self) -> int:
        return self._highest - self._start


def measure_one(shape: Shape, device: str, threads: int) -> Size:
    """The first run shows the memory, the second the seconds."""
    torch.set_num_threads(threads)
    work = Workload.of(shape, device)
    Workload.of(Shape(1, 1, 8, 2, 2), device).everything()  # libraries load before memory is looked at
    if device == "cuda":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work.everything()
        peak = torch.cuda.max_memory_allocated() - before
    else:
        with ResidentPeak() as resident:
            work.everything()
        peak = resident.bytes
    need = Footprint.of(work.encoder, shape.length, shape.length - 1, 1)
    return Size(shape, seconds(work.everything, device), peak, need.whole * shape.samples)


def measure(shapes: Sequence[Shape], device: str, threads: int) -> list[Size]:
    """One after the other, each in a fresh process, so that none inherits another's memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return [pool.submit(measure_one, shape, device, threads).result() for shape in shapes]
