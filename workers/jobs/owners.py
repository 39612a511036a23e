"""Who works on a chunk: a token that names a process, so that others on its machine can see that it is gone."""

import os
import socket
from uuid import uuid4

import psutil

SAME = 2.0
"""Seconds by which the start of one process may be told differently: it is reckoned from the machine's clock."""


def new_token() -> str:
    """A token for a claim of this process: `host:pid:start:uuid`."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}:{uuid4().hex}"


def is_gone(token: str) -> bool:
    """Was the claim made by a process of this machine that has ended? Of other machines nothing is known."""
    host, pid, start, _ = token.rsplit(":", 3)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return ended or abs(process.create_time() - float(start)) > SAME
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
