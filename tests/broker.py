"""A real broker for the tests: one for each of pytest's workers, so that they do not see each other's messages."""

from collections.abc import Iterator

import pytest

from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.broker.server import down, up


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker's `url`, `user` and `password`. The first test that asks starts it."""
    server = LocalBroker(tmp_path_factory.mktemp("broker"))
    yield up(server).connection
    down(server, timeout=10)
