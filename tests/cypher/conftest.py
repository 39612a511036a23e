"""The run's Neo4j as a store, a ledger and a driver."""

import pytest

from cypher.connection import open_driver
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store


@pytest.fixture(scope="module")
def driver(neo4j_server):
    with open_driver(neo4j_server) as driver:
        yield driver


@pytest.fixture(scope="module")
def ledger_store(neo4j_server):
    """A store whose queue no other module puts work into meanwhile."""
    with Store.open(neo4j_server) as store:
        yield store


@pytest.fixture(scope="module")
def ledger(ledger_store):
    return Ledger(ledger_store)
