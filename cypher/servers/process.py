"""Processes: found by what they run and not by a number written down, since numbers are used again."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import psutil

POLL = 0.05  # seconds


def find(*words: str) -> psutil.Process | None:
    """The process with all these words on its command line, whoever started it; None where there is none."""
    found = []
    for process in psutil.process_iter():
        try:
            if set(words) <= set(process.cmdline()):
                found.append((process.create_time(), process.pid, process))
        except psutil.Error:  # it has ended, or is somebody else's
            continue
    return min(found)[-1] if found else None  # a copy that a server makes of itself is younger


def spawn(command: list[str], output: Path) -> psutil.Process:
    """Start a program that outlives this one, in a session of its own, its output going to a file."""
    output.parent.mkdir(exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    process = psutil.Process(os.posix_spawn(command[0], command, os.environ, file_actions=actions, setsid=True))
    Thread(target=process.wait, daemon=True).start()  # lays it to rest, where nobody else asks how it ended
    return process


def has_ended(process: psutil.Process) -> bool:
    """Is it gone? A child of this process is also laid to rest; somebody else's may still have to be, and has ended."""
    try:
        process.wait(0)
    except psutil.TimeoutExpired:
        with suppress(psutil.NoSuchProcess):
            return process.status() == psutil.STATUS_ZOMBIE
    return True


def stop(process: psutil.Process, timeout: float | None) -> bool:
    """Ask the process to end, and after so many seconds end it; with None end it unasked. Did it end by itself?"""
    killed, deadline = False, time.monotonic() + (timeout or 0)
    with suppress(psutil.NoSuchProcess):
        if timeout is None:
            process.kill()
            killed = True
        else:
            process.terminate()
        while not has_ended(process):
            if not killed and time.monotonic() > deadline:
                process.kill()
                killed = True
            time.sleep(POLL)
    return not killed
