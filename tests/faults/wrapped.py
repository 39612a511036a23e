"""The command `influence` with a fault built in: `python wrapped.py FAULT COMMAND...`.

Faults: `clock=SECONDS`, for a machine whose clock is that much ahead: what Python's time and datetime tell is shifted
before anything else is imported, in this process and in those that it starts; `dies=MODULE:CLASS.METHOD`, for a
process that is killed when it calls that; `loud`, for what Neo4j's driver tells of transactions that it tries again.
"""

import datetime
import logging
import os
import signal
import sys
import time
from importlib import import_module


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


kind, _, value = sys.argv[1].partition("=")
if kind == "clock":  # also in the children, which begin with this file
    shift(float(value))
if kind == "loud":
    logging.getLogger("neo4j").setLevel = lambda level: None  # nobody turns it down
if __name__ == "__main__":
    if kind == "dies":
        die_at(value)
    from service.cli.app import main

    main(sys.argv[2:])
