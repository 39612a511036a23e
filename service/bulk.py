"""Result files as a fresh database: each file a run, made into CSV files side by side, imported, and put in place.

1. The first result of every file is read: from it come the run's id and its model.
2. Every file is read, checked and written as CSV, each by a process of its own, as many at once as there are cores.
3. The importer makes a database of them, which then takes the place of the old one.
Until then nothing changes but for a folder that goes again, whatever ends this.
"""

import gc
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_BLOCK, SIG_UNBLOCK, SIGINT, pthread_sigmask
from typing import Any

from cypher.bulk.csv_files import RunFiles, write_models
from cypher.bulk.importer import build, check_whole, install, scratch_folder
from cypher.errors import InvalidInput
from cypher.neo4j_server.local import LocalServer
from cypher.servers.lifecycle import Notify
from cypher.store.records import RunRecord
from service.results_file import read_checked
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

SECONDS = 0.5  # between looks at what is done


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run that was made of a file."""

    run: str  # id
    name: str
    instances: int


@dataclass(frozen=True, slots=True)
class _Job:
    path: Path
    number: int
    run: RunRecord
    model: int  # number of its node


@dataclass(frozen=True, slots=True)
class _Made:
    instances: int
    multiline: bool


def load_all(
    server: LocalServer,
    paths: Sequence[Path],
    made: Callable[[], None],
    tell: Notify = lambda words: None,
    check: Callable[[], None] = lambda: None,
) -> list[Loaded]:
    """Replace the server's database by one of these files' results. Neo4j has to be there already.

    Args:
        made: called for every instance that is read.
        check: called right before the old database goes; raises where it is to stay.

    Raises:
        InvalidInput: a file that holds no results, or not those of one run; two files of one run.
        ServerError: the importer or the server fails; the old database is there as it was.
    """
    check_whole(server)
    firsts = {path: next(islice(read_checked(path), 1)) for path in paths}
    models = {model.fingerprint: model for model in map(describe_model, firsts.values())}
    numbers = {fingerprint: number for number, fingerprint in enumerate(models)}
    jobs = [
        _Job(path, number, describe_run(first.model, first.settings, first.versions, path.stem), numbers[first.model])
        for number, (path, first) in enumerate(firsts.items(), start=1)
    ]
    twice = [run for run, count in Counter(job.run.id for job in jobs).items() if count > 1]
    if twice:
        same = [str(job.path) for job in jobs if job.run.id in twice]
        raise InvalidInput(
            "RESULTS", f"{' and '.join(same)} are of one run", "Name each file differently, or join them."
        )
    with scratch_folder(server) as folder:
        write_models(folder, models.values())
        results = _make_all(folder, jobs, made)
        tell("importing")
        new = build(server, folder, multiline=any(result.multiline for result in results))
        check()
        install(server, new, tell)
    return [Loaded(job.run.id, job.run.name, result.instances) for job, result in zip(jobs, results, strict=True)]


def _make_all(folder: Path, jobs: Sequence[_Job], made: Callable[[], None]) -> list[_Made]:
    context = get_context("spawn")
    done, stop = context.Value("q"), context.Event()
    cores = min(len(jobs), os.cpu_count() or 1)
    with ProcessPoolExecutor(cores, mp_context=context, initializer=_prepare, initargs=(done, stop)) as pool:
        pthread_sigmask(SIG_BLOCK, {SIGINT})  # as the processes begin: Ctrl-C goes to all, and only this one acts on it
        try:
            futures = [pool.submit(_make, folder, job) for job in jobs]
        finally:
            pthread_sigmask(SIG_UNBLOCK, {SIGINT})
        told, left = 0, set(futures)
        try:
            while left:
                ended, left = wait(left, timeout=SECONDS)
                for _ in range(done.value - told):
                    made()
                told = done.value
                for future in ended:
                    future.result()
        except BaseException:
            stop.set()
            raise
        return [future.result() for future in futures]


class _Shared:
    """What a process shares with the one that started it."""

    done: Any  # instances that are made
    stop: Any  # is it of no use any more?


def _prepare(done: Any, stop: Any) -> None:
    """A process for nothing but making files."""
    _Shared.done, _Shared.stop = done, stop
    gc.disable()  # records have no cycles, and looking for some in so many takes longer than making them


def _make(folder: Path, job: _Job) -> _Made:
    """The CSV files of a run."""
    with RunFiles(folder, job.number, job.run, job.model) as files:
        for chunk in in_chunks(job.run, read_checked(job.path)):
            if _Shared.stop.is_set():
                break
            files.add(chunk)
            with _Shared.done.get_lock():
                _Shared.done.value += len(chunk.instances)
    return _Made(files.instances, files.multiline)
