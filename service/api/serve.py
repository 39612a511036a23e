"""Runs the service: several processes that share one address.

The address is taken before anything that takes a while is imported: who asks meanwhile waits, and is answered.
"""

import errno
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from cypher.errors import InvalidInput
from service.api.protocol import Protocol
from service.api.settings import ServiceSettings, read_settings
from service.api.telemetry import MULTIPROCESS
from service.logs import configure_logs
from service.operations.keys import Keys
from workers.environment import Environment, read_environment

if TYPE_CHECKING:
    from fastapi import FastAPI

APP = "service.api.serve:application"
PARENT = "INFLUENCE_API_PARENT"
"""The variable that tells processes of a service which one started them."""
IDLE = 75
"""Seconds that a connection waits for its next request: longer than most clients keep one."""
GRACE = 10
"""Seconds that requests have to end when the service is asked to."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""

_open = ExitStack()
"""What a process of the service holds until it ends."""


def check_exposure(environment: Environment, settings: ServiceSettings) -> None:
    """Is it safe to listen there?

    Raises:
        InvalidInput: others could reach it, and there are no keys.
    """
    if not settings.is_local and not Keys(environment.folder / "keys.json").list():
        problem = f"{settings.host} can be reached from other machines, and there are no API keys"
        raise InvalidInput("host", problem, "Create a key first, or listen on 127.0.0.1.")


def serve(
    environment: Environment,
    settings: ServiceSettings,
    processes: int = 1,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until asked to stop; streams end then.

    Args:
        started: called when clients can connect.

    Raises:
        InvalidInput: as `check_exposure`, or an address where it cannot listen.
    """
    check_exposure(environment, settings)
    for name, value in settings.model_dump(mode="json").items():  # which every process reads
        if value not in (None, (), []):
            os.environ[f"INFLUENCE_API_{name.upper()}"] = _as_text(value)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # also after uvicorn has done what it does at a signal
    with listen(settings.host, settings.port) as sockets, tempfile.TemporaryDirectory(prefix="influence-") as folder:
        if processes > 1:
            os.environ |= {MULTIPROCESS: folder, PARENT: str(os.getpid())}
        started()
        _run(settings, sockets, processes)


@contextmanager
def listen(host: str, port: int) -> Iterator[Sequence[socket.socket]]:
    """Sockets at every address of this name.

    Raises:
        InvalidInput: there is no such address here, or it is taken.
    """
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError as error:
            raise InvalidInput("host", f"{host!r} is not an address: {error.strerror}", "Correct it.") from None
        sockets: list[socket.socket] = []
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            try:
                sockets.append(opened.enter_context(socket.create_server(address, family=family, backlog=BACKLOG)))
            except PermissionError:
                raise InvalidInput("port", f"{port} needs rights that this user lacks", "Choose another.") from None
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    problem = f"{port} is taken by another program"
                    raise InvalidInput(
                        "port", problem, "Stop that, or name another port with INFLUENCE_API_PORT."
                    ) from None
                raise InvalidInput("host", f"{host}: {error.strerror}", "Choose an address of this machine.") from None
            sockets[-1].set_inheritable(True)
            sockets[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms
        yield sockets


def application() -> "FastAPI":
    """The application as every process of the service makes it.

    Raises:
        InvalidInput: a setting that cannot be.
    """
    from service.api.app import create_app  # takes a second to import

    environment, settings = read_environment(), read_settings()
    _log(environment, settings)
    if (parent := os.environ.get(PARENT)) is not None:
        Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    return create_app(environment, settings)


def _log(environment: Environment, settings: ServiceSettings) -> None:
    """Log JSON lines to standard error or, where that is to be quiet, to a file of this process alone."""
    if not settings.quiet:
        configure_logs()
        return
    from workers.jobs.processes import logs
    from workers.jobs.processes.names import reserve_name

    own = _open.enter_context(reserve_name(environment.logs, None, usual="service"))
    logs.set_up(environment.logs / f"{own}.jsonl", own, quiet=True)


def _end_with(parent: int) -> None:
    """Stop this process once the one that started it is gone, even if that was killed."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def _run(settings: ServiceSettings, sockets: Sequence[socket.socket], processes: int) -> None:
    config = uvicorn.Config(
        APP,
        factory=True,
        http=Protocol,
        ws="none",
        workers=processes,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=IDLE,
        server_header=False,
        access_log=False,
        log_level="warning",
    )
    if processes > 1:
        Multiprocess(config, list(sockets)).run()
    else:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(list(sockets))


def _as_text(value: object) -> str:
    """A setting as its environment variable says it."""

    return json.dumps(value) if isinstance(value, list) else str(value)
