"""The demo run in the tests' graph: every sentence of two tasks that `make demo` analyses, once a process of pytest."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from cypher.connection import Connection
from cypher.store.store import Store

NAME = "demo"
SENTENCES = {"sva-obj": 30, "ra-na": 30}
"""Of each case of a task."""


@dataclass(frozen=True)
class DemoRun:
    """Where the demo run is."""

    connection: Connection
    id: str
    results: Path  # the same as JSON lines


@pytest.fixture(scope="session")
def demo_run(neo4j_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """The demo run, complete. The first test that asks makes it, which takes some 20 s; nobody writes to it after."""
    results = tmp_path_factory.mktemp("demo") / "demo.jsonl"
    return DemoRun(neo4j_server, _make(neo4j_server, results), results)


def _make(connection: Connection, path: Path) -> str:
    """Compute, write and store it. Returns its id."""
    # Imported here, as plug-ins are imported before pytest can have the shapes in `workers` checked.
    from service.operations.storing import Destination, RunWriter
    from workers.analysis.analysis import analyze
    from workers.datasets import TASKS, generate
    from workers.models import load_model
    from workers.records.to_graph import describe_model, describe_run

    instances = [
        instance
        for task, count in SENTENCES.items()
        for case in TASKS[task].cases
        for instance in generate(task, case, count)
    ]
    results = []
    with path.open("w") as file:
        for result in analyze(load_model("bundled"), instances):
            file.write(f"{result.to_json()}\n")
            results.append(result)
    first = results[0]
    run = describe_run(first.model, first.settings, first.versions, NAME)
    with (
        Store.open(connection, migrate=True) as store,
        RunWriter(Destination(store, run, describe_model(first))) as writer,
    ):
        for result in results:
            writer.write(result)
    return run.id
