"""For every test."""

import signal

pytest_plugins = ["tests.graph", "tests.broker", "tests.demo"]


def pytest_configure() -> None:
    """Commands that the tests start heed Ctrl-C, also where pytest runs in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
