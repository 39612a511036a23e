"""A client of the tests' service, and a run that it has."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from cypher.store.store import Store
from service.client.client import Client
from service.operations.storing import Destination, RunWriter
from tests.served import Service
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.environment import Environment
from workers.records.to_graph import describe_model, describe_run


@pytest.fixture
def environment(neo4j_server, broker_server, tmp_path) -> Environment:
    """Of a service that has both servers, and no keys."""
    return Environment(
        home=tmp_path / "home",
        neo4j_uri=neo4j_server.uri,
        neo4j_user=neo4j_server.user,
        neo4j_password=neo4j_server.password,
        redis_url=broker_server.url,
        redis_user=broker_server.user,
        redis_password=broker_server.password,
    )


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.url, service.key) as found:
        yield found


@pytest.fixture(scope="module")
def store(neo4j_server) -> Iterator[Store]:
    with Store.open(neo4j_server) as found:
        yield found


@pytest.fixture(scope="module")
def results() -> list[InstanceResult]:
    errors = (0.3, 0.01, 1 / 3)
    return [replace(one, completeness_error=errors[n % 3]) for n, one in enumerate(some_results(12))]


@pytest.fixture(scope="module")
def run(store, results) -> str:
    """The name of a run; it is none that an address can hold."""
    name = f"clients/{uuid4().hex}?"
    record = describe_run(results[0].model, results[0].settings, {"influence-graph": "1"}, name)
    with RunWriter(Destination(store, record, describe_model(results[0]))) as writer:
        for result in results:
            writer.write(result)
    return name
