"""For every test."""

import os
import random
import signal
import socket
from collections.abc import Iterator

import pytest

SERVER_FIXTURES = {"local_neo4j", "neo4j_server", "broker", "server", "kind", "service"}
"""What starts a server, directly or through others; a test that starts one itself is marked `servers`."""

pytest_plugins = ["tests.graph", "tests.broker", "tests.demo", "tests.served"]


def pytest_configure() -> None:
    """Commands that the tests start heed Ctrl-C, also where pytest runs in the background of a shell.

    The service that `influence up` starts has a port of this process's own.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["INFLUENCE_API_PORT"] = str(_lasting_port())


def _lasting_port() -> int:
    """A free port below those that connections are given, so that none takes it before a service does."""
    while True:
        port = random.randrange(10_000, 30_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


@pytest.fixture(scope="module", autouse=True)
def port_is_left_free() -> Iterator[None]:
    """A module that brings up the service takes it down again, or no later one could bring it up."""
    yield
    try:
        socket.create_server(("127.0.0.1", int(os.environ["INFLUENCE_API_PORT"]))).close()
    except OSError:
        pytest.fail("a service that this module has brought up still runs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server, which `make test-fast` leaves out."""
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")
