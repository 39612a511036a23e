"""The command `influence` with a fault built in: `python wrapped.py FAULT COMMAND...`.

Faults, some of them also in the processes that it starts, which begin with this file:

- `breaks=FILE`: the first process that computes, in which from then on every computing fails; the file is how the
  others know that they are not the first.
- `clock=SECONDS`: a machine whose clock is that much ahead: what Python's time and datetime tell is shifted before
  anything else is imported.
- `copies=NUMBER`: so many processes that give the command at the same moment, with the model loaded once.
- `deaf=FILE`: the first process that computes, which never ends to and heeds no time limit.
- `dies=MODULE:CLASS.METHOD`: a process that is killed when it calls that.
- `lingers=FOLDER`: workers that stay in the middle of a transaction for a while, and mark it by a file there.
- `loud`: what Neo4j's driver tells of transactions that it tries again.
- `poison=NAME`: a sentence under which every process dies.
- `takes=SECONDS`: computing that takes at least so long.
"""

import datetime
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def shift(seconds: float) -> None:
    """Let every clock tell another time; those that only measure durations stay as they are."""
    tell, tell_ns, real = time.time, time.time_ns, datetime.datetime

    class Shifted(real):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + datetime.timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls):
            return real.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=seconds)

    time.time = lambda: tell() + seconds
    time.time_ns = lambda: tell_ns() + int(seconds * 1e9)
    datetime.datetime = Shifted


def die_at(place: str) -> None:
    """Be killed when a method is called."""
    module, _, path = place.partition(":")
    name, _, method = path.partition(".")
    setattr(getattr(import_module(module), name), method, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))


def first(file: Path) -> bool:
    """Is this process the first to ask?"""
    try:
        file.open("x").close()
    except FileExistsError:
        return False
    return True


def fault_in_computing(kind: str, value: str) -> None:
    """Put `breaks`, `deaf` or `takes` into the computing of this process."""
    from workers.jobs.chunk import computation

    right, broken = computation.compute, []

    def compute(*arguments, **options):
        if kind == "breaks" and (broken or first(Path(value))):
            broken.append(True)
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        if kind == "deaf" and first(Path(value)):
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            while True:
                time.sleep(1)
        if kind == "takes":
            time.sleep(float(value))
        return right(*arguments, **options)

    computation.compute = compute


def copies(count: int, main: Callable[[], None]) -> int:
    """Processes that begin together. Returns the worst exit code."""
    import multiprocessing

    import service.operations.submission  # noqa: F401 - before there are many
    import workers.models

    model = workers.models.load_model(sys.argv[sys.argv.index("--model") + 1], "cpu", "float32")
    workers.models.load_model = lambda *_: model
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(count)

    def copy() -> None:
        together.wait()
        main()

    children = [fork.Process(target=copy) for _ in range(count)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return max(abs(child.exitcode or 0) for child in children)


def linger(folder: Path, seconds: float = 1.0) -> None:
    """Between two statements of the transaction in which a chunk is written."""
    from cypher.store import chunks

    usual = chunks.execute

    def execute(tx: Any, name: str, **parameters: Any) -> None:
        usual(tx, name, **parameters)
        if name == "store/write/sites":
            mark = folder / str(os.getpid())
            mark.touch()
            time.sleep(seconds)
            mark.unlink()

    chunks.execute = execute


def poison(name: str) -> None:
    """Let every process die that begins to compute a sentence."""
    from workers.jobs.chunk import processing

    usual = processing.compute_chunk

    def compute_chunk(claimed: Any, *rest: Any) -> Any:
        if any(each.name == name for each in claimed.instances):
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(claimed, *rest)

    processing.compute_chunk = compute_chunk


kind, _, value = sys.argv[1].partition("=")
if kind == "clock":  # also in the children, which begin with this file
    shift(float(value))
if kind == "loud":
    logging.getLogger("neo4j").setLevel = lambda level: None  # nobody turns it down
if kind in ("breaks", "deaf", "takes") and __name__ != "__main__":  # in the children
    fault_in_computing(kind, value)
if kind == "lingers":
    linger(Path(value))
if kind == "poison" and __name__ != "__main__":  # the children, which compute
    poison(value)
if __name__ == "__main__":
    if kind == "dies":
        die_at(value)
    from service.cli.app import main

    if kind == "copies":
        sys.exit(copies(int(value), lambda: main(sys.argv[2:])))
    main(sys.argv[2:])
