"""A real broker for the tests: one for each of pytest's workers, so that they do not see each other's messages."""

from collections.abc import Iterator

import pytest

from workers.broker.connection import Broker
from workers.broker.local import LocalBroker
from workers.broker.server import down, up


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The server; the first test that asks starts it."""
    server = LocalBroker(tmp_path_factory.mktemp("broker"))
    yield up(server).connection
    down(server, timeout=10)


@pytest.fixture(scope="module")
def broker(broker_server: Broker) -> Iterator[Broker]:
    """The broker's `url`, `user` and `password`. No module finds messages of another's in it."""
    yield broker_server
    with broker_server.open() as client:
        client.flushall()
