"""The command `influence` with a fault built in: `python wrapped.py FAULT COMMAND...`.

Faults: `clock=SECONDS`, for a machine whose clock is that much ahead: what Python's time and datetime tell is shifted
before anything else is imported, in this process and in those that it starts; `dies=MODULE:CLASS.METHOD`, for a
process that is killed when it calls that; `loud`, for what Neo4j's driver tells of transactions that it tries again;
`breaks=FILE`, for the first process that computes, in which from then on every computing fails; `deaf=FILE`, for the
first one, which never ends to compute and heeds no time limit (the file is how the others know that they are not the
first); `takes=SECONDS`, for computing that takes at least so long.
"""

import datetime
import logging
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path


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
    from workers.jobs import computing

    right, broken = computing.compute, []

    def compute(*arguments):
        if kind == "breaks" and (broken or first(Path(value))):
            broken.append(True)
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        if kind == "deaf" and first(Path(value)):
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            while True:
                time.sleep(1)
        if kind == "takes":
            time.sleep(float(value))
        return right(*arguments)

    computing.compute = compute


kind, _, value = sys.argv[1].partition("=")
if kind == "clock":  # also in the children, which begin with this file
    shift(float(value))
if kind == "loud":
    logging.getLogger("neo4j").setLevel = lambda level: None  # nobody turns it down
if kind in ("breaks", "deaf", "takes") and __name__ != "__main__":  # in the children
    fault_in_computing(kind, value)
if __name__ == "__main__":
    if kind == "dies":
        die_at(value)
    from service.cli.app import main

    main(sys.argv[2:])
