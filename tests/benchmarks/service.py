"""The HTTP API under load, while a worker computes a job; print a table, write JSON.

1. A report over a finished run, read by many at once, each again and again after a pause, as people and pages do.
2. The progress of the running job, streamed to many: what that takes of a core.
3. The service's memory, at the beginning and at the end of all that reading.
4. A file of very many sentences, uploaded as one job: seconds, and what the service's memory grew by.

Goals are reported, met or not; they never fail a run.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import httpx
import psutil
import typer
from rich.console import Console

from service.operations.local_processes import NICE
from tests.benchmarks import report
from tests.benchmarks.servers import CHUNK, DEMO, Servers, drained, servers
from tests.benchmarks.store import Figure
from tests.workers.jobs.conftest import free_port, sentences, until
from workers.datasets import write_instances

MIB = 2**20
SLOWEST = 0.1  # seconds: the 95th percentile of a report over a finished run
WATCHED = 10.0  # percent of one core, for all watchers
FLAT = 1.1  # memory at the end over that at the beginning
GROWTH = 100.0  # MiB that an upload of any size may take


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    readers: int = 200
    pause: float = 2.0  # seconds between the requests of a reader
    seconds: float = 600.0  # of reading
    watchers: int = 200
    watched: float = 30.0  # seconds
    queued: int = 50_000  # sentences of the job that runs all the while
    uploaded: int = 100_000  # sentences


SMALL = Size(readers=5, pause=0.2, seconds=3.0, watchers=5, watched=3.0, queued=2_000, uploaded=200)


@contextmanager
def service(at: Servers) -> Iterator[tuple[str, psutil.Process]]:
    """A service as a user starts it: its address, and its process."""
    port = free_port()
    process = at.jobs.start("serve", "--port", port, INFLUENCE_API_REQUESTS="1000000")
    address = f"http://127.0.0.1:{port}"
    until(lambda: _answers(address))
    yield address, psutil.Process(process.pid)
    process.stop()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").is_success
    except httpx.TransportError:
        return False


def read(address: str, size: Size, seconds: float) -> list[float]:
    """Seconds of each answer; in a process of its own, by plain sockets, which leave the processors to the service."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_read, (address, size, seconds))


def _read(address: str, size: Size, seconds: float) -> list[float]:
    return asyncio.run(_readers(address, size, seconds))


async def _readers(address: str, size: Size, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.monotonic() + seconds
    host = address.removeprefix("http://")
    request = f"GET /v1/runs/finished/reports/pattern-entropy HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    async def reader(number: int) -> None:
        await asyncio.sleep(size.pause * number / size.readers)
        stream, writer = await asyncio.open_connection(*host.split(":"))
        while time.monotonic() < until:
            began = time.perf_counter()
            writer.write(request)
            status, *headers = (await stream.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            (length,) = (int(line[15:]) for line in headers if line.startswith(b"content-length:"))
            await stream.readexactly(length)
            took.append(time.perf_counter() - began)
            assert status == b"http/1.1 200 ok", status
            await asyncio.sleep(size.pause)
        writer.close()

    await asyncio.gather(*(reader(number) for number in range(size.readers)))
    return took


def watch(address: str, run: str, size: Size) -> int:
    """Stream a job's progress to many for some seconds. Returns how many events came."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_watch, (address, run, size))


def _watch(address: str, run: str, size: Size) -> int:
    return asyncio.run(_watchers(address, run, size))


async def _watchers(address: str, run: str, size: Size) -> int:
    count = 0

    async def watcher(client: httpx.AsyncClient) -> None:
        nonlocal count
        async with client.stream("GET", f"{address}/v1/jobs/{run}/events") as stream:
            async for line in stream.aiter_lines():
                count += line.startswith("data:")

    async with httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)) as client:
        tasks = [asyncio.create_task(watcher(client)) for _ in range(size.watchers)]
        await asyncio.wait(tasks, timeout=size.watched)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return count


def upload(at: Servers, address: str, process: psutil.Process, size: Size) -> list[Figure]:
    """One job of very many sentences."""
    path = at.jobs.folder / "many.jsonl"
    given = sentences(400)
    write_instances(path, (replace(given[n % len(given)], id=f"{n}") for n in range(size.uploaded)))
    small = at.jobs.folder / "few.jsonl"
    write_instances(small, given[:10])
    _submit(address, small)  # loads the model
    before, peak = process.memory_info().rss, 0
    with get_context("spawn").Pool(1) as pool:
        began = time.perf_counter()
        sent = pool.apply_async(_submit, (address, path))
        while not sent.ready():
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
        answer = sent.get()
        took = time.perf_counter() - began
    assert answer["sentences"] == size.uploaded, answer
    at.jobs.ledger.cancel(str(answer["run"]))
    growth = max(0.0, (peak - before) / MIB)
    name = f"{size.uploaded:,} sentences in one upload"
    return [
        Figure(f"{name}: until they are queued", "s", took),
        Figure(f"{name}: the service's memory grows by", "MiB", growth, GROWTH, less_is_better=True),
    ]


def _submit(address: str, path: Path) -> dict[str, object]:
    with path.open("rb") as stream:
        answer = httpx.post(f"{address}/v1/jobs/files", files={"file": (path.name, stream)}, timeout=3600)
    answer.raise_for_status()
    return answer.json()


def measure(at: Servers, size: Size) -> list[Figure]:
    """All figures."""
    jobs, figures = at.jobs, list[Figure]()
    worker = psutil.Process(jobs.worker().pid)
    for process in (worker, *worker.children(recursive=True)):  # as `up` starts them
        process.nice(NICE)
    jobs.sweeper()
    drained(jobs, jobs.submit("finished", sentences(240), chunk=CHUNK, settings=DEMO))
    given = sentences(400)
    many = [replace(given[n % len(given)], id=f"{n}") for n in range(size.queued)]
    with service(at) as (address, process):
        running = jobs.submit("running", many, chunk=CHUNK, settings=DEMO)
        jobs.fill(running)
        until(lambda: jobs.progress(running).completed.chunks)
        read(address, size, min(10.0, size.seconds))  # warm
        before = process.memory_info().rss
        took = sorted(read(address, size, size.seconds))
        after = process.memory_info().rss
        name = f"a report over a finished run, {size.readers} readers"
        figures += [
            Figure(f"{name}: answers", "1/s", len(took) / size.seconds),
            Figure(f"{name}: median", "s", statistics.median(took)),
            Figure(f"{name}: 95th percentile", "s", took[int(0.95 * len(took))], SLOWEST, less_is_better=True),
            Figure(f"{name}: slowest", "s", took[-1]),
            Figure(f"memory after {size.seconds:.0f} s of it", "", after / before, FLAT, less_is_better=True),
        ]
        began, spent = time.monotonic(), sum(process.cpu_times()[:2])
        events = watch(address, running, size)
        share = 100 * (sum(process.cpu_times()[:2]) - spent) / (time.monotonic() - began)
        name = f"progress to {size.watchers} watchers"
        figures += [
            Figure(f"{name}: events", "1/s", events / size.watched),
            Figure(f"{name}: of one core", "%", share, WATCHED, less_is_better=True),
        ]
        assert jobs.progress(running).status == "running"  # all the while
        jobs.ledger.cancel(running)
        figures += upload(at, address, process, size)
    return figures


def main(
    quick: Annotated[bool, typer.Option("--quick", help="tiny sizes: does everything run?")] = False,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = Path("out/bench-service.json"),
) -> None:
    """The HTTP API under load: readers, watchers, memory, a large upload."""
    console = Console()
    load = os.getloadavg()[0]
    if load > 1:
        console.print(f"[yellow]This machine is busy (load {load:.1f}): expect noise.")
    with servers() as at, console.status("the service …"):
        figures = measure(at, SMALL if quick else Size())
    console.print(report.figures("The HTTP API", figures))
    output.parent.mkdir(parents=True, exist_ok=True)
    found = {"load": load, "service": [asdict(figure) | {"met": figure.met} for figure in figures]}
    output.write_text(json.dumps(found, indent=1) + "\n")
    console.print(f"written to {output}")


if __name__ == "__main__":
    typer.run(main)
