"""For every test."""

import signal

import pytest

SERVER_FIXTURES = {"local_neo4j", "neo4j_server", "broker", "server", "kind"}
"""What starts a server, directly or through others; a test that starts one itself is marked `servers`."""

pytest_plugins = ["tests.graph", "tests.broker", "tests.demo"]


def pytest_configure() -> None:
    """Commands that the tests start heed Ctrl-C, also where pytest runs in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server, which `make test-fast` leaves out."""
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")
