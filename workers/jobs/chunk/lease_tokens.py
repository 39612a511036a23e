"""Tokens of leases: each names the process that claims, so that others on its machine can see that it is gone."""

import os
import socket
from pathlib import Path
from uuid import uuid4

import psutil

BOOT = Path("/proc/sys/kernel/random/boot_id")
STARTED = 19  # the place of a process's start in /proc/PID/stat, counted from the one behind its name


def new_token() -> str:
    """A token for a claim of this process: `host:pid:birth:uuid`."""
    return f"{socket.gethostname()}:{os.getpid()}:{_birth(psutil.Process())}:{uuid4().hex}"


def is_gone(token: str) -> bool:
    """Was the claim made by a process of this machine that has ended? Of other machines nothing is known."""
    host, pid, birth, _ = token.rsplit(":", 3)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        return process.status() == psutil.STATUS_ZOMBIE or _birth(process) != birth
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return True
    except psutil.AccessDenied:
        return False


def _birth(process: psutil.Process) -> str:
    """When a process began: on Linux the boot and the ticks since then, which no setting of the clock changes."""
    if not BOOT.exists():
        return f"{process.create_time():.0f}"
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return f"{BOOT.read_text().strip()}/{stat.rpartition(')')[2].split()[STARTED]}"
