"""The demo run in the tests' graph: every sentence of two tasks that `make demo` analyses.

It is analysed once, whatever the number of pytest's workers, and stored by each of them that needs it.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import portalocker
import pytest

from cypher.connection import Connection
from cypher.store.store import Store

NAME = "demo"
SENTENCES = {"sva-obj": 30, "ra-na": 30}
"""Of each case of a task."""

SHARED = "INFLUENCE_TEST_DEMO"  # the folder of the results; workers have it from the process that started them


@dataclass(frozen=True)
class DemoRun:
    """Where the demo run is."""

    connection: Connection
    id: str
    results: Path  # the same as JSON lines


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="influence-demo-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)


@pytest.fixture(scope="session")
def demo_run(neo4j_server: Connection) -> DemoRun:
    """The demo run, complete. The first test that asks makes it, which takes some 20 s; nobody writes to it after."""
    from service.operations.runs import load  # as in `_analyse`

    results = Path(os.environ[SHARED], "demo.jsonl")
    with portalocker.Lock(results.with_suffix(".lock"), flags=portalocker.LOCK_EX):  # waits for whoever makes it
        if not results.exists():
            partial = results.with_suffix(".partial")
            _analyse(partial)
            partial.rename(results)
    with Store.open(neo4j_server, migrate=True) as store:
        return DemoRun(neo4j_server, load(store, results, NAME).run, results)


def _analyse(path: Path) -> None:
    # Imported here, as plug-ins are imported before pytest can have the shapes in `workers` checked.
    from workers.analysis.analysis import analyze
    from workers.datasets import TASKS, generate
    from workers.models import load_model

    instances = [
        instance
        for task, count in SENTENCES.items()
        for case in TASKS[task].cases
        for instance in generate(task, case, count)
    ]
    with path.open("w") as file:
        file.writelines(f"{result.to_json()}\n" for result in analyze(load_model("bundled"), instances))
