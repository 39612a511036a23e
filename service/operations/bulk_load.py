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
from cypher.connection import Connection
from cypher.errors import Conflict, InvalidInput
from cypher.neo4j_server.local import LocalServer
from cypher.neo4j_server.server import download, up
from cypher.servers.lifecycle import Notify
from cypher.store.records import RunRecord
from cypher.store.store import Store
from service.operations.progress import OnProgress, each_of, unheard
from service.operations.runs import LoadedRun
from service.results_file import is_cut_off, read_checked
from workers.records.chunks import in_chunks
from workers.records.to_graph import describe_model, describe_run

SECONDS = 0.5  # between looks at what is done


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


def bulk_load(
    server: LocalServer | Connection,
    paths: Sequence[Path],
    *,
    replace: bool = False,
    progress: OnProgress = unheard,
    notify: Notify = lambda words: None,
    downloaded: Callable[[int, int], None] = lambda done, total: None,
) -> list[LoadedRun]:
    """Put a database of these files' results into the place of the local server's. If it is interrupted, that stays.

    Args:
        replace: also a database that holds runs.
        progress: told how many of the files' lines are read.
        notify: told what goes on.
        downloaded: as for `cypher.neo4j_server.server.up`.

    Raises:
        InvalidInput: the server is not a local one; or as `build_database`.
        Conflict: the graph holds runs.
        ServerError: as `build_database`.
    """
    if isinstance(server, Connection):
        raise InvalidInput(
            "bulk",
            f"it makes the files of a local Neo4j, and INFLUENCE_NEO4J_URI names {server.uri}",
            "Load the results one by one, or unset INFLUENCE_NEO4J_URI.",
        )
    download(server, downloaded)

    def check() -> None:
        """Once before all the work, and once more behind it: what others stored meanwhile counts too."""
        if not replace:
            _check_empty(server)

    check()
    return build_database(server, paths, each_of(sum(map(_lines, paths)), progress), notify, check)


def build_database(
    server: LocalServer,
    paths: Sequence[Path],
    made: Callable[[], None],
    notify: Notify = lambda words: None,
    check: Callable[[], None] = lambda: None,
) -> list[LoadedRun]:
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
            "results", f"{' and '.join(same)} are of one run", "Name each file differently, or join them."
        )
    with scratch_folder(server) as folder:
        write_models(folder, models.values())
        results = _make_all(folder, jobs, made)
        notify("importing")
        new = build(server, folder, multiline=any(result.multiline for result in results))
        check()
        install(server, new, notify)
    return [
        LoadedRun(job.run.id, job.run.name, result.instances, 0, is_cut_off(job.path))
        for job, result in zip(jobs, results, strict=True)
    ]


def _check_empty(server: LocalServer) -> None:
    """Only whoever says so loses what the graph holds."""
    with Store.open(up(server).connection, migrate=True) as store:
        runs = [run.name for run in store.runs()]
    if runs:
        some = ", ".join(map(repr, runs[:4])) + (f" and {len(runs) - 4} more" if len(runs) > 4 else "")
        raise Conflict(
            "replace",
            f"the graph holds runs ({some}), and a bulk load makes a new one without them",
            "Allow it to delete them, or load the results one by one.",
        )


def _lines(path: Path) -> int:
    """Of a file; what cannot be read is told when it is read."""
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except OSError:
        return 0


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
